"""The text of a report: what may stand in it, and what is said of the rest."""

import pytest
from bakery_study import CODEBOOK

from nsmo.study import load_codebook
from nsmo.study.errors import StudyError
from nsmo.study.first_report import first_report
from nsmo.study.report import ReportText, read_reports, report_problems, stray_reports

HEAD = "# Bakeries\n\n"
STAGES = ["topline", "crosstabs", "claims", "trust"]


def problems(codebook_file, *lines, other="", statements=("rye_is_best",)):
    texts = {"en": ReportText("report.en.md", HEAD + "\n".join(lines))}
    if other:
        texts["nl"] = ReportText("report.nl.md", other)
    text = f"{CODEBOOK}crosstabs: {{banners: [online]}}\n"
    found = report_problems(texts, load_codebook(codebook_file(text)), statements, STAGES)
    return [str(problem) for problem in found]


def test_what_is_right_is_no_problem(codebook_file):
    text = [
        'Of all {{ share("breads", "white") }} bake white.',
        'Fresh: {{ share("fresh", "agree", by="online", group="yes") }}.',
        "<!-- {{ nothing here is looked at }} 50% -->",
        "",
        '{{ figure("opinions") }}',
        "",
        '{{ page_link("trust") }}, {{ verdict("rye_is_best", which="implied") }}, {{ mean("n_breads") }}',
    ]
    assert problems(codebook_file, *text) == []


@pytest.mark.parametrize(
    ("line", "found", "near"),
    [
        ('{{ shre("breads", "white") }}', "there is no placeholder 'shre'", "perhaps share"),
        ('{{ share("bread", "white") }}', "no question or derived variable 'bread'", "perhaps breads"),
        ('{{ share("breads", "wite") }}', "'breads' has no option 'wite'", "perhaps white"),
        ('{{ share("fresh", "top", by="onlin") }}', "variable 'onlin'", "perhaps online"),
        ('{{ share("fresh", "top", by="online", group="yess") }}', "no option 'yess'", "perhaps yes"),
        (
            '{{ share("fresh", "agree", by="size", group="small") }}',
            "no stage estimates 'fresh' by 'size'",
            "banners",
        ),
        (
            '{{ clear("online", "online") }}',
            "no stage tests whether 'online' differs by 'online'",
            "notebook test it",
        ),
        ('{{ statement("rye_is_bst") }}', "no statement 'rye_is_bst'", "perhaps rye_is_best"),
        ('{{ page_link("trsut") }}', "no page 'trsut'", "perhaps trust"),
        ('{{ share("breads") }}', "share is given 1 texts", "share(question, option, [by], [group])"),
        ('{{ share("breads", white) }}', "something else than a text", "each between quotes"),
        ('{{ share("breads", "white", buy="online") }}', "does not take buy=", "perhaps by"),
        ('{{ share("breads", "white", question="fresh") }}', "given question twice", "give it once"),
        ("{{ " + "(" * 3000 + " }}", "too deep or too long", "between quotes only"),
        ("{{ respondents(" + "9" * 5000 + ") }}", "too deep or too long", "between quotes only"),
        ("## Text {#text}", "#text is one of the page itself", "choose another"),
        ("[x](https://example.org/{{ unit() }})", "a placeholder inside an address", "question_link"),
        ('[x](#a "{{ unit() }}")', "a placeholder inside an address", "question_link"),
        ("<https://example.org/{{ unit() }}>", "a placeholder inside an address", "question_link"),
        ("[x]: https://example.org/{{ unit() }}", "a placeholder inside an address", "question_link"),
        ("{{ respondents }}", "respondents without brackets", "{{ respondents() }}"),
        ('Here {{ figure("breads") }} it is', "figure within a sentence", "a paragraph of its own"),
        ("Of all 84.5 % agree", "a percentage that was typed: 84.5 %", "a placeholder"),
        ("Van alle 84 procent", "a percentage that was typed: 84 procent", "a placeholder"),
        ('{{ share("breads", "white" }}', "cannot be read", "a placeholder"),
    ],
)
def test_what_is_wrong_is_named_with_its_line_and_what_is_near(codebook_file, line, found, near):
    (said,) = problems(codebook_file, "All well.", "", line)
    assert said.startswith("report.en.md, line 5: ")
    assert found in said
    assert near in said


@pytest.mark.parametrize(
    "text",
    [
        "{{ share.__class__ }}",
        "{{ ''.__class__.__mro__ }}",
        '{{ share("breads", "white").html }}',
        '{{ share("breads", "white") | upper }}',
        '{{ share(*"ab") }}',
        "{{ 6 * 7 }}",
        "{{ cycler.__init__.__globals__.os }}",
        '{% if share("breads", "white") == "x" %}a{% endif %}',
        "{% for x in y %}{{ x }}{% endfor %}",
        "{% set x = 1 %}",
        '{% include "study.yaml" %}',
    ],
)
def test_nothing_can_be_computed_in_a_text(text):
    called = []
    report = ReportText("report.en.md", HEAD + text)
    with pytest.raises(StudyError, match=r"report\.en\.md, line 3"):
        report.filled({"share": lambda *args: called.append(args), "figure": called.append})
    assert called == []


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (b"a \x1b[31m", "report.en.md, line 3: the sign U+001B"),
        ("a \u202e b".encode(), "report.en.md, line 3: the sign U+202E"),
        ("a \u2028 b".encode(), "report.en.md, line 3: the sign U+2028"),
        ("caf\u00e9".encode("windows-1252"), "report.en.md, line 3: not UTF-8: byte 0xe9"),
        (b"<<<<<<< a\n=======\n>>>>>>> b\n", "report.en.md, line 3: conflict markers of git"),
    ],
)
def test_a_text_that_nobody_can_read_is_named_with_its_line(tmp_path, written, said):
    (tmp_path / "report.en.md").write_bytes(HEAD.encode() + written)
    with pytest.raises(StudyError) as caught:
        read_reports(tmp_path)
    assert str(caught.value).startswith(said)


def test_lines_are_counted_alike_whatever_system_ended_them(tmp_path):
    found = []
    for end in ("\n", "\r\n", "\r"):
        text = end.join(["# Bakeries", "", "Half, 50%, do.", '{{ share("breads", "rye") }}'])
        (tmp_path / "report.en.md").write_bytes(text.encode())
        report = read_reports(tmp_path)["en"]
        found.append((report.headings, report.uses()))
    assert found[0] == found[1] == found[2]
    assert found[0][1][0].line == 4


def test_a_percentage_is_found_beside_what_was_never_closed(codebook_file):
    """Ends that are not there were looked for from every beginning: 40 kB took seven seconds."""
    lines = ["{{ " * 20_000, "<!-- " * 20_000, "1" * 60_000, "[\n" * 20_000, "Of all 12.5% do"]
    with pytest.raises(StudyError) as caught:
        ReportText("report.en.md", HEAD + lines[0]).uses()
    assert "report.en.md, line 3" in str(caught.value)
    found = problems(codebook_file, *lines[1:])
    assert [one.partition(": ")[2].partition("\n")[0] for one in found] == [
        "a percentage that was typed: 12.5%",
        "what stands between braces cannot be read: Missing end of comment tag",
    ]


def test_the_two_languages_have_the_same_parts_in_the_same_order(codebook_file):
    english = ["## One {#one}", "", "## Two {#two}"]
    assert problems(codebook_file, *english, other="# B\n## Een {#one}\n## Twee {#two}") == []
    (said,) = problems(codebook_file, *english, other="# B\n## Een {#one}")
    assert said == "report.nl.md: no part #two, which report.en.md has"
    (said,) = problems(codebook_file, *english, other="# B\n## Twee {#two}\n## Een {#one}")
    assert "another order" in said
    said = problems(codebook_file, *english, other="# B\n## Een {#one}\n## Twee")
    assert any("report.nl.md, line 3: a heading without an address" in one for one in said)


def test_a_text_needs_one_title(codebook_file):
    found = report_problems(
        {"en": ReportText("report.en.md", "No title.")}, load_codebook(codebook_file()), [], []
    )
    assert [problem.found for problem in found] == ["0 titles"]


def test_a_text_in_a_language_without_words_is_named(tmp_path):
    for name in ("report.nl.md", "report.de.md"):
        (tmp_path / name).write_text("# x\n", encoding="utf-8")
    assert list(read_reports(tmp_path)) == ["nl"]
    (problem,) = stray_reports(tmp_path)
    assert problem.where == "report.de.md"


@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_first_text_of_any_wave_is_right(codebook_file, language):
    codebook = load_codebook(codebook_file())
    report = ReportText("report.en.md", first_report(codebook, language))
    assert report_problems({language: report}, codebook, [], STAGES) == []
    figures = [use.given["question"] for use in report.uses() if use.name == "figure"]
    assert "breads" in figures
    # A battery is one figure.
    assert figures.count("opinions") == 1
    assert "fresh" not in figures


def test_questions_of_a_battery_without_a_scale_have_a_figure_each(codebook_file, codebook_text):
    lines = codebook_text.replace("type: ordinal", "type: single").splitlines(keepends=True)
    text = "".join(line for line in lines if "top_box" not in line and "kind: mean" not in line)
    codebook = load_codebook(codebook_file(text))
    report = ReportText("report.en.md", first_report(codebook, "en"))
    assert report_problems({"en": report}, codebook, [], STAGES) == []
    figures = [use.given["question"] for use in report.uses() if use.name == "figure"]
    assert {"fresh", "cheap", "warm"} <= set(figures)
    assert report.text.count("{#opinions}") == 1
    together = ReportText("report.en.md", f'{HEAD}{{{{ figure("opinions") }}}}')
    (problem,) = report_problems({"en": together}, codebook, [], STAGES)
    assert "the questions of 'opinions' have no scale" in str(problem)
    assert "fresh, cheap, warm" in str(problem)


def test_a_long_scale_and_numbers_of_a_battery_are_told_by_their_means(codebook_file, codebook_text):
    entries = [
        "  - name: mark",
        "    type: ordinal",
        "    column: mark",
        "    label: What mark do you give?",
        "    text: What mark do you give?",
        "    options:",
        *(f'      - {{name: m{n}, code: "{n}", label: "{n}"}}' for n in range(11)),
        "  - battery: minutes",
        "    type: numeric",
        "    text: How many minutes?",
        "    items:",
        "      - {name: travel, column: travel, label: travel}",
        "      - {name: waiting, column: waiting, label: waiting}",
    ]
    text = codebook_text.replace("\nquestions:\n", "\nquestions:\n" + "\n".join(entries) + "\n", 1)
    report = first_report(load_codebook(codebook_file(text)), "en")
    assert '{{ average("mark") }}' in report
    assert '{{ figure("mark") }}' in report
    assert report.count("## How many minutes?") == 1
    assert '{{ question_link("waiting") }} – mean: {{ average("waiting") }}.' in report
