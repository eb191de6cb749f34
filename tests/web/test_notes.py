"""A reviewer marks places, writes, and takes the notes along; nothing of it is there until asked for."""

import json

import pytest
from small_reports import make


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return make(tmp_path_factory.mktemp("notes"))


@pytest.fixture
def tab(browser):
    context = browser.new_context(accept_downloads=True, viewport={"width": 1280, "height": 900})
    said, page = [], context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    yield page
    context.close()
    assert said == []


SWITCH = "button.note-switch"


def write(tab, place, text):
    tab.click(f"{place} >> button.note-mark >> nth=0")
    tab.keyboard.type(text)
    tab.click(".note-form >> text=Keep")


def taken(tab, text):
    with tab.expect_download() as waiting:
        tab.click(f"text={text}")
    return waiting.value


def test_nothing_shows_until_it_is_asked_for(tab, small):
    tab.goto((small / "en/index.html").as_uri())
    assert tab.locator(".note-mark, .notes").count() == 0
    assert tab.get_attribute(SWITCH, "aria-pressed") == "false"
    before = tab.inner_html("#text")
    tab.click(SWITCH)
    assert "No notes yet" in tab.inner_text(".notes")
    assert tab.locator(".note-mark").count() > 5
    tab.click(SWITCH)
    assert tab.inner_html("#text") == before


def test_a_page_that_is_saved_keeps_the_notes_and_still_works(tab, small, tmp_path):
    tab.goto((small / "en/index.html").as_uri())
    tab.click(SWITCH)
    write(tab, "#text h2", 'Is this <so>?\nAnd "that"?')
    assert tab.evaluate("document.activeElement.classList.contains('note-mark')"), "the reader stays there"
    assert "Notes on this page: 1" in tab.inner_text(".notes")
    file = taken(tab, "Save the page with the notes")
    assert file.suggested_filename == "index.notes.html"
    saved = small / "en" / "index.notes.html"
    file.save_as(saved)
    try:
        tab.goto(saved.as_uri())
        assert tab.inner_text(".note").startswith('Is this <so>?\nAnd "that"?')
        assert tab.locator("th button button").count() == 0, "a script that ran twice wraps twice"
        write(tab, "#text p", "Second.")
        taken(tab, "Save the page with the notes").save_as(saved)
        tab.goto(saved.as_uri())
        assert tab.locator(".note").count() == 2
        assert len(json.loads(tab.evaluate("document.getElementById('notes').textContent"))) == 2
        tab.click(".note >> nth=0 >> text=Remove")
        assert tab.locator(".note").count() == 1
    finally:
        saved.unlink()


def test_notes_go_into_a_file_with_their_addresses(tab, small, tmp_path):
    tab.goto((small / "en/index.html").as_uri())
    tab.click(SWITCH)
    write(tab, "#text h2", "Say why.")
    path = tmp_path / "notes.md"
    taken(tab, "Export the notes").save_as(path)
    text = path.read_text("utf-8")
    heading = tab.evaluate("document.querySelector('#text h2').id")
    assert f"- index.html#{heading}\n" in text
    assert "  Say why.\n" in text


def test_notes_are_written_with_the_keyboard_alone(tab, small):
    tab.goto((small / "nl/index.html").as_uri())
    tab.focus(SWITCH)
    tab.keyboard.press("Enter")
    tab.focus("#text .note-mark")
    assert tab.evaluate("document.activeElement.getAttribute('aria-label')").startswith("Opmerking bij: ")
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.tagName") == "TEXTAREA"
    tab.keyboard.press("Escape")
    assert tab.locator(".note-form").count() == 0
    assert tab.evaluate("document.activeElement.classList.contains('note-mark')")


def test_nothing_lies_over_a_mark(tab, small):
    for page in ("notebooks/bread.html", "en/question-mood.html", "en/claims.html", "nl/data.html"):
        tab.goto((small / page).as_uri())
        tab.click(SWITCH)
        marks = tab.locator(".note-mark:visible").all()
        assert marks, page
        for mark in marks:
            mark.click(trial=True, timeout=2000)  # raises where something else would get the click


def test_notes_fit_a_narrow_screen(tab, small):
    tab.set_viewport_size({"width": 320, "height": 700})
    tab.goto((small / "en/index.html").as_uri())
    tab.click(SWITCH)
    write(tab, "#text h2", "A note that is so long that it has to be broken somewhere, somehow, on a phone.")
    assert tab.evaluate("document.documentElement.scrollWidth") <= 320
