"""Many reconstructions of a wave, and how far apart their figures are.

One reconstruction shows one number where the publications leave many possible. The ensemble shows some of
these: other seeds, and other strengths of association, as far as the published words allow. It is a set of
examples, no sample from anything; how many of them show something is no probability of it.

`members` makes and measures one, `table` adds up, `run` makes them all. The table is kept beside the
responses, in ensemble.csv; `nsmo.survey.ensemble` reads it for the pages.
"""
