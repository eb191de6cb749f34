"""What this project changes in other people's code: one thing, with its reason and where it is discussed."""

import sys


def skip_slow_grammar() -> None:
    """Leave out a module that jsonschema would use for one rare format; its grammar takes 0.8 s to build.

    Every process that reads a notebook would pay for it. jsonschema does without where the module is not
    installed, and only the check of the format `iri` is lost; a module that is loaded already stays.

    https://github.com/python-jsonschema/jsonschema/pull/1521
    """
    # None in place of a module is how Python is told that an import fails.
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
