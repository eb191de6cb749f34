"""Result rows, made by hand."""

import pandas as pd


def result(question, option, estimate, half=0.05, n=200, **more):
    """One result row with a symmetric interval."""
    row = {
        "wave": "2031",
        "question": question,
        "option": option,
        "by": None,
        "group": None,
        "n": n,
        "base": "asked",
        "statistic": "proportion",
        "estimate": estimate,
        "se": half / 1.96,
        "ci_low": estimate - half,
        "ci_high": estimate + half,
        "deff": 1.0,
        "n_eff": float(n),
        "weighted": False,
        "suppressed": False,
    }
    return row | more


def frame(*rows):
    return pd.DataFrame(list(rows))
