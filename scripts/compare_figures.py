"""Set the figures of two builds side by side, wide and for phones, in one page for the eye.

    python scripts/compare_figures.py OLD NEW OUT

OLD and NEW are checkouts with a built report, or folders that hold a page per file; OUT is a folder. It gets
the drawings, `index.html` with every pair, and, where Chromium is found, a PNG per page of the report.
"""

import base64
import difflib
import html
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

WIDTH = 1440
STYLE = """
body { margin: 16px; font: 13px/1.4 sans-serif; background: #fff; }
h2 { font-size: 15px; margin: 28px 0 4px; border-top: 2px solid #888; padding-top: 8px; }
.row { display: flex; gap: 16px; align-items: flex-start; margin: 4px 0 12px; }
.row > div { flex: none; }
img { outline: 1px solid #ddd; display: block; }
b { color: #777; font-weight: normal; }
.only { background: #fff3cd; }
"""


@dataclass
class Drawing:
    """A figure on a page: its title and the addresses of its two drawings."""

    title: str = ""
    wide: str = ""
    phone: str = ""


class Figures(HTMLParser):
    """Collects the figures of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Drawing] = []
        self.inside = self.titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take the addresses of a figure's drawings."""
        known = dict(attrs)
        if tag == "figure":
            self.inside = known.get("class") == "picture"
            if self.inside:
                self.found.append(Drawing())
        elif self.inside and tag == "source":
            self.found[-1].phone = known.get("srcset") or ""
        elif self.inside and tag == "img":
            self.found[-1].wide = known.get("src") or ""
        self.titled = self.inside and known.get("class") == "figure-title"

    def handle_endtag(self, tag: str) -> None:
        """Leave the figure."""
        self.titled = False
        self.inside = self.inside and tag != "figure"

    def handle_data(self, data: str) -> None:
        """Take the title."""
        if self.titled:
            self.found[-1].title += data


def pages(folder: Path) -> dict[str, Path]:
    """List the pages of a build by wave and name; the pages of notebooks once had no folder of their own."""
    built = sorted(folder.glob("reports/*/html"))
    return {
        "/".join(
            [
                *(html.parts[-2:-1] if built else ()),
                path.relative_to(html).with_suffix("").as_posix().removeprefix("notebooks/"),
            ]
        ): path
        for html in built or [folder]
        for path in sorted(html.rglob("*.html"))
    }


def content(address: str, page: Path) -> bytes:
    """Return the drawing at an address, which is a file beside the page or the data themselves."""
    if address.startswith("data:"):
        return base64.b64decode(address.partition(",")[2])
    return (page.parent / address).read_bytes()


def drawings(page: Path | None) -> list[Drawing]:
    """List the figures of a page, none where there is no page."""
    reader = Figures()
    if page:
        reader.feed(page.read_text("utf-8"))
    return reader.found


def likeness(old: Drawing, new: Drawing, before: Path, after: Path) -> float:
    """Return how alike two figures are, 0 to 2: by their titles and by their words, without numbers."""
    titles = [re.sub(r"[\d.,%]+|\(assumed\)", "", one.title.casefold()) for one in (old, new)]
    drawn = [
        set(
            re.findall(
                r"[^\W\d]{3,}", " ".join(re.findall(r">([^<>]+)<", content(one.wide, page).decode("utf-8")))
            )
        )
        for one, page in ((old, before), (new, after))
    ]
    shared = len(drawn[0] & drawn[1]) / max(1, len(drawn[0] | drawn[1]))
    return difflib.SequenceMatcher(None, *titles).ratio() + shared


def pairs(old: Path | None, new: Path | None) -> list[tuple[Drawing | None, Drawing | None]]:
    """Put together the figures of two pages that are most alike, in the order of the new page."""
    before, after = drawings(old), drawings(new)
    taken: dict[int, int] = {}
    if old and new:
        scores = [
            (likeness(one, other, old, new), i, k)
            for k, other in enumerate(after)
            for i, one in enumerate(before)
        ]
        for score, i, k in sorted(scores, key=lambda found: (-found[0], found[2], found[1])):
            if score > 0.45 and k not in taken and i not in taken.values():
                taken[k] = i
    rest = [one for i, one in enumerate(before) if i not in taken.values()]
    couples = [(before[taken[k]] if k in taken else None, one) for k, one in enumerate(after)]
    return [*couples, *((one, None) for one in rest)]


def sheet(name: str, old: Path | None, new: Path | None, out: Path) -> tuple[str, int]:
    """Write the drawings of a page; return the HTML that shows them, and how many figures there are."""
    parts = []
    couples = pairs(old, new)
    for number, couple in enumerate(couples):
        rows = []
        for kind in ("wide", "phone"):
            cells = []
            for build, page, one in zip(("old", "new"), (old, new), couple, strict=True):
                if one is None or page is None:
                    cells.append(f'<div class="only">not in {build}</div>')
                    continue
                file = f"{name.replace('/', '-')}-{number:02d}-{kind}-{build}.svg"
                (out / file).write_bytes(content(getattr(one, kind), page))
                cells.append(f'<div><b>{build}, {kind}</b><img src="{file}" alt=""></div>')
            rows.append(f'<div class="row">{"".join(cells)}</div>')
        title = next(one.title for one in couple[::-1] if one)
        parts.append(f"<h2>{html.escape(f'{name} {number}: {title}')}</h2>{''.join(rows)}")
    return "".join(parts), len(couples)


def main() -> None:
    """Write the page of all pairs, and a picture of each page of the report."""
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    old, new = pages(Path(sys.argv[1])), pages(Path(sys.argv[2]))
    out = Path(sys.argv[3])
    out.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    whole = []
    for name in sorted(old.keys() | new.keys()):
        body, count = sheet(name, old.get(name), new.get(name), out)
        if not count:
            continue
        whole.append(body)
        file = out / f"{name.replace('/', '-')}.html"
        page = f'<!doctype html><meta charset="utf-8"><title>{name}</title><style>{STYLE}</style>'
        file.write_text(page + body, "utf-8")
        print(f"{name}: {count} figures")
    (out / "index.html").write_text(
        f'<!doctype html><meta charset="utf-8"><title>Figures</title><style>{STYLE}</style>{"".join(whole)}',
        "utf-8",
    )
    if browser is None:
        print("No Chromium here, so no PNG.")
        return
    for file in sorted(out.glob("*.html")):
        if file.stem != "index":
            options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars"]
            image = f"--screenshot={file.with_suffix('.png')}"
            size = f"--window-size={WIDTH},{height(file, out)}"
            subprocess.run([browser, *options, size, image, str(file)], check=True, capture_output=True)
    print(f"Written: {out / 'index.html'}")


def height(file: Path, out: Path) -> int:
    """Estimate the height of a sheet from the heights of its drawings."""
    total = 60
    for row in file.read_text("utf-8").split('<div class="row">')[1:]:
        heads = [(out / name).read_text("utf-8")[:600] for name in re.findall(r'src="([^"]+)"', row)]
        sizes = [float(found[1]) for head in heads if (found := re.search(r'height="([\d.]+)"', head))]
        total += int(max(sizes, default=40)) + 90
    return total


if __name__ == "__main__":
    main()
