"""The pages as a reader meets them: in a browser, on a wide screen and on a phone, without a network."""

import filecmp
import json
import re
import shutil
import subprocess
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise, product
from pathlib import Path

import pytest
from small_reports import make

REAL = Path(__file__).parents[2] / "reports"


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def real_responses(tmp_path_factory):
    return make(tmp_path_factory.mktemp("real"), provenance="real", language="nl")


def pages(folder):
    """The text of every page with a frame, by its address; the first only leads to the others."""
    found = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*.html"))}
    return {name: path.read_text("utf-8") for name, path in found.items() if name != "index.html"}


def reports():
    return sorted(path.parent for path in REAL.glob("*/html/index.html"))


def test_packages_other_than_those_of_the_lock_are_named_at_the_foot(tmp_path, small):
    said = "Run with other packages than those of requirements.lock: pandas 9.9 (locked: 3.0)."
    other = make(tmp_path, other_packages=("pandas 9.9 (locked: 3.0)",))
    there = {name for name, text in pages(other).items() if said in text}
    # On the page of the notebook that was run so, and on the report that rests on it.
    english = {name for name in pages(other) if name.startswith("en/")}
    assert there == {"notebooks/bread.html"} | english
    assert not [name for name, text in pages(small).items() if "other packages" in text]


class Page:
    """A page opened in the browser, with every request that it made."""

    def __init__(self, browser, path, width=1280):
        self.requests = []
        self.errors = []
        self.tab = browser.new_page(viewport={"width": width, "height": 900})
        self.tab.on("request", lambda request: self.requests.append(request.url))
        self.tab.on("pageerror", lambda error: self.errors.append(str(error)))
        self.tab.goto(path.as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tab.close()

    def run(self, script):
        return self.tab.evaluate(script)


def check(browser, folder):
    """What must hold on every page of a report."""
    for path in (folder / name for name in pages(folder)):
        for width in (1280, 320):
            with Page(browser, path, width) as page:
                outside = [u for u in page.requests if not u.startswith(("file://", "data:"))]
                assert outside == [], path.name
                assert page.errors == [], path.name
                # The policy of the page lets its own pictures in.
                assert page.run("[...document.images].every((one) => one.naturalWidth > 0)"), path.name
                assert page.run("document.documentElement.scrollWidth") <= width, f"{path.name} at {width}"
        with Page(browser, path) as page:
            for image in page.tab.query_selector_all("img"):
                image.scroll_into_view_if_needed()
                assert len(image.get_attribute("alt") or "") > 20, path.name
                assert image.evaluate("i => i.decode().then(() => i.naturalWidth)") > 0, path.name
            levels = page.run(
                "[...document.querySelectorAll('main :is(h1,h2,h3,h4)')].map(h => +h.tagName[1])"
            )
            assert levels[0] == 1, path.name
            assert levels.count(1) == 1, path.name
            assert all(b <= a + 1 for a, b in pairwise(levels)), f"{path.name}: {levels}"
            assert page.run("document.querySelectorAll('main').length") == 1
            assert page.run("document.documentElement.lang") in ("en", "nl")
            assert page.tab.title().strip()
            ids = page.run("[...document.querySelectorAll('[id]')].map(e => e.id)")
            assert len(ids) == len(set(ids)), path.name
            empty = page.run("[...document.querySelectorAll('th')].filter(t => !t.textContent.trim()).length")
            assert empty == 0, path.name


@pytest.mark.slow
def test_small_pages_reflow_describe_and_stay_at_home(browser, small):
    own = {"index", "questions", "search", "claims", "made", "glossary", "data", "notebooks", "accessibility"}
    own |= {f"question-{name}" for name in ("mood", "trade", "media", "market", "often", "n_media")}
    assert set(pages(small)) == {
        *(f"{language}/{name}.html" for language in ("en", "nl") for name in own),
        "notebooks/bread.html",
        "notebooks/claims.html",
    }
    check(browser, small)


@pytest.mark.slow
def test_the_built_report_does_too(browser):
    if not reports():
        pytest.skip("no report has been built: make report")
    for folder in reports():
        check(browser, folder)


def test_every_link_leads_somewhere(small):
    check_links(small)
    for folder in reports():
        check_links(folder)


def check_links(folder):
    """No link and no anchor is broken, and every page and file can be reached from the first page."""
    texts = {path.resolve(): path.read_text("utf-8") for path in folder.rglob("*.html")}
    ids = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in texts.items()}
    reached = set()
    for path, text in texts.items():
        for href in re.findall(r'(?:href|src|srcset)="([^"]*)"', text):
            if href.startswith(("https://", "http://", "mailto:", "data:")):
                continue
            file, _, anchor = href.partition("#")
            there = (path.parent / file).resolve() if file else path
            reached |= {there} - {path}
            assert there.is_file(), f"{path.name}: {href}"
            assert not anchor or anchor in ids[there], f"{path.name}: {href}"
    files = {path.resolve() for path in folder.rglob("*") if path.is_file()}
    assert files - reached == {(folder / "index.html").resolve()}


@pytest.mark.slow
def test_the_notice_follows_the_provenance(browser, small, real_responses):
    for folder, reconstructed in ((small, True), (real_responses, False)):
        for name in pages(folder):
            # The stage `claims` of the small study reads no response.
            there = reconstructed and name != "notebooks/claims.html"
            with Page(browser, folder / name) as page:
                assert (page.tab.query_selector("#reconstructed") is not None) is there, name
                without = page.tab.query_selector("#no-responses")
                assert (without is not None) is (reconstructed and not there), name
                # Every page of a reconstruction says so, and none of real responses does.
                shown = page.tab.inner_text("header").lower()
                assert ("reconstructed" in shown or "gereconstrueerd" in shown) is reconstructed
    with Page(browser, small / "en/index.html") as page:
        notice = page.tab.query_selector("#reconstructed")
        assert notice.is_visible()
        assert notice.bounding_box()["y"] < 200
        assert "exclude selection error" in page.tab.inner_text("footer")


def test_copies_to_download_say_where_their_numbers_come_from(small, real_responses):
    for folder, reconstructed in ((small, True), (real_responses, False)):
        copy = (folder / "data/bread/estimates.csv").read_text("utf-8").splitlines()
        assert copy[0].endswith(",provenance") is reconstructed
        assert all(line.endswith(",reconstructed") is reconstructed for line in copy[1:])
        evidence = json.loads((folder / "data/weight/weighting.json").read_text("utf-8"))
        assert ("provenance" in evidence) is reconstructed
    # The stage `claims` of the small study reads no response.
    assert "provenance" not in (small / "data/claims/claims.csv").read_text("utf-8").splitlines()[0]


def column(page, at):
    """What stands in a column, row by row, as far as a reader can see it."""
    return page.run(
        "[...document.querySelectorAll('.claims tbody tr')].filter(r => r.checkVisibility())"
        f".map(r => r.cells[{at}].dataset.value)"
    )


def test_the_claims_table_sorts_by_number_with_gaps_last(browser, small):
    with Page(browser, small / "en/claims.html") as page:
        head = page.tab.query_selector(".claims thead th:nth-child(2)")
        head.query_selector("button").click()
        assert column(page, 1) == ["24", "90", ""]
        assert head.get_attribute("aria-sort") == "ascending"
        head.query_selector("button").click()
        assert column(page, 1) == ["90", "24", ""]
        assert head.get_attribute("aria-sort") == "descending"
        # Both tables, that of what agrees too.
        sorted_by = "[...document.querySelectorAll('.claims')].map(t => t.tHead.rows[0].cells[1].ariaSort)"
        assert page.run(sorted_by) == ["descending", "descending"]
        page.tab.click(".claims thead th:nth-child(1) button")
        assert head.get_attribute("aria-sort") is None
        first = page.tab.inner_text(".claims tbody tr:first-child th")
        assert first.startswith("A quarter")


def test_the_claims_table_narrows_by_word_and_by_verdict(browser, small):
    with Page(browser, small / "en/claims.html") as page:
        page.tab.fill(".tools input", "NEWSPAPER")
        assert column(page, 1) == ["24"]
        assert page.tab.inner_text(".tools output") == "1 of 4 shown"
        page.tab.fill(".tools input", "")
        page.tab.select_option(".tools select[name=agreement]", "differs")
        assert column(page, 1) == ["90"]
        page.tab.fill(".tools input", "newspaper")
        assert column(page, 1) == []


def test_what_agrees_is_folded_away_until_somebody_asks(browser, small):
    with Page(browser, small / "en/claims.html") as page:
        rest = page.tab.query_selector("[data-claims-rest]")
        assert column(page, 1) == ["90", "", "24"]
        rest.query_selector("summary").click()
        assert column(page, 1) == ["90", "", "24", "60"]
        rest.query_selector("summary").click()
        # Looking for something that stands there opens it; looking for nothing closes it.
        page.tab.fill(".tools input", "six in ten")
        assert column(page, 1) == ["60"]
        page.tab.fill(".tools input", "")
        assert column(page, 1) == ["90", "", "24"]


def test_each_statement_leads_to_its_evidence(browser, small):
    with Page(browser, small / "en/claims.html") as page:
        row = page.tab.query_selector("#claim-b")
        assert "Mood in the shop Market notebook bread" in row.inner_text().replace("\xa0", " ")
        links = [a.get_attribute("href") for a in row.query_selector_all(".source + .source a")]
        assert links == ["question-mood.html", "question-market.html", "../notebooks/bread.html"]
        # What nothing measures leads to no question.
        assert len(page.tab.query_selector("#claim-c").query_selector_all(".source + .source a")) == 1


def test_the_claims_table_reads_on_a_phone(browser, small):
    with Page(browser, small / "en/claims.html", 320) as page:
        row = page.tab.query_selector(".claims tbody tr")
        text = row.inner_text()
        assert "Nine in ten are on the web & sell there" in text
        assert (
            page.run("getComputedStyle(document.querySelector('.claims td'), '::before').content")
            == '"Published"'
        )
        box = row.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 320


def test_no_p_value_of_reconstructed_answers_is_shown(small):
    for name in ("en/index.html", "nl/index.html", "en/claims.html", "en/question-mood.html"):
        text = re.sub(r"<(style|script).*?</\1>", "", (small / name).read_text("utf-8"), flags=re.DOTALL)
        assert not re.search(r"\bp\s*[<=]\s*[,.0]", text)


def test_without_scripts_everything_is_still_there(browser, small):
    context = browser.new_context(java_script_enabled=False)
    try:
        tab = context.new_page()
        tab.goto((small / "en/claims.html").as_uri())
        assert len(tab.query_selector_all(".claims tbody tr")) == 4
        tab.click("[data-claims-rest] summary")
        assert tab.query_selector("#claim-a").is_visible()
        assert not tab.query_selector(".tools").is_visible()
    finally:
        context.close()


def test_the_keyboard_reaches_the_content_first(browser, small):
    with Page(browser, small / "en/index.html") as page:
        page.tab.keyboard.press("Tab")
        assert page.run("document.activeElement.className") == "skip"
        assert page.tab.query_selector(".skip").bounding_box()["x"] >= 0
        assert page.run("getComputedStyle(document.activeElement).outlineStyle") == "solid"


CONTRAST = """() => {
  const channel = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const ground = (e) => {
    for (; e; e = e.parentElement) {
      const c = parse(getComputedStyle(e).backgroundColor);
      if (c.length === 3 || c[3] === 1) return c;
    }
    return [255, 255, 255];
  };
  const low = [];
  document.querySelectorAll('body *').forEach((e) => {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.getClientRects().length || ['SCRIPT', 'STYLE', 'OPTION'].includes(e.tagName)) return;
    const a = light(parse(getComputedStyle(e).color)), b = light(ground(e));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${e.tagName}.${e.className}: ${ratio.toFixed(2)} ${e.textContent.trim()}`);
  });
  return low;
}"""


@pytest.mark.slow
def test_text_stands_out_from_its_ground(browser, small):
    for name, scheme in product(pages(small), ("light", "dark")):
        with Page(browser, small / name) as page:
            page.tab.emulate_media(color_scheme=scheme)
            page.run("document.querySelectorAll('details').forEach(d => d.open = true)")
            assert page.run(CONTRAST) == [], name


def test_two_builds_are_the_same_to_the_byte(small, tmp_path):
    again = make(tmp_path)
    names = sorted(p.relative_to(small).as_posix() for p in small.rglob("*") if p.is_file())
    assert names == sorted(p.relative_to(again).as_posix() for p in again.rglob("*") if p.is_file())
    _, different, errors = filecmp.cmpfiles(small, again, names, shallow=False)
    assert (different, errors) == ([], [])


def test_a_reader_can_check_every_file_with_one_command(small, tmp_path):
    checked = subprocess.run(
        ["sha256sum", "-c", "checksums.txt"], cwd=small, capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout
    files = {path.relative_to(small).as_posix() for path in small.rglob("*") if path.is_file()}
    assert len(checked.stdout.splitlines()) == len(files) - 1
    copy = shutil.copytree(small, tmp_path / "copy")
    (copy / "en/index.html").write_text("changed", encoding="utf-8")
    changed = subprocess.run(
        ["sha256sum", "-c", "checksums.txt"], cwd=copy, capture_output=True, text=True, check=False
    )
    assert "en/index.html: FAILED" in changed.stdout
    assert "sha256sum -c" in (small / "en/index.html").read_text("utf-8")


def test_the_manifest_holds_the_checksum_of_every_file(small):
    manifest = json.loads((small / "manifest.json").read_text("utf-8"))
    files = {p.relative_to(small).as_posix(): p for p in small.rglob("*") if p.is_file()}
    assert set(manifest["outputs"]) == set(files) - {"manifest.json", "checksums.txt"}
    for name, digest in manifest["outputs"].items():
        assert sha256(files[name].read_bytes()).hexdigest() == digest
    assert "data/raw/2031/study.yaml" in manifest["inputs"]
    assert "reports/2031/tables/bread/estimates.csv" in manifest["inputs"]


def test_tables_are_copied_beside_the_pages(small):
    assert (small / "data/bread/estimates.csv").is_file()
    assert (small / "data/bread/media.xlsx").is_file()


class Balance(HTMLParser):
    """Finds elements that are closed in another order than opened, or never."""

    VOID = frozenset({"meta", "link", "img", "source", "input", "br", "hr"})

    def __init__(self):
        super().__init__()
        self.open, self.faults = [], []

    def handle_starttag(self, tag, attrs):
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.VOID:
            return
        if self.open and self.open[-1] == tag:
            self.open.pop()
        else:
            self.faults.append(f"</{tag}> at {self.getpos()}, open: {self.open[-3:]}")


def test_markup_is_well_nested_and_texts_are_escaped(small):
    for path in small.rglob("*.html"):
        text = path.read_text("utf-8")
        parser = Balance()
        parser.feed(text)
        assert parser.faults == [], path.name
        assert parser.open == [], path.name
    assert "How many shops there are &lt;1&gt;." in (small / "en/made.html").read_text("utf-8")
    assert "on the web &amp; sell there" in (small / "en/claims.html").read_text("utf-8")
