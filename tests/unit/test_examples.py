"""The examples in docstrings say what is true."""

import doctest
import importlib
import pkgutil

import pytest

import nsmo.survey

MODULES = [
    "nsmo.results",
    *(f"nsmo.survey.{module.name}" for module in pkgutil.iter_modules(nsmo.survey.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    assert doctest.testmod(importlib.import_module(name), optionflags=flags).failed == 0
