import pytest

from nsmo.study import StudyError
from nsmo.study.roles import Roles

ROLES = Roles("goals", {"question": "goals", "by": ["size", "sector"]})


def test_a_role_is_a_question_or_several():
    assert ROLES.question == "goals"
    assert ROLES.by == ["size", "sector"]
    assert list(ROLES) == ["question", "by"]


@pytest.mark.parametrize(("name", "words"), [("qestion", "perhaps question"), ("flag", "question, by")])
def test_a_role_that_the_wave_does_not_name_is_said(name, words):
    with pytest.raises(StudyError, match=words) as caught:
        getattr(ROLES, name)
    assert "analyse > goals" in str(caught.value)
    assert f"role '{name}'" in str(caught.value)
