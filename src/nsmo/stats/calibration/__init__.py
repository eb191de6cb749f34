"""Calibration: weights that make the sample agree with the population on chosen margins."""

from .calibrate import calibrate
from .evidence import Calibration
from .feasibility import smallest_feasible_bound
from .problems import CalibrationError
from .trim import trim_weights

__all__ = ["Calibration", "CalibrationError", "calibrate", "smallest_feasible_bound", "trim_weights"]
