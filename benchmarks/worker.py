"""One tool, one task, one size, in a process of its own: prints seconds and memory as JSON.

    python worker.py TOOL TASK ROWS REPEATS

Runs in the environment of the tool, so it imports nothing of ours except for the tool "nsmo". The data are
the same for all tools: numpy's generator with a fixed seed. What is timed starts at the tool's own kind of
data frame and ends with the weights or estimates; making the frame is not.
"""

import json
import resource
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")
LEVELS = {"region": 12, "age": 6, "education": 4}
TOLERANCE = 1e-8
REPLICATES = 500
ENOUGH = 20  # seconds after which a process does not repeat
QUESTIONS, GROUPS = 20, 10


def sample(rows):
    """Codes of three weighting variables, an answer, and targets up to 15 % away from the sample."""
    rng = np.random.default_rng(20181123)
    codes, targets = {}, {}
    for name, levels in LEVELS.items():
        share = rng.dirichlet(np.full(levels, 8.0))
        codes[name] = rng.choice(levels, rows, p=share)
        wanted = share * rng.uniform(0.85, 1.15, levels)
        targets[name] = {f"{name}{i}": float(t) for i, t in enumerate(wanted / wanted.sum() * rows)}
    return codes, targets, rng


def labels(name):
    return [f"{name}{i}" for i in range(LEVELS[name])]


def pandas_frame(codes):
    import pandas as pd

    frame = pd.DataFrame({n: pd.Categorical.from_codes(c, labels(n)) for n, c in codes.items()})
    frame["w"] = 1.0
    return frame


def polars_frame(codes):
    import polars as pl

    text = {n: np.array(labels(n))[c] for n, c in codes.items()}
    return pl.DataFrame({**text, "w": np.ones(len(next(iter(codes.values()))))})


def misfit(weights, codes, targets):
    """Largest relative distance from a target, so that speed cannot be had by stopping early."""
    scale = sum(targets["region"].values()) / weights.sum()
    return max(
        float(np.abs(np.bincount(codes[n], weights=weights * scale) / list(t.values()) - 1).max())
        for n, t in targets.items()
    )


# ---- raking ----


def rake_nsmo(codes, targets, _):
    from nsmo.stats import SurveyDesign, calibrate

    frame = pandas_frame(codes)
    return lambda: calibrate(SurveyDesign(frame, weights="w"), targets, tol=TOLERANCE).weights


def rake_svy(codes, targets, _):
    import svy

    frame = polars_frame(codes)

    def run():
        raked = svy.Sample(frame, svy.Design(wgt="w")).weighting.rake(
            controls=targets, tol=TOLERANCE, max_iter=1000
        )
        return raked.data["rk_wgt"].to_numpy()

    return run


def rake_weightipy(codes, targets, _):
    import weightipy

    frame = pandas_frame(codes)

    def run():
        percent = {n: {k: 100 * v / sum(t.values()) for k, v in t.items()} for n, t in targets.items()}
        scheme = weightipy.scheme_from_dict(
            percent, rim_params={"convcrit": TOLERANCE, "max_iterations": 1000}
        )
        return weightipy.weight_dataframe(frame, scheme)["weights"].to_numpy()

    return run


def rake_balance(codes, targets, _):
    import logging

    import pandas as pd
    from balance.weighting_methods.rake import rake

    logging.disable(logging.CRITICAL)
    frame = pd.DataFrame({n: np.array(labels(n))[c] for n, c in codes.items()})
    ones = pd.Series(np.ones(len(frame)))

    def run():
        found = rake(
            frame, ones, None, None, transformations=None, target_margins=targets,
            target_margins_max_length=10**6, convergence_rate=TOLERANCE, rate_tolerance=1e-14,
        )  # fmt: skip
        return found["weight"].to_numpy()

    return run


# ---- 500 bootstrap replicates, raked again in each, and the standard error of a share ----


def replicates_nsmo(codes, targets, rng):
    from nsmo.stats import SurveyDesign, calibrate, replicate_weights

    frame = pandas_frame(codes)
    frame["answer"] = rng.uniform(size=len(frame)) < 0.3

    def run():
        cells = SurveyDesign(frame, weights="w").cells([*LEVELS, "answer"])
        raked = calibrate(cells, targets, tol=TOLERANCE)
        design = replicate_weights(raked, "bootstrap", replicates=REPLICATES, seed=1)
        return design.proportion("answer")["se"].iloc[0]

    return run


def replicates_nsmo_rows(codes, targets, rng):
    from nsmo.stats import SurveyDesign, calibrate, replicate_weights

    frame = pandas_frame(codes)
    frame["answer"] = rng.uniform(size=len(frame)) < 0.3

    def run():
        raked = calibrate(SurveyDesign(frame, weights="w"), targets, tol=TOLERANCE)
        design = replicate_weights(raked, "bootstrap", replicates=REPLICATES, seed=1)
        return design.proportion("answer")["se"].iloc[0]

    return run


def replicates_svy(codes, targets, rng):
    import polars as pl
    import svy

    frame = polars_frame(codes)
    answer = rng.uniform(size=len(frame)) < 0.3
    person = np.arange(len(frame))  # svy draws clusters: everybody is one
    frame = frame.with_columns(pl.Series("answer", answer.astype(float)), pl.Series("person", person))

    def run():
        made = svy.Sample(frame, svy.Design(wgt="w", psu="person")).weighting.create_bs_wgts(
            REPLICATES, rstate=1
        )
        raked = made.weighting.rake(controls=targets, tol=TOLERANCE, max_iter=1000)
        return raked.estimation.mean("answer", method="replication").estimates[0].se

    return run


# ---- 20 proportions by 10 groups ----


def answers(codes, rng):
    rows = len(codes["region"])
    group = rng.integers(0, GROUPS, rows)
    return group, {f"q.{i}": rng.uniform(size=rows) < 0.1 + 0.04 * i for i in range(QUESTIONS)}


def proportions_nsmo(codes, _, rng):
    import pandas as pd

    from nsmo.stats import SurveyDesign

    frame = pandas_frame(codes)
    group, yes = answers(codes, rng)
    frame["w"] = rng.uniform(0.5, 2, len(frame))
    frame["group"] = pd.Categorical.from_codes(group, [f"g{i}" for i in range(GROUPS)])
    frame = frame.assign(**yes)
    return lambda: len(SurveyDesign(frame, weights="w").proportion(list(yes), by="group"))


def proportions_svy(codes, _, rng):
    import polars as pl
    import svy

    frame = polars_frame(codes)
    group, yes = answers(codes, rng)
    frame = frame.with_columns(
        pl.Series("w", rng.uniform(0.5, 2, len(frame))),
        pl.Series("group", np.array([f"g{i}" for i in range(GROUPS)])[group]),
        *[pl.Series(name.replace(".", "_"), values.astype(np.int8)) for name, values in yes.items()],
    )
    names = [name.replace(".", "_") for name in yes]

    def run():
        sample = svy.Sample(frame, svy.Design(wgt="w"))
        found = sample.estimation.prop(names, by="group")
        return sum(len(part.estimates) for part in found)

    return run


def main():
    tool, task, rows, repeats = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    codes, targets, rng = sample(rows)
    run = globals()[f"{task}_{tool}"](codes, targets, rng)
    prepared = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    seconds = []
    for _ in range(repeats):
        begin = time.perf_counter()
        result = run()
        seconds.append(time.perf_counter() - begin)
        if sum(seconds) > ENOUGH:
            break
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    checked = misfit(np.asarray(result), codes, targets) if task == "rake" else float(result)
    print(json.dumps({"seconds": seconds, "prepared": prepared, "peak": peak, "result": checked}))


if __name__ == "__main__":
    main()
