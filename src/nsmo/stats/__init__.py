"""Survey statistics: designs, calibration, estimates and tests that agree with R's ``survey``.

Arrays and frames in, frames out; numpy, scipy and pandas only.
"""

from .calibration import Calibration, CalibrationError, calibrate, smallest_feasible_bound, trim_weights
from .coding import DesignError
from .design import SurveyDesign

__all__ = [
    "Calibration",
    "CalibrationError",
    "DesignError",
    "SurveyDesign",
    "calibrate",
    "smallest_feasible_bound",
    "trim_weights",
]
