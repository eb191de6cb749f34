"""A study whose labels, names and answers try to be more than text."""

import csv
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml

#: Markup, scripts, links, mathematics, templates, formulas, controls, and signs that turn text.
PAYLOADS = [
    "<details open ontoggle='document.title=\"run\"'>d</details>",
    "<img src=x onerror='document.title=\"run\"'>",
    "<svg onload='document.title=\"run\"' aria-hidden=1></svg>",
    "<script>document.title='run'</script>",
    "<iframe src=javascript:alert(1)></iframe>",
    "</table></section><h1>x</h1>",
    "<style>body{display:none}</style>",
    "[x](javascript:document.title='run')",
    "[y](http://evil.example/)",
    "http://evil.example/z www.evil.example a@evil.example",
    "$\\alpha_1$ and $$x$$",
    "*b* _i_ `c` # h",
    "{{ 7*7 }} {% x %} {0}",
    "=1+1",
    "=cmd|' /C calc'!A0",
    "@SUM(1)",
    "&lt;b&gt; &amp;",
    "| a | b |",
    "a\"b'c",
]
#: What a terminal obeys, and what turns the direction of text: refused in labels, taken out of answers.
CONTROLS = ["\x1b[31mred\x1b]0;t\x07", "\u202egnp.exe", "a\x0bb"]
#: "Other" texts of these questions decide about weights, so they stay.
_KEPT = ("Q03", "Q06")


def make_hostile(wave: Path) -> None:
    """Put a payload behind every label and reason of a wave, and in place of what respondents typed."""
    payloads = cycle(PAYLOADS)
    for name, parts in {
        "questionnaire.yaml": ("questions", "derived", "unit"),
        "rules.yaml": ("cleaning", "weighting"),
        "study.yaml": ("title", "publisher"),
    }.items():
        content = yaml.safe_load((wave / name).read_text("utf-8"))
        for part in parts:
            content[part] = _armed(content[part], payloads)
        text = yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=10_000)
        (wave / name).write_text(text, "utf-8")
    path = wave / "responses.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    answers = cycle([*PAYLOADS, *CONTROLS])
    typed = [i for i, name in enumerate(header) if "other" in name and not name.startswith(_KEPT)]
    for row in rows:
        for i in typed:
            row[i] = next(answers) if row[i] else ""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([header, *rows])


class _Plain(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


def _armed(node: Any, payloads: Iterator[str]) -> Any:
    if isinstance(node, dict):
        return {
            key: f"{value} {next(payloads)}"
            if key in ("nl", "en") and isinstance(value, str)
            else _armed(value, payloads)
            for key, value in node.items()
        }
    return [_armed(item, payloads) for item in node] if isinstance(node, list) else node
