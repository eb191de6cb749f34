"""A study whose labels, names and answers try to be more than text."""

import csv
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import yaml

from nsmo.draft.demo import made_up_responses
from nsmo.draft.new import new
from nsmo.study.margins import COLUMNS

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
    "</script><script>document.title='run'</script>",
    "--><img src=x onerror=document.title='run'>",
    "<a href='javascript:document.title=1'>c</a>",
    "<base href=//evil.example><meta http-equiv=refresh content='0;url=http://evil.example'>",
    "<form action=//evil.example><input autofocus onfocus=document.title='run'>",
    "\\u003cscript\\u003edocument.title='run'\\u003c/script\\u003e",
    "![i](http://evil.example/i.png) <http://evil.example>",
    "+1+cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example","k")',
    "'=1+1",
    "{name} {0.__class__} %s %(x)d ${HOME} $(id) `id`",
    "<%= 1 %> {# c #} {% raw %}",
    "\\href{javascript:x}{y} $\\frac{1}{0}$",
    "<![CDATA[x]]> ]]> <?xml version='1.0'?>",
    "[Sheet1]!A:1*?/\\ ../../etc/passwd _x0041_ &L&P",
    "two\u2028lines\u2029here, zero\u200bwidth, नमस्ते, نص, 👩\u200d👩\u200d👧🇳🇱",
]
#: What a terminal obeys, and what turns the direction of text: refused in labels, taken out of answers.
CONTROLS = [
    "\x1b[31mred\x1b]0;t\x07",
    "\u202egnp.exe",
    "a\x0bb",
    "\x1b]8;;http://evil.example\x07l",
    "a\x00b",
    "\x9b31m",
]
#: The name of a file is shown as well.
EXPORT = "=1+1 <img src=x onerror=document.title='run'> {name} $x$ & Co.csv"
#: Authors of a report may make links and emphasise, and are told of signs that do not show; all else is text.
_OF_AUTHORS = ("{{", "{%", "](http", "*b*", "<http", "# h", "\u2028")
_IN_MARKDOWN = [text for text in PAYLOADS if not any(mark in text for mark in _OF_AUTHORS)]
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
        _write(wave / name, content)
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

    def text(self, text: str) -> yaml.Node:
        """Write signs at which YAML begins a line as escapes: as such they are refused."""
        return self.represent_scalar("tag:yaml.org,2002:str", text, '"' if _BREAKS & {*text} else None)


_BREAKS = {"\x85", "\u2028", "\u2029"}
_Plain.add_representer(str, _Plain.text)


def draft_hostile(root: Path) -> Path:
    """Draft a wave `h` from an export whose heads and answers are payloads, and arm all that is drafted.

    Parameters
    ----------
    root : Path
        A repository with an engine and without studies.

    Returns
    -------
    Path
        Its folder; it has margins, banners and a report in two languages.
    """
    payloads, rows = cycle([*PAYLOADS, *CONTROLS]), made_up_responses(160, 7)
    rows[0][2], rows[0][-1] = f"Age {PAYLOADS[1]}", f"Remarks {PAYLOADS[3]}"
    rows[0].append("Colour {name} $x$ | =cmd|' /C calc'!A0")
    for place, row in enumerate(rows[1:]):
        row[-1] = next(payloads)
        row.append(PAYLOADS[place % 5 + 12])
    export = root / EXPORT
    with export.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    folder = new(root, "h", [export]).folder
    # An address among the answers to choose from is refused.
    armed = cycle([payload for payload in PAYLOADS if "a@evil" not in payload])
    labels = ("label", "text", "unit", "title")
    for name in ("questionnaire.yaml", "study.yaml"):
        content = _both_armed(yaml.safe_load((folder / name).read_text("utf-8")), labels, armed)
        _write(folder / name, content)
    content = yaml.safe_load((folder / "study.yaml").read_text("utf-8"))
    content["remarks"] = {"trust": [{"nl": text, "en": text} for text in PAYLOADS if "a@evil" not in text]}
    content["unknown"] = [{"nl": text, "en": text} for text in PAYLOADS[:12] if "a@evil" not in text]
    _write(folder / "study.yaml", content)
    for path in folder.glob("report.*.md"):
        more = "\n\n".join(["## More {#more}", *_IN_MARKDOWN, *(f"- {text}" for text in _IN_MARKDOWN[:9])])
        path.write_text(f"{path.read_text('utf-8')}\n{more}\n", "utf-8")
    asked = yaml.safe_load((folder / "questionnaire.yaml").read_text("utf-8"))["questions"]
    several = next(question["name"] for question in asked if question["type"] == "multi")
    age, colour = (asked[place]["name"] for place in (0, -1))
    words = {key: {"nl": next(armed), "en": next(armed)} for key in ("population", "words")}
    margin = {"name": "age", "question": age, "population": "age"}
    margin |= {key: {"nl": next(armed), "en": next(armed)} for key in ("label", "note")}
    rules = {"cleaning": {"rules": []}, "privacy": {"keep_rows": True}}
    rules |= {"crosstabs": {"banners": [age, colour, several]}, "weighting": words | {"margins": [margin]}}
    _write(folder / "rules.yaml", rules)
    counts = {"under_25": 300, "n25_44": 500, "n45_64": 600, "n65_more": 420}
    with (folder / "population.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [
                COLUMNS,
                *(
                    [
                        "age",
                        name,
                        count,
                        next(armed),
                        "2026",
                        "final",
                        "seen",
                        "https://example.org/x",
                        next(armed),
                    ]
                    for name, count in counts.items()
                ),
            ]
        )
    return folder


def _write(path: Path, content: Any) -> None:
    text = yaml.dump(content, Dumper=_Plain, allow_unicode=True, sort_keys=False, width=10_000)
    path.write_text(text, "utf-8")


def _both_armed(node: Any, keys: tuple[str, ...], payloads: Iterator[str]) -> Any:
    if isinstance(node, dict):
        return {
            key: {language: f"{value} {next(payloads)}" for language in ("nl", "en")}
            if key in keys and isinstance(value, str)
            else _both_armed(value, keys, payloads)
            for key, value in node.items()
        }
    return [_both_armed(item, keys, payloads) for item in node] if isinstance(node, list) else node


def _armed(node: Any, payloads: Iterator[str]) -> Any:
    if isinstance(node, dict):
        return {
            key: f"{value} {next(payloads)}"
            if key in ("nl", "en") and isinstance(value, str)
            else _armed(value, payloads)
            for key, value in node.items()
        }
    return [_armed(item, payloads) for item in node] if isinstance(node, list) else node
