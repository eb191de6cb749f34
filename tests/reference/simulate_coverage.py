"""Write expected/coverage.json: how often 95 % intervals hold the truth after raking, by kind of residual.

Run by hand (``python tests/reference/simulate_coverage.py``, some minutes). Samples of 185 from a population
of which the large organisations take part far more often (tests/support/web_sample.py), raked to size and
sector; shares for everybody, by size and by sector. Per domain: coverage and mean width of the logit
interval, and the mean standard error over the true one, for residuals by final and by base weights (R's), and
for a bootstrap that is raked again in every replicate.
"""

import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "support"))

from web_sample import SECTORS, SIZES, population  # noqa: E402

from nsmo.stats import CalibrationError, calibrate, replicate_weights  # noqa: E402

SAMPLES, BOOTSTRAPPED, REPLICATES, RESPONDENTS = 4000, 1000, 200, 185
DOMAINS = ["all", *SIZES, *SECTORS]


def shares(design):
    """Estimate, standard error and interval of every domain: (domains, 4)."""
    columns = ["estimate", "se", "ci_low", "ci_high"]
    parts = [design.proportion("yes", by=by)[columns].to_numpy() for by in (None, "size", "sector")]
    return np.vstack(parts)


def truth(people):
    """The true share in every domain."""
    sizes, sectors = [people.share(size=s) for s in SIZES], [people.share(sector=s) for s in SECTORS]
    return np.array([people.share(), *sizes, *sectors])


def summary(results, true):
    """Coverage, width and the ratio of standard errors, per domain; domains without an estimate left out."""
    results = np.array(results)
    estimate, se, low, high = np.moveaxis(results, 2, 0)
    found = {}
    for j, name in enumerate(DOMAINS):
        known = np.isfinite(low[:, j])
        holds = (low[known, j] <= true[j]) & (true[j] <= high[known, j])
        found[name] = {
            "samples": int(known.sum()),
            "coverage": round(float(holds.mean()), 4),
            "width": round(float((high - low)[known, j].mean()), 4),
            "se_ratio": round(float(se[known, j].mean() / estimate[known, j].std(ddof=1)), 4),
        }
    return found


def simulate(level, samples=SAMPLES, bootstrapped=BOOTSTRAPPED, seed=20181126):
    """One population, all kinds of standard errors."""
    people = population(level)
    rng = np.random.default_rng(seed)
    results = {"adjusted": [], "final": [], "base": [], "bootstrap": []}
    for number in range(samples):
        sample = people.draw(rng, RESPONDENTS)
        try:
            for residuals in ("adjusted", "final", "base"):
                design = calibrate(sample, people.margins, total=RESPONDENTS, residuals=residuals)
                results[residuals].append(shares(design))
        except CalibrationError:
            continue
        if number < bootstrapped:
            replicates = replicate_weights(
                design, "bootstrap", replicates=REPLICATES, seed=number, unreachable="drop"
            )
            results["bootstrap"].append(shares(replicates))
    true = truth(people)
    return {"level": level, "true": dict(zip(DOMAINS, true.round(4).tolist(), strict=True))} | {
        kind: summary(found, true) for kind, found in results.items() if found
    }


def main():
    """Two levels of the answer."""
    text = json.dumps([simulate(level) for level in (0.5, 0.8)], indent=1)
    (HERE / "expected" / "coverage.json").write_text(text + "\n")


if __name__ == "__main__":
    main()
