"""The examples in docstrings say what is true."""

import doctest
import importlib
import pkgutil

import gallery
import pytest

import nsmo.present
import nsmo.survey

ROOMS = (nsmo.survey, nsmo.present)
MODULES = [
    "nsmo.results",
    "nsmo.study.roles",
    *(f"{room.__name__}.{module.name}" for room in ROOMS for module in pkgutil.iter_modules(room.__path__)),
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_give_what_they_say(name):
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    module = importlib.import_module(name)
    given = gallery.names() if name.startswith("nsmo.present") else {"survey": gallery.shops()}
    assert doctest.testmod(module, extraglobs=given, optionflags=flags).failed == 0
