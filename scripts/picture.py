"""Make docs/report.png, the picture in README: the top of the first page of the built report, in English.

Run as ``python scripts/picture.py [WAVE]``.
"""

import sys
import tempfile
from pathlib import Path

from PIL import Image

from nsmo.handouts.chromium import pictured
from nsmo.study.paths import reports, root

#: As wide as a laptop, where a figure stands beside its text; as high as the first finding.
SIZE = (1280, 900)
#: Enough for text with smooth edges, where colours of few dots count too; the file is half as large.
COLORS = 128


def main() -> None:
    page = reports(sys.argv[1] if len(sys.argv) > 1 else "2018") / "html/en/index.html"
    picture = root() / "docs/report.png"
    with tempfile.TemporaryDirectory() as folder:
        shot = Path(folder) / "page.png"
        pictured(page.resolve(), shot, *SIZE, scale=1)
        plain = Image.open(shot).convert("RGB").quantize(COLORS, Image.Quantize.MAXCOVERAGE)
        plain.save(picture, optimize=True)
    print(f"written: {picture}")


if __name__ == "__main__":
    main()
