"""Write the simulated samples of ``data/`` that R and we both analyse.

Run once by hand (``python tests/reference/simulate.py``); the files are committed, so that the expected
values of R belong to exactly these bytes. Every design holds the same analysis variables, so that one list
of comparisons serves all of them.
"""

import json
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
AGES = ["18-34", "35-49", "50-64", "65+"]
REGIONS = ["east", "north", "west"]


def answers(rng, n, shift):
    """Analysis and calibration variables for n people; shift holds the effect of stratum and cluster."""
    sex = rng.choice(["f", "m"], n, p=[0.54, 0.46])
    age = rng.choice(AGES, n, p=[0.22, 0.24, 0.3, 0.24])
    region = rng.choice(REGIONS, n, p=[0.35, 0.25, 0.4])
    group = rng.choice(["g1", "g2", "g3"], n, p=[0.5, 0.3, 0.2])
    two = rng.choice(["p", "q"], n, p=[0.45, 0.55])
    x = np.round(np.exp(rng.normal(2.0 + 0.3 * shift, 0.5, n)), 3)
    y = np.round(
        10 + 0.8 * x + 4 * shift + 2.5 * (sex == "m") + 1.5 * (group == "g3") + 1.2 * (two == "q")
        + rng.normal(0, 4, n),
        4,
    )  # fmt: skip
    lean = 0.7 * shift + 0.6 * (group == "g2") - 0.5 * (sex == "f") + 0.04 * (x - 8)
    binary = (rng.uniform(size=n) < 1 / (1 + np.exp(-lean))).astype(int)
    tie = np.clip(np.round(3 + 0.9 * shift + 0.5 * (two == "q") + rng.normal(0, 1.1, n)), 1, 5).astype(int)
    count = rng.poisson(np.exp(0.4 + 0.4 * shift + 0.3 * (group == "g3") + 0.02 * (x - 8)))
    odds = np.exp(np.column_stack([np.zeros(n), 0.6 * shift, 0.5 * (two == "q"), -1.2 + 0.8 * (sex == "m")]))
    cuts = (odds / odds.sum(1, keepdims=True)).cumsum(1)
    cat = np.array(["a", "b", "c", "d"])[(rng.uniform(size=n)[:, None] > cuts[:, :3]).sum(1)]
    missing = rng.uniform(size=n) < 0.12
    binary_missing = rng.uniform(size=n) < 0.1
    return pd.DataFrame(
        {
            "sex": sex,
            "age": age,
            "region": region,
            "group": group,
            "two": two,
            "x": x,
            "y": y,
            "ymiss": np.where(missing, np.nan, y),
            "tie": tie,
            "bin": binary,
            "binmiss": np.where(binary_missing, np.nan, binary),
            "zero": 0,
            "full": 1,
            "cat": cat,
            "count": count,
            "dom": (rng.uniform(size=n) < 0.4).astype(int),
        }
    )


def simple_random(rng):
    n, size = 200, 5000
    frame = answers(rng, n, np.zeros(n))
    return frame.assign(w=size / n, fpc1=size)


def unequal(rng):
    n = 240
    frame = answers(rng, n, rng.normal(0, 0.3, n))
    return frame.assign(w=np.round(20 * np.exp(rng.normal(0, 0.6, n)) * (1 + 0.03 * frame["x"]), 4))


def stratified(rng):
    taken, sizes = [40, 60, 50, 70], [800, 3000, 600, 1500]
    stratum = np.repeat(np.arange(1, 5), taken)
    frame = answers(rng, len(stratum), np.array([-0.6, 0, 0.3, 0.7])[stratum - 1])
    frame = frame.assign(stratum=stratum, fpc1=np.array(sizes)[stratum - 1])
    base = (np.array(sizes) / np.array(taken))[stratum - 1]
    frame["w"] = np.round(base * rng.choice([0.8, 1.0, 1.3], len(frame)), 4)
    frame.loc[frame["stratum"] == 3, "dom"] = 0
    return frame


def one_stage(rng):
    clusters, total = 24, 120
    psu = np.repeat(np.arange(1, clusters + 1), rng.integers(6, 15, clusters))
    frame = answers(rng, len(psu), rng.normal(0, 0.6, clusters)[psu - 1])
    frame = frame.assign(psu=psu, fpc1=total)
    frame["w"] = np.round(total / clusters * rng.choice([0.9, 1.0, 1.2], len(frame)), 4)
    frame.loc[frame["psu"].isin([3, 4]), "dom"] = 0
    return frame


def multistage(rng, stages):
    """Three strata; clusters within; then people (two stages) or households of people (three stages)."""
    rows = []
    psu_label = 0
    for stratum, (taken, size) in enumerate([(6, 20), (5, 15), (8, 30)], start=1):
        for _ in range(taken):
            psu_label += 1
            units = int(rng.integers(4, 7) if stages == 3 else rng.integers(8, 14))
            of = int(rng.integers(20, 61))
            for unit in range(units):
                inside = int(rng.integers(2, 4)) if stages == 3 else 1
                inside_of = inside + int(rng.integers(0, 4)) if stages == 3 else 1
                weight = size / taken * of / units * inside_of / inside
                for _ in range(inside):
                    rows.append((stratum, psu_label, unit + 1, size, of, inside_of, weight))
    design = pd.DataFrame(rows, columns=["stratum", "psu", "ssu", "fpc1", "fpc2", "fpc3", "w"])
    shift = rng.normal(0, 0.5, psu_label)[design["psu"] - 1] + 0.2 * design["stratum"].to_numpy() - 0.4
    frame = pd.concat([answers(rng, len(design), shift), design], axis=1)
    frame["w"] = frame["w"].round(6)
    frame.loc[frame["stratum"] == 2, "dom"] = 0
    if stages == 2:
        frame = frame.drop(columns="fpc3")
    frame["person"] = np.arange(1, len(frame) + 1)
    return frame


def paired(rng):
    strata = 10
    rows = [(h, c) for h in range(1, strata + 1) for c in (1, 2) for _ in range(int(rng.integers(8, 13)))]
    design = pd.DataFrame(rows, columns=["stratum", "psu"])
    code = (design["stratum"] * 2 + design["psu"]).to_numpy() - 3
    shift = rng.normal(0, 0.5, 2 * strata)[code]
    frame = pd.concat([answers(rng, len(design), shift), design], axis=1)
    base = rng.uniform(8, 40, strata)[frame["stratum"] - 1]
    frame["w"] = np.round(base * rng.uniform(0.7, 1.4, len(frame)), 4)
    frame.loc[frame["stratum"] == 4, "dom"] = 0
    return frame


def lonely(rng):
    """As ``paired``, but stratum 2 keeps a single cluster."""
    frame = paired(rng)
    return frame[(frame["stratum"] != 2) | (frame["psu"] == 1)].query("stratum <= 6").reset_index(drop=True)


DESIGNS = {
    "srs": simple_random,
    "unequal": unequal,
    "stratified": stratified,
    "cluster": one_stage,
    "twostage": lambda rng: multistage(rng, 2),
    "threestage": lambda rng: multistage(rng, 3),
    "paired": paired,
    "lonely": lonely,
}


def margins(rng, frame):
    """Population totals that differ from the weighted sample by up to a tenth, each adding up to the same."""
    size = round(frame["w"].sum())
    totals = {}
    for name in ["sex", "age", "region"]:
        share = frame.groupby(name)["w"].sum() / frame["w"].sum()
        share = share * rng.uniform(0.9, 1.1, len(share))
        counts = (share / share.sum() * size).round().astype(int)
        counts.iloc[-1] += size - counts.sum()
        totals[name] = {str(k): int(v) for k, v in counts.items()}
    totals["x"] = round(float((frame["w"] * frame["x"]).sum() * rng.uniform(0.96, 1.04)), 2)
    return totals


def main():
    (HERE / "data").mkdir(exist_ok=True)
    totals = {}
    for seed, (name, make) in enumerate(DESIGNS.items(), start=20181):
        rng = np.random.default_rng(seed)
        frame = make(rng)
        order = rng.permutation(len(frame))  # no result may depend on rows that stand sorted by stratum
        frame = frame.iloc[order].reset_index(drop=True)
        frame.insert(0, "id", np.arange(1, len(frame) + 1))
        frame.to_csv(HERE / "data" / f"{name}.csv", index=False, na_rep="NA", float_format="%.10g")
        totals[name] = margins(rng, frame)
    (HERE / "data" / "margins.json").write_text(json.dumps(totals, indent=1) + "\n")


if __name__ == "__main__":
    main()
