"""What a page is made of."""

from nsmo.pages import template


def test_a_style_on_a_page_has_no_sign_too_much_and_all_that_it_says():
    text = """
/* A comment: gone. */
.step > a:hover,
td small { color: var(--ink); content: "a : b; /* c */ } "; }
@media screen and (min-width: 64rem) { .step { margin: 0 0 1rem; } }
"""
    assert template.short_style(text) == (
        '.step > a:hover,td small{color:var(--ink);content:"a : b; /* c */ } "}'
        "@media screen and (min-width:64rem){.step{margin:0 0 1rem}}"
    )


def test_the_list_of_questions_speaks_of_derived_variables_where_there_are_some():
    def listed(derived: bool) -> str:
        return template.fragment(
            "questions.html.j2", "en", blocks=[], count=7, derived=derived, evidence=True
        )

    assert "7 questions and derived variables, each" in listed(True)
    assert "7 questions, each" in listed(False)
