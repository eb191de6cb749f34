"""Every number that R's survey gave for the simulated samples, against ours. See README.md here.

A test per design and calibration (or kind of replicates); its message names each statistic and field that
differs. A field of R's answer that no comparison takes up fails as well, so nothing drops out unseen.
"""

from functools import lru_cache

import from_r
import numpy as np
import pandas as pd
import pytest
from from_r import DESIGNS, expected, margins, three_margins

from nsmo.stats import DesignError, ReplicateDesign, SurveyDesign, calibrate, polr, replicate_weights
from nsmo.stats.association import chisquare
from nsmo.stats.comparison import ranktest, ttest
from nsmo.stats.crosstable import Crossing, Means, Shares
from nsmo.stats.regression import glm

ESTIMATE, REST = 1e-10, 1e-8  # relative
MODELS = {
    "gaussian": ("y", ["x", "group", "two"]),
    "gaussian.interaction": ("y", ["x", "two", "group", ("x", "two")]),
    "gaussian.missing": ("ymiss", ["x", "group"]),
    "logistic": ("bin", ["x", "group", "sex"]),
    "poisson": ("count", ["x", "group", "two"]),
    "dom.logistic": ("bin", ["x", "two"]),
}
ORDINAL = {
    "polr": ("tie", ["x", "group", "two"]),
    "polr.interaction": ("tie", ["x", "two", "group", ("x", "two")]),
    "polr.missing": ("tiemiss", ["x", "group"]),
    "polr.two": ("tie", ["two"]),
    "firth.polr": ("tie", ["x", "two"]),
    "firth.logistic": ("bin", ["x", "group", "sex"]),
    "firth.separated": ("bin", ["x", "sure"]),
}
LOOSE = {"likelihood_r": 1e-2, "est_r": 1e-4, "se_r": 1e-3}  # what R itself has to few digits
GROUPED_CONTRASTS = {
    "g2_g1": {"g2": 1, "g1": -1},
    "g3_g1": {"g3": 1, "g1": -1},
    "average": {"g2": 0.5, "g3": 0.5, "g1": -1},
}
NOT_COMPARED = {"names", "groups", "probs", "n"}


@lru_cache
def sample(name):
    frame = from_r.sample(name)
    return frame.assign(no=frame["bin"] == 0, yes=frame["bin"] == 1)


@lru_cache
def design(name, calibration):
    base = SurveyDesign(sample(name), weights="w", **DESIGNS[name])
    return calibrated(base, name, calibration)


def calibrated(base, name, calibration):
    """R's convention for standard errors: residuals by the weights before calibration."""
    targets, three = margins(name), three_margins(name)
    match calibration:
        case "none":
            return base
        case "poststratify":
            return calibrate(base, {"region": targets["region"]}, method="poststratify", residuals="base")
        case "raking":
            return calibrate(base, three, method="raking", residuals="base")
        case "raking_bounded":
            return calibrate(base, three, method="raking", bounds=(0.85, 1.2), residuals="base")
        case "linear":
            return calibrate(base, targets, method="linear", residuals="base")
        case "linear_bounded":
            return calibrate(base, targets, method="linear", bounds=(0.85, 1.2), residuals="base")
        case "logit":
            return calibrate(base, targets, method="logit", bounds=(0.5, 2), residuals="base")
        case "linear_three":
            return calibrate(base, three, method="linear", residuals="base")


@lru_cache
def replicated(name, kind, calibration):
    """R's replicate weights where they were kept, else our own jackknife."""
    answer = expected(name)["replicates"][kind]
    frame, centre = sample(name), "estimate" if kind.endswith(".mse") else "mean"
    without_fpc = {key: value for key, value in DESIGNS[name].items() if key != "fpc"}
    if answer["multipliers"] is None:
        base = SurveyDesign(frame, weights="w", **without_fpc)
        result = replicate_weights(base, method=kind.removesuffix(".mse").lower(), centre=centre)
    else:
        multipliers = np.array(answer["multipliers"])[answer["row"]]
        result = ReplicateDesign.from_weights(
            frame,
            frame["w"],
            multipliers * frame["w"].to_numpy()[:, None],
            scale=answer["scale"][0],
            rscales=answer["rscales"],
            centre=centre,
        )
    return calibrated(result, name, "linear_three" if calibration == "linear" else calibration)


# ---- ours, under R's keys --------------------------------------------------------------------------------


def from_frame(result):
    return {
        "est": result["estimate"],
        "se": result["se"],
        "df": result["df"],
        "ci": result[["ci_low", "ci_high"]],
    }


def joint(estimates):
    return from_frame(estimates.frame()) | {"cov": estimates.cov}


def with_deff(d, statistic, question):
    estimates = d.estimate(statistic, question)
    effects = {
        "deff": d.estimate(statistic, question, deff="noreplace").deff,
        "deff_replace": estimates.deff,
    }
    return joint(estimates) | effects


def answer(d, key):
    """What we say for one key of README.md: field → numbers."""
    parts = key.split(".")
    if parts[0] == "dom":
        if parts[1] == "glm":
            return regression(d.subset(d.frame["dom"] == 1), "dom.logistic")
        return answer(d.subset(d.frame["dom"] == 1), key.removeprefix("dom."))
    match parts:
        case ["degf"]:
            return {"": d.degf()}
        case ["mean", "joint"]:
            return joint(d.estimate("mean", ["y", "x", "tie"]))
        case ["mean" | "total" as statistic, question]:
            return with_deff(d, statistic, question)
        case ["prop", question]:
            # Wald intervals of shares: those of the means of indicators
            ours = with_deff(d, "proportion", question)
            return ours | {"ci": d.proportion(question, method="mean")[["ci_low", "ci_high"]]}
        case ["ratio", "y_x"]:
            estimates = d.estimate("ratio", "y", denominator="x")
            return joint(estimates) | {
                "deff": d.estimate("ratio", "y", denominator="x", deff="noreplace").deff
            }
        case ["quantile", question]:
            return from_frame(d.quantile(question, (0.1, 0.25, 0.5, 0.75, 0.9)))
        case ["var", question]:
            return from_frame(d.variance(question))
        case ["ciprop", question]:
            return proportion_intervals(d, question)
        case ["by", "median", question, by]:
            return from_frame(d.quantile(question, 0.5, by=by))
        case ["by", "deff", question, by]:
            return {
                "deff": d.mean(question, by=by, deff="noreplace")["deff"],
                "deff_replace": d.mean(question, by=by)["deff"],
            }
        case ["by", statistic, question, by]:
            return by_group(d, statistic, question, by)
        case ["contrast", statistic, question, by]:
            return contrasts(d, statistic, question, by)
        case ["chisq", pair]:
            fields = {}
            for statistic in ("F", "Chisq", "Wald", "adjWald", "lincom", "saddlepoint"):
                test = chisquare(d, *pair.split("_"), statistic)
                df = [test.df] if test.ddf is None else [test.df, test.ddf]
                fields |= {
                    f"{statistic}.statistic": test.statistic,
                    f"{statistic}.df": df,
                    f"{statistic}.p": test.p,
                }
            return fields
        case ["ttest", "one", question]:
            return effect(ttest(d, question))
        case ["ttest", "two", pair]:
            return effect(ttest(d, *pair.split("_")))
        case ["rank", kind, pair]:
            fields = {}
            for name in ("KruskalWallis", "vanderWaerden", "median"):
                test = ranktest(d, *pair.split("_"), test=name)
                if kind == "two":
                    found = {"est": test.estimate, "t": test.estimate / test.se, "df": test.df, "p": test.p}
                else:
                    found = {"chisq": test.statistic * test.df, "ndf": test.df, "ddf": test.ddf, "p": test.p}
                fields |= {f"{name}.{field}": value for field, value in found.items()}
            return fields
        case ["glm", *name]:
            return regression(d, ".".join(name))
    raise AssertionError(f"no comparison for {key}")


def effect(test):
    return {
        "est": test.estimate,
        "t": test.estimate / test.se,
        "df": test.df,
        "p": test.p,
        "ci": [test.ci_low, test.ci_high],
    }


def proportion_intervals(d, question):
    if question == "bin":
        d, question = d.assign(asked=d.frame["bin"] == 1), "asked"
    else:
        d, question = (
            d.assign(asked=d.frame[question].map({0.0: False, 1.0: True}).astype("boolean")),
            "asked",
        )
    fields = from_frame(d.proportion(question))
    del fields["ci"]
    for method in ("logit", "mean", "asin", "xlogit", "beta", "likelihood"):
        fields[method] = d.proportion(question, method=method)[["ci_low", "ci_high"]]
    fields["likelihood_r"] = fields["likelihood"]
    return fields


def by_group(d, statistic, question, by):
    if statistic == "ratio":
        return joint(d.estimate("ratio", "y", by=by, denominator="x"))
    name = {"prop": "proportion"}.get(statistic, statistic)
    estimates = d.estimate(name, question, by=by, method="mean")
    ours = joint(estimates)
    groups = estimates.labels["group"].nunique()
    options = len(estimates.theta) // groups
    order = np.arange(groups * options).reshape(groups, options).T.ravel()  # R: options outside groups
    return {
        "est": ours["est"].to_numpy()[order],
        "se": ours["se"].to_numpy()[order],
        "df": ours["df"].to_numpy()[order],
        "ci": ours["ci"].to_numpy()[order],
        "cov": ours["cov"][np.ix_(order, order)],
    }


def contrasts(d, statistic, question, by):
    estimates = d.estimate(statistic, question, by=by)
    result = estimates.contrast(GROUPED_CONTRASTS)
    coefficients = np.array([[c.get(g, 0) for g in ("g1", "g2", "g3")] for c in GROUPED_CONTRASTS.values()])
    a, b = estimates.theta[:2]
    slope = np.array([-b / a**2, 1 / a, 0])
    return {
        "est": result["estimate"],
        "se": result["se"],
        "cov": coefficients @ estimates.cov @ coefficients.T,
        "ratio": b / a,
        "ratio_se": np.sqrt(slope @ estimates.cov @ slope),
        "df": result["df"],
    }


def regression(d, name):
    outcome, terms = MODELS[name]
    return fitted(glm(d, outcome, terms, family=name.removeprefix("dom.").split(".")[0]), terms)


def ordinal(d, key):
    """What we say for one key of expected/ordinal.json."""
    f = d.frame
    d = d.assign(
        tiemiss=f["tie"].where(f["binmiss"].notna()),
        sure=np.where((f["bin"] == 1) & (f["group"] == "g1"), "yes", "no"),
    )
    if key.startswith("dom."):
        d, key = d.subset(f["dom"] == 1), key.removeprefix("dom.")
        small = {"polr": ("tie", ["x", "two"]), "firth.logistic": ("bin", ["x", "two"])}
        outcome, terms = small[key.replace("parallel", "polr")]
    else:
        outcome, terms = ORDINAL[key.replace("parallel", "polr")]
    firth = key.startswith("firth")
    if "polr" in key:
        return fitted(polr(d, outcome, terms, firth=firth), terms)
    if firth:
        fit = glm(d, outcome, terms, "logistic", firth=True)
        assert bool(fit.separated) == (key == "firth.separated")
        return fitted(fit, terms)
    fit = polr(d, outcome, terms)
    fields = {"splits": fit.splits.to_numpy()}
    for term in [None, *terms]:
        try:
            test = fit.parallel(term)
        except DesignError:  # more differences than degrees of freedom
            continue
        name = "all" if term is None else f"terms.{term}"
        for field, value in {"F": test.statistic, "ndf": test.df, "ddf": test.ddf, "p": test.p}.items():
            fields[f"{name}.{field}"] = value
    return fields


def fitted(fit, terms):
    table = fit.coefficients
    if hasattr(fit, "cuts"):
        table = pd.concat([table, fit.cuts])
    fields = {
        "est": table["estimate"],
        "se": table["se"],
        "t": table["t"],
        "p": table["p"],
        "df": fit.df,
        "cov": fit.cov,
        "ci": table[["ci_low", "ci_high"]],
        "est_r": table["estimate"],
        "se_r": table["se"],
    }
    for term in terms:
        key = term if isinstance(term, str) else ":".join(term)
        test = fit.wald(term)
        for field, value in {"F": test.statistic, "ndf": test.df, "ddf": test.ddf, "p": test.p}.items():
            fields[f"terms.{key}.{field}"] = value
    return fields


# ---- comparison --------------------------------------------------------------------------------------------


def flat(record, before=""):
    """Nested records as field.subfield → numbers."""
    if not isinstance(record, dict):
        return {before: record}
    return {
        k: v
        for key, value in record.items()
        for k, v in flat(value, f"{before}.{key}" if before else key).items()
    }


def numbers(value):
    return np.array(value, dtype=object).astype(float).ravel()


def differences(theirs, ours, loose=1):
    """Text for every field that does not agree; ``loose`` multiplies the tolerances."""
    theirs, problems = flat(theirs), []
    errors = numbers(theirs["se"]) if "se" in theirs else np.ones(1)
    for field, value in theirs.items():
        name = field.rpartition(".")[2]
        if name in NOT_COMPARED or value is None or (isinstance(value, list) and not value):
            continue
        if name.startswith("deff") and errors.max() < 1e-12:
            continue  # nobody or everybody: R divides one rounding error by another
        if field not in ours:
            problems.append(f"{field}: not compared")
            continue
        a, b = numbers(value), numbers(ours[field])
        tolerance = loose * ({"est": ESTIMATE, "ratio": ESTIMATE} | LOOSE).get(name, REST)
        # A number that is zero but for rounding has no relative error: measure it against what it came from.
        scale = np.abs(a)
        if name == "cov":
            root = np.sqrt(np.abs(np.diag(np.array(value, dtype=float))))
            scale = np.maximum(scale, np.outer(root, root).ravel())
        elif name == "ci":
            scale = np.maximum(scale, np.repeat(np.nan_to_num(errors), 2) if len(errors) * 2 == len(a) else 0)
        elif name == "est":
            scale = np.maximum(scale, 1e-3 * np.nanmax(errors))
        known = ~np.isnan(a)
        if len(b) == 1 and len(a) > 1 and name == "df":
            b = np.repeat(b, len(a))
        if len(a) == 1 and len(b) > 1 and name == "df":
            a, known, scale = np.repeat(a, len(b)), np.repeat(known, len(b)), np.repeat(scale, len(b))
        if len(a) != len(b):
            problems.append(f"{field}: R has {len(a)} numbers, we have {len(b)}")
            continue
        off = known & ~(np.abs(a - b) <= tolerance * scale + 1e-14)
        for i in np.flatnonzero(off):
            problems.append(f"{field}[{i}]: R {a[i]!r}, ours {b[i]!r}")
    return "\n".join(problems)


def together(theirs, ours):
    """Text for every key of R's answers, by name, whose fields do not all agree with what `ours` finds."""
    found = {key: differences(answers, ours(key)) for key, answers in theirs.items()}
    return "\n".join(f"{key}: {text}" for key, text in found.items() if text)


def replicate_cases():
    for name in DESIGNS:
        for kind, part in expected(name).get("replicates", {}).items():
            yield from ((name, kind, found) for found in ("none", "raking", "linear") if found in part)


@pytest.mark.parametrize(
    ("name", "calibration"), [(name, found) for name in DESIGNS for found in expected(name)["calibrations"]]
)
def test_linearised(name, calibration):
    theirs = expected(name)["calibrations"][calibration]["stats"]
    problems = together(theirs, lambda key: answer(design(name, calibration), key))
    assert not problems, problems


@pytest.mark.parametrize(("name", "kind", "calibration"), list(replicate_cases()))
def test_replicates(name, kind, calibration):
    theirs = expected(name)["replicates"][kind][calibration]["stats"]
    problems = together(theirs, lambda key: answer(replicated(name, kind, calibration), key))
    assert not problems, problems


@pytest.mark.parametrize(
    ("name", "calibration"), [(n, c) for n in DESIGNS for c in expected(n)["calibrations"] if c != "none"]
)
def test_calibrated_weights(name, calibration):
    theirs = np.array(expected(name)["calibrations"][calibration]["weights"])
    np.testing.assert_allclose(design(name, calibration).weights, theirs, rtol=ESTIMATE)


@pytest.mark.parametrize("name", DESIGNS)
def test_post_stratified_weights(name):
    theirs = expected(name)["poststratify_weights"]
    np.testing.assert_allclose(design(name, "poststratify").weights, theirs, rtol=ESTIMATE)


@pytest.mark.parametrize("key", ["degf", "mean.y", "total.y", "by.mean.y.group"])
@pytest.mark.parametrize("rule", ["adjust", "average", "remove", "certainty"])
def test_lonely_psu(rule, key):
    lonely = SurveyDesign(
        sample("lonely"), weights="w", strata="stratum", clusters="psu", nest=True, lonely_psu=rule
    )
    problems = differences(expected("lonely")["lonely"][rule][key], answer(lonely, key))
    assert not problems, problems


def ordinal_cases():
    for name, calibrations in expected("ordinal").items():
        for calibration, keys in calibrations.items() if name != "meta" else ():
            for key in keys:
                yield pytest.param(name, calibration, key, id=f"{name}-{calibration}-{key}")


@pytest.mark.parametrize(("name", "calibration", "key"), list(ordinal_cases()))
def test_ordinal(name, calibration, key):
    d = replicated(name, "JKn", "none") if calibration == "JKn" else design(name, calibration)
    # R's derivatives are numerical there: one digit less, and three less for derivatives of derivatives
    loose = 3000 if key == "firth.polr" else 10 if "polr" in key else 1
    problems = differences(expected("ordinal")[name][calibration][key], ordinal(d, key), loose)
    assert not problems, problems


def test_answers_name_the_versions_they_came_from():
    for name in [*DESIGNS, "lonely"]:
        meta = expected(name)["meta"]
        assert meta["R"][0].split(".")[0] == "4", meta
        assert meta["survey"][0].startswith("4."), meta


@pytest.mark.parametrize("calibration", ["none", "raking", "linear"])
@pytest.mark.parametrize("name", DESIGNS)
def test_cross_tables_in_one_pass_are_those_of_r(name, calibration):
    answers = expected(name)["calibrations"]
    if calibration not in answers:
        pytest.skip(f"R was not asked for {calibration} of this sample")
    stats, frame = answers[calibration]["stats"], sample(name)
    groups = pd.Categorical(frame["group"]).codes.astype(np.int64)
    crossing = Crossing(design(name, calibration), [groups], [3])
    found = {
        f"by.mean.{column}.group": Means(crossing, frame[column].to_numpy()) for column in ("y", "ymiss")
    }
    categories = pd.get_dummies(frame["cat"]).to_numpy()
    found["by.prop.cat.group"] = Shares(crossing, frame["cat"].notna().to_numpy(), categories)
    for key, counted in found.items():
        ours, theirs = counted.figures(0.95), stats[key]
        np.testing.assert_allclose(ours.estimate.T.ravel(), theirs["est"], rtol=ESTIMATE)
        np.testing.assert_allclose(ours.se.T.ravel(), theirs["se"], rtol=REST)
        df = np.resize(theirs["df"], len(theirs["est"]))
        np.testing.assert_array_equal(ours.df.T.ravel(), df)
