"""The rules and the classes as people read them."""

from collections.abc import Sequence

import pandas as pd

from nsmo.present.labels import Labels
from nsmo.study.conditions import describe
from nsmo.study.derived import FirstMatch


def rules(groups: Sequence[str], labels: Labels) -> pd.DataFrame:
    """List the rules by which the groups are made, in words.

    Parameters
    ----------
    groups : sequence of str
        Variables of the kind `first_match`; of others the label is all there is.
    labels : Labels

    Returns
    -------
    DataFrame
        variable, group, rule; a row per group, in the order in which the rules are tried.
    """
    rows = []
    for name in groups:
        definition = labels.codebook.variable(name).definition
        for case in definition.options if isinstance(definition, FirstMatch) else ():
            rule = describe(case.when, labels.codebook, labels.language)
            rows.append((labels.question(name), case.label(labels.language), rule))
    return pd.DataFrame(rows, columns=["variable", "group", "rule"])


def answers(items: pd.DataFrame, labels: Labels) -> pd.DataFrame:
    """Set the answers of each class beside each other.

    Parameters
    ----------
    items : DataFrame
        Of `latent_classes`: question, option, class, size, estimate.
    labels : Labels

    Returns
    -------
    DataFrame
        heading (the question), label (the answer), and a column per class with its share.
    """
    named = items.assign(
        heading=[labels.question(name) for name in items["question"]],
        label=[labels.option(*names) for names in zip(items["question"], items["option"], strict=True)],
        name=[labels.latent_class(*one) for one in zip(items["class"], items["size"], strict=True)],
    )
    wide = named.pivot_table("estimate", ["heading", "label"], "name", sort=False)
    return wide.rename_axis(columns=None).reset_index()


def crossed(counts: pd.DataFrame, groups: str, labels: Labels) -> pd.DataFrame:
    """Set the classes beside the declared groups.

    Parameters
    ----------
    counts : DataFrame
        Of `latent_classes`: class, and a column per group.
    groups : str
        The variable whose categories the groups are.
    labels : Labels

    Returns
    -------
    DataFrame
        group, and a column per class (its number) with the respondents.
    """
    wide = counts.set_index("class").T.rename(columns=str)
    wide.insert(0, "group", [labels.option(groups, name) for name in wide.index])
    return wide
