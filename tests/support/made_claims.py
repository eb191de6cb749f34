"""Claims for tests that need one of a certain kind."""

from nsmo.study.statements import Claim


def claim(kind: str = "exact", **changes: object) -> Claim:
    """Make a claim of a kind; what is given replaces what it would have."""
    content = {
        "id": "c",
        "topic": "t",
        "type": kind,
        "statement": {"nl": "n", "en": "e"},
        "source": "s",
        "unit": "percent",
        "decimals": 1,
        "estimate": {"measure": "proportion", "question": "q", "option": "a"},
    }
    return Claim.model_validate(content | changes)
