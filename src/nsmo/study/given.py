"""How the weights and the design that came with the responses are to be used."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from nsmo.study.model import Model

#: What R's `survey` calls the ways of making replicate weights.
ReplicateType = Literal[
    "JK1", "JKn", "JK2", "BRR", "Fay", "bootstrap", "ACS", "successive-difference", "other"
]
_SCALED = ("JK1", "JKn", "bootstrap", "other")


class Replicates(Model):
    """What the producer of replicate weights says of them, in the words of R's `svrepdesign`."""

    type: ReplicateType
    """How they were made: jackknife (JK1 without strata, JKn within strata, JK2 of pairs), balanced half
    samples (BRR, or Fay with rho), bootstrap, ACS (successive differences), or other (with scale)."""
    number: int | None = Field(default=None, ge=2)
    """How many there are, by the documentation; left out, as many as columns are named."""
    rho: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Of Fay: what the weights of the half that is left out are multiplied by."""
    scale: Annotated[float, Field(gt=0)] | None = None
    """What the sum of squares is multiplied by; left out, as the type says."""
    rscales: list[Annotated[float, Field(ge=0)]] = []
    """A number for each replicate, by which its square is multiplied; JKn needs it: (n - 1) / n of the
    stratum of each."""
    mse: bool = False
    """Whether distances are taken from the estimate; else from the mean of the replicates."""
    combined: bool = True
    """Whether they are weights; else they are what the weight is multiplied by."""
    degrees_of_freedom: int | None = Field(default=None, ge=1)
    """Of intervals and tests; left out, the rank of the replicate weights less one."""

    @model_validator(mode="after")
    def _fits_its_type(self) -> Self:
        faults = []
        if (self.type == "Fay") != (self.rho is not None):
            faults.append("rho belongs to Fay, which needs it")
        if self.type not in _SCALED and (self.scale is not None or self.rscales):
            faults.append(f"{self.type} has its own scale: take scale and rscales out")
        if self.type == "JKn" and not self.rscales:
            faults.append("JKn needs rscales: (n - 1) / n of the stratum of each replicate")
        if self.type == "other" and self.scale is None:
            faults.append("other needs scale")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def scales(self, number: int) -> tuple[float, Sequence[float] | None]:
        """Compute by what the sum of squares, and each square, is multiplied; as R's `svrepdesign` does.

        Parameters
        ----------
        number : int
            Of replicates.
        """
        match self.type:
            case "BRR":
                scale = 1 / number
            case "Fay":
                scale = 1 / (number * (1 - (self.rho or 0.0)) ** 2)
            case "JK1":
                scale = (number - 1) / number
            case "bootstrap":
                scale = 1 / (number - 1)
            case "ACS" | "successive-difference":
                scale = 4 / number
            case _:
                scale = 1.0
        return self.scale if self.scale is not None else scale, self.rscales or None


class Given(Model):
    """How the columns of source.design in questionnaire.yaml are used."""

    lonely_psu: Literal["fail", "adjust", "average", "remove", "certainty"] = "fail"
    """What a stratum with one unit drawn adds to the variance, in the words of R's `survey.lonely.psu`."""
    zero: Literal["refuse", "keep"] = "refuse"
    """Whether a weight of 0 is a mistake, or a respondent who counts in no weighted figure."""
    trim: Annotated[float, Field(gt=1)] | None = None
    """Weights above so many times the mean are cut to it, and what is cut off is spread evenly, as R's
    `trimWeights` does with `strict = TRUE`."""
    replicates: Replicates | None = None
    """What the replicate weights are, where source.design names some."""

    @model_validator(mode="after")
    def _replicates_cannot_follow(self) -> Self:
        if self.trim is not None and self.replicates is not None:
            raise ValueError("trim: replicate weights cannot follow it; let who made them trim")
        return self
