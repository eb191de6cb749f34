"""The model of `privacy:` in rules.yaml: what of the answers may leave the machine they are processed on."""

from typing import Literal

from pydantic import Field

from nsmo.study.model import Model, Name


class Privacy(Model):
    """What may be shown; the defaults are for real answers (docs/method.md says where they come from)."""

    suppress: Literal["linked", "base"] = "linked"
    """linked: by all the rules below, weighed over all figures of the wave; base: only figures of too few
    respondents, and a second group that would give one away."""
    min_base: int = Field(default=10, ge=1)
    """A figure of fewer respondents than this is not shown, nor anything on that base."""
    min_count: int = Field(default=10, ge=1)
    """Nor is one with fewer in the numerator."""
    reasons: Literal["hidden", "shown"] = "hidden"
    """Whether that holds for a don't know, a refusal or a blank that counts in the base of its question, too;
    shown: how many gave none of the answers is no secret."""
    max_share: float = Field(default=0.9, gt=0, le=1)
    """Nor is a share above this: it says what each one of them answered."""
    dominance: float = Field(default=10, ge=0, lt=100)
    """Nor a mean from which the second largest respondent could tell the largest one to this percentage."""
    width: int = Field(default=5, ge=2)
    """Respondents between the bounds that a reader can find for a hidden figure from all that is shown."""
    min_givers: int = Field(default=10, ge=1)
    """A text that respondents typed is shown when so many typed the same."""
    digits: int = Field(default=3, ge=1, le=6)
    """Significant digits of weighted figures, tests and weights, where nothing is rounded more."""
    groupings: list[Name] = []
    """Variables whose answers make groups in a notebook, besides those named under `analyse:`."""
    keep_rows: bool = False
    """Whether the files that git tracks may have a row for a single response."""
