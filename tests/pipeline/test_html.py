"""The main content of a notebook's page."""

import base64
import re
from pathlib import Path

import pytest

from nsmo.runner import html
from nsmo.runner.canonical import dumps
from nsmo.runner.declarations import ContractError
from nsmo.runner.html import NotebookBody, kept_notebook_body, notebook_body


def page(folder: Path, *cells: dict, title: str = "# Who counts?") -> NotebookBody:
    first = {"cell_type": "markdown", "id": "title", "metadata": {}, "source": title}
    path = folder / "clean.ipynb"
    found = [first, *(cell | {"id": f"c{place}"} for place, cell in enumerate(cells))]
    path.write_text(dumps({"cells": found, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return notebook_body(path)


def text(source: str) -> dict:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def shown(
    data: dict, metadata: dict | None = None, source: str = "frame", tags: tuple[str, ...] = ()
) -> dict:
    output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
    return {
        "cell_type": "code",
        "metadata": {"tags": list(tags)},
        "source": source,
        "execution_count": 3,
        "outputs": [output],
    }


def test_the_first_heading_is_the_title_and_leaves_the_content(tmp_path):
    body = page(tmp_path, text("Some words."))
    assert body.title == "Who counts?"
    assert "<h1" not in body.html
    assert "Some words." in body.html


def test_titles_in_other_languages_are_read_and_not_shown(tmp_path):
    body = page(tmp_path, text("<!-- title:nl: Wie telt, en waarom? -->\n\nSome words."))
    assert body.titles == {"nl": "Wie telt, en waarom?"}
    assert "Wie telt" not in body.html
    assert page(tmp_path, text("Some words.")).titles == {}


def test_headings_have_anchors_that_are_unique(tmp_path):
    body = page(tmp_path, text("## What for?\n\n### Why\n\n## What for?"))
    assert body.headings == ((2, "what-for", "What for?"), (3, "why", "Why"), (2, "what-for-2", "What for?"))
    assert 'id="what-for-2"' in body.html


def test_code_stands_at_the_end_with_a_mark_at_its_place(tmp_path):
    html = page(tmp_path, shown({"text/plain": "4.1"}, source="mean_of(frame)"), text("## After")).html
    places, code = html.split('<section class="nb-appendix" id="code">')
    assert (
        places.index('<div class="nb-place" data-code="code-1">')
        < places.index("4.1")
        < places.index("After")
    )
    assert "mean_of" not in places
    assert "mean_of" in code


NAMED = {
    "# Shares of those asked.\nframe": "Shares of those asked.",
    "frame": "Text: Why",
    "stage.figure('a')": "Chart: Shops &amp; bakeries",
    "stage.table(frame)": "Table: Loaves",
}
SHOWN = {
    "stage.figure('a')": '<figure class="picture"><p class="figure-title">Shops &amp; bakeries</p></figure>',
    "stage.table(frame)": '<div class="table"><p class="table-title">Loaves</p></div>',
}


@pytest.mark.parametrize("source", NAMED)
def test_a_block_of_code_is_named_by_what_it_does(tmp_path, source):
    html = page(
        tmp_path, text("## Why"), shown({"text/html": SHOWN.get(source, "<p>4</p>")}, source=source)
    ).html
    assert f"<summary>{NAMED[source]}</summary>" in html.split('id="code"')[1]


def test_two_blocks_of_one_name_are_told_apart(tmp_path):
    html = page(tmp_path, *[shown({"text/html": "<p>4</p>"}, source="# Loaves")] * 2).html
    assert html.index("<summary>Loaves</summary>") < html.index("<summary>Loaves (2)</summary>")


@pytest.mark.parametrize(
    ("source", "tags"),
    [
        ("wave = None", ["parameters"]),
        ("import nsmo\n\nstage = nsmo.open('bread', locals())\nq = stage.roles", []),
        ("stage.save(\n    frame, 'tables/bread/a.csv'\n);", []),
    ],
)
def test_what_only_makes_ready_stands_in_one_fold(tmp_path, source, tags):
    stream = {"output_type": "stream", "name": "stdout", "text": "Run by the pipeline"}
    cell = shown({}, source=source, tags=tuple(tags)) | {"outputs": [stream]}
    html = page(tmp_path, cell, shown({"text/html": "<p>4</p>"})).html
    places, code = html.split('<section class="nb-appendix" id="code">')
    assert places.count("nb-place") == 1
    assert "Run by the pipeline" not in places
    fold = code[: code.index('id="code-2"')]
    assert "Setting up" in fold
    assert "Run by the pipeline" in fold


def test_what_has_nothing_to_show_stands_in_one_fold_without_a_name_of_its_own(tmp_path):
    silent = [shown({}, source=f"for one in none:\n    stage.say('{n}')") | {"outputs": []} for n in "ab"]
    html = page(
        tmp_path, text("## Why"), *silent, shown({"text/html": "<p>4</p>"}, source="stage.say('c')")
    ).html
    places, code = html.split('<section class="nb-appendix" id="code">')
    assert places.count("nb-place") == 1
    assert re.findall("<summary>(.*?)</summary>", code) == ["Text: Why", "Nothing to show in this wave"]


def test_a_page_on_which_every_cell_shows_something_has_no_such_fold(tmp_path):
    assert (
        "Nothing to show"
        not in page(tmp_path, shown({"text/html": "<p>4</p>"}, source="stage.say('c')")).html
    )


DRAWING = base64.b64encode(b"<svg/>").decode()
FIGURE = (
    '<figure class="picture" id="figure-a" data-name="a"><p class="figure-title">A</p><picture>'
    f'<source srcset="data:image/svg+xml;base64,{DRAWING}"><img alt="Chart: A" '
    f'src="data:image/svg+xml;base64,{DRAWING}"></picture></figure>'
)
TABLE = (
    '<div class="table" id="table-a_table" data-name="a_table">'
    '<div class="table-box" role="region" tabindex="0" aria-label="A"><table>'
    '<caption><span class="table-title">A</span></caption></table></div></div>'
)


def test_figures_become_files_with_an_address_and_know_their_table_and_code(tmp_path):
    body = page(tmp_path, shown({"text/html": FIGURE}), shown({"text/html": TABLE}))
    assert body.drawings == {"figures/clean/a.svg": "<svg/>", "figures/clean/a.narrow.svg": "<svg/>"}
    assert 'src="../figures/clean/a.svg"' in body.html
    assert 'srcset="../figures/clean/a.narrow.svg"' in body.html
    assert 'data-anchor="figure-a" data-code="code-1" data-kind="figure"' in body.html
    assert 'data-name="a" data-other="table-a_table"' in body.html
    assert 'data-anchor="table-a_table" data-code="code-2" data-kind="table"' in body.html
    assert '<details class="nb-table-fold"><summary>Table: A</summary><div class="table"' in body.html


def test_what_is_shown_twice_has_two_addresses_and_two_names(tmp_path):
    html = page(tmp_path, *[shown({"text/html": FIGURE + TABLE})] * 2).html
    assert all(
        f'id="{one}"' in html for one in ("figure-a", "figure-a-2", "table-a_table", "table-a_table-2")
    )
    assert 'aria-label="A (2)"' in html


@pytest.mark.parametrize("mime", ["image/png", "image/svg+xml"])
def test_images_keep_their_description(tmp_path, mime):
    content = (
        "<svg xmlns='http://www.w3.org/2000/svg'/>" if "svg" in mime else base64.b64encode(b"png").decode()
    )
    html = page(tmp_path, shown({mime: content}, {mime: {"alt": 'Bars: "Facebook" 90.3%'}})).html
    assert 'alt="Bars: &quot;Facebook&quot; 90.3%"' in html or "alt='Bars: \"Facebook\" 90.3%'" in html
    assert f"data:{mime};base64," in html


@pytest.mark.parametrize(
    "data",
    [
        {"image/png": base64.b64encode(b"png").decode()},
        {"image/svg+xml": "<svg/>"},
        {"text/html": "<img src='data:image/png;base64,AAAA'>"},
        {"text/html": "<svg></svg>"},
    ],
)
def test_an_image_without_description_stops_the_build(tmp_path, data):
    with pytest.raises(ContractError, match=r"clean\.ipynb.*no description"):
        page(tmp_path, shown(data))


@pytest.mark.parametrize(
    "html",
    [
        "<script>1</script>",
        '<link rel="stylesheet" href="https://example.org/a.css">',
        '<img alt="x" src="//example.org/a.png">',
    ],
)
def test_what_would_use_the_network_stops_the_build(tmp_path, html):
    with pytest.raises(ContractError, match=r"clean\.ipynb"):
        page(tmp_path, shown({"text/html": html}))


def test_links_are_allowed(tmp_path):
    assert "https://example.org" in page(tmp_path, text("[a source](https://example.org)")).html


def test_plain_tables_can_be_read_aloud(tmp_path):
    import pandas as pd

    html = page(
        tmp_path, shown({"text/html": pd.DataFrame({"n": [167]}, index=["Facebook"])._repr_html_()})
    ).html
    assert "<th></th>" not in html
    assert '<th scope="col">n</th>' in html
    assert '<th scope="row">Facebook</th>' in html
    assert "<style" not in html
    assert 'role="region"' in html


def test_a_notebook_without_a_title_is_refused(tmp_path):
    with pytest.raises(ContractError, match="no heading of the first level"):
        page(tmp_path, title="Just words")


def test_the_same_notebook_gives_the_same_page(tmp_path):
    cells = [text("## A"), shown({"text/html": "<p>1</p>"})]
    assert page(tmp_path, *cells) == page(tmp_path, *cells)


@pytest.fixture
def rendered(monkeypatch):
    """Names of the notebooks that were rendered rather than taken from what is kept."""
    names = []

    def render(path: Path) -> NotebookBody:
        names.append(path.name)
        return notebook_body(path)

    monkeypatch.setattr(html, "notebook_body", render)
    return names


def test_a_notebook_that_stayed_the_same_is_rendered_once(tmp_path, rendered):
    body = page(tmp_path, text("## Rows\n\nSix “rows”."))
    for _ in range(3):
        assert kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept") == body
    assert rendered == ["clean.ipynb"]


def test_an_edited_notebook_is_rendered_anew_and_takes_the_place_of_the_old_one(tmp_path, rendered):
    for words in ("Six rows.", "Seven rows.", "Six rows."):
        page(tmp_path, text(words))
        assert words in kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept").html
    assert len(rendered) == 3
    assert len(list((tmp_path / "kept").iterdir())) == 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.unlink(),
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"\xff\xfe\n"),
        lambda file: file.write_bytes(file.read_bytes()[:-3]),
        lambda file: file.write_bytes(file.read_bytes().replace(b"Six", b"Ten")),
        lambda file: (file.unlink(), file.mkdir()),
    ],
    ids=["gone", "empty", "not text", "cut off", "other words", "a folder"],
)
def test_a_damaged_kept_page_changes_nothing(tmp_path, damage):
    body = page(tmp_path, text("Six rows."))
    kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept")
    damage(tmp_path / "kept" / "clean.json")
    assert kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept") == body


def test_where_nothing_can_be_kept_the_page_is_the_same(tmp_path):
    body = page(tmp_path, text("Six rows."))
    (tmp_path / "kept").write_text("a file where the folder would be")
    assert kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept") == body


def test_other_templates_make_another_page(tmp_path, rendered, monkeypatch):
    page(tmp_path, text("Six rows."))
    for templates in (b"old", b"new"):
        monkeypatch.setattr(html, "_rendering", lambda templates=templates: (templates,))
        kept_notebook_body(tmp_path / "clean.ipynb", tmp_path / "kept")
    assert len(rendered) == 2


@pytest.mark.parametrize(
    "html",
    [
        "<details open ontoggle='document.title=1'>d</details>",
        "<p ONCLICK=alert(1)>x</p>",
        "<svg aria-hidden=1 onload=alert(1)></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='java\tscript:alert(1)'>x</a>",
        "<a href=' \x01JavaScript:alert(1)'>x</a>",
        "<a href='data:text/html,<script>1</script>'>x</a>",
        "<a href='vbscript:x'>x</a>",
        "<a href='file:x'>x</a>",
        "<iframe src='x.html'></iframe>",
        "<iframe srcdoc='&lt;script&gt;1&lt;/script&gt;'></iframe>",
        "<object data='x.svg'></object>",
        "<embed src='x.svg'>",
        "<base href='https://example.org/'>",
        "<meta http-equiv=refresh content='0;url=https://example.org'>",
        "<link rel=stylesheet href=x.css>",
        "<form action='x'><input name=a></form>",
        "<svg aria-hidden=1><a xlink:href='javascript:1'>x</a></svg>",
        "<svg aria-hidden=1><foreignObject><p>x</p></foreignObject></svg>",
        "<p style='background:url(https://example.org/x)'>x</p>",
        "<p style='background:URL( \"x.png\" )'>x</p>",
    ],
)
def test_what_would_run_or_lead_elsewhere_stops_the_build(tmp_path, html):
    with pytest.raises(ContractError, match=r"clean\.ipynb.*"):
        page(tmp_path, shown({"text/html": html}))


@pytest.mark.parametrize(
    "html",
    [
        '<a href="https://example.org/a?b=c#d">x</a>',
        '<a href="#what-for">x</a>',
        '<a href="clean.html">x</a>',
        '<a href="mailto:info@example.org">x</a>',
        '<img alt="3 of 4" src="data:image/svg+xml;base64,PHN2Zy8+">',
        '<svg aria-hidden="true"><rect style="fill:url(#stripes)"></rect></svg>',
        '<p style="text-align:right">on the one hand: x</p>',
    ],
)
def test_links_and_pictures_of_a_page_pass(tmp_path, html):
    assert html.split(">")[-2] in page(tmp_path, shown({"text/html": html})).html


def test_signs_that_control_a_screen_are_shown_as_one(tmp_path):
    body = page(tmp_path, shown({"text/html": "<p>a\x07b \u202egnp</p>"}))
    assert "a\ufffdb \ufffdgnp" in body.html


def test_the_wording_of_a_question_is_not_said_twice(tmp_path):
    caption = '<p class="subtitle">Which media? Base: everybody; n = 5.</p>'
    figure = f'<figure class="picture"><figcaption>{caption}</figcaption></figure>'
    body = page(tmp_path, text("## Which media?"), shown({"text/html": figure}))
    assert "Which media? Base" not in body.html
    assert '<p class="subtitle">Base: everybody; n = 5.</p>' in body.html
    other = page(tmp_path, text("## Others"), shown({"text/html": figure}))
    assert "Which media? Base" in other.html
