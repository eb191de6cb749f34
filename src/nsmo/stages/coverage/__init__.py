"""How often intervals hold the truth, when what is done to responses is done to a known population.

`world` is the population and who of it takes part, `dirt` what gets in beside honest responses and what the
rules of cleaning leave of it, `samples` draws, `raking` weights and estimates many samples at once, `robust`
is the second estimator, `results` runs the grid and adds up.
"""
