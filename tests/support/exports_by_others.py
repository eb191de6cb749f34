"""Where exports by others lie, which are not part of the repository."""

import os
from pathlib import Path

EXPORTS = Path(os.environ.get("NSMO_EXPORTS") or Path(__file__).resolve().parents[3] / "shared" / "data")
