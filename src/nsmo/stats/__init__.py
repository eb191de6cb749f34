"""Survey statistics: designs, calibration, estimates and tests that agree with R's ``survey``.

Arrays and frames in, frames out; numpy, scipy and pandas only.
"""

from .association import chisquare, cramers_v, odds_ratio, somers_d
from .calibrated import calibrated_design
from .calibration import Calibration, CalibrationError, calibrate, smallest_feasible_bound, trim_weights
from .coding import DesignError
from .comparison import difference, ranktest, share_difference, ttest
from .design import SurveyDesign
from .grim import grim, possible_counts, printable_share
from .multiplicity import benjamini_hochberg, holm
from .ordinal import OrdinalRegression, polr
from .outcomes import Effect, HypothesisTest
from .regression import Regression, dispersion, glm
from .replicates import ReplicateDesign
from .replication import replicate_weights

__all__ = [
    "Calibration",
    "CalibrationError",
    "DesignError",
    "Effect",
    "HypothesisTest",
    "OrdinalRegression",
    "Regression",
    "ReplicateDesign",
    "SurveyDesign",
    "benjamini_hochberg",
    "calibrate",
    "calibrated_design",
    "chisquare",
    "cramers_v",
    "difference",
    "dispersion",
    "glm",
    "grim",
    "holm",
    "odds_ratio",
    "polr",
    "possible_counts",
    "printable_share",
    "ranktest",
    "replicate_weights",
    "share_difference",
    "smallest_feasible_bound",
    "somers_d",
    "trim_weights",
    "ttest",
]
