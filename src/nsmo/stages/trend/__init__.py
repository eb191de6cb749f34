"""What changed since earlier waves, and how sure that is.

The stage of a wave leaves what the next one needs (`WAVES`, `RECORD`, `PANEL`) in data/processed, and reads
what the wave before it left there. So a new wave, or other rules of it, builds no older one again.
"""

from nsmo.stages.trend.results import PANEL, RECORD, WAVES, Trend, trend

__all__ = ["PANEL", "RECORD", "WAVES", "Trend", "trend"]
