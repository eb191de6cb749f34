"""What follows from the published figures, whatever the responses were.

For every statement and every quantity: the smallest and the largest value that responses can give which agree
with what was printed. `kinds` lists the kinds of respondent, `printed` turns figures into conditions on how
many there are of each, `model` puts both together, `reach` asks how far an estimate can go.
"""
