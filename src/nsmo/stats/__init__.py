"""Survey statistics: designs, calibration, estimates and tests that agree with R's ``survey``.

Arrays and frames in, frames out; numpy, scipy and pandas only.
"""

from .association import chisquare, cramers_v, odds_ratio, somers_d
from .calibrated import calibrated_design
from .calibration import Calibration, CalibrationError, calibrate, smallest_feasible_bound, trim_weights
from .coding import DesignError
from .comparison import difference, paired_share_difference, ranktest, share_difference, ttest
from .design import SurveyDesign
from .goodness import goodness_of_fit
from .grim import grim, possible_counts, printable_share
from .multinomial import MultinomialRegression, mlogit
from .multiplicity import benjamini_hochberg, holm
from .ordinal import OrdinalRegression, polr
from .outcomes import Effect, HypothesisTest
from .participation import Participation, model_participation
from .planning import SampleSize, respondents_for_difference, respondents_for_share
from .power import power_of_difference, smallest_difference
from .predictive import PredictiveMargins, predictive_margins
from .regression import Regression, dispersion, glm
from .replicates import ReplicateDesign
from .replication import replicate_weights
from .scales import correlation, correlations, cronbach_alpha

__all__ = [
    "Calibration",
    "CalibrationError",
    "DesignError",
    "Effect",
    "HypothesisTest",
    "MultinomialRegression",
    "OrdinalRegression",
    "Participation",
    "PredictiveMargins",
    "Regression",
    "ReplicateDesign",
    "SampleSize",
    "SurveyDesign",
    "benjamini_hochberg",
    "calibrate",
    "calibrated_design",
    "chisquare",
    "correlation",
    "correlations",
    "cramers_v",
    "cronbach_alpha",
    "difference",
    "dispersion",
    "glm",
    "goodness_of_fit",
    "grim",
    "holm",
    "mlogit",
    "model_participation",
    "odds_ratio",
    "paired_share_difference",
    "polr",
    "possible_counts",
    "power_of_difference",
    "predictive_margins",
    "printable_share",
    "ranktest",
    "replicate_weights",
    "respondents_for_difference",
    "respondents_for_share",
    "share_difference",
    "smallest_difference",
    "smallest_feasible_bound",
    "somers_d",
    "trim_weights",
    "ttest",
]
