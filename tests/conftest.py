"""Settings for all tests."""

import os

import pytest
from hypothesis import settings

# In a hook of git these name the repository of the user; no test may work on that.
for name in [name for name in os.environ if name.startswith("GIT_")]:
    del os.environ[name]

pytest_plugins = ["bakery_study", "browsers", "studies"]

# The same examples for everybody, so that a red test is red on every machine, and no deadline, because a busy
# machine is no defect. `pytest --hypothesis-profile explore` looks further.
settings.register_profile("steady", derandomize=True, deadline=None)
settings.register_profile("explore", max_examples=2000, deadline=None)
settings.load_profile("steady")


#: What a test has asked for that builds a project, or looks at pages.
_LONG = {"built_study", "built_miniature", "browser"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the files that build projects and look at pages first: short ones are left to share at the end.

    Several workers take file after file in this order (`make test`); xdist's own, by number of tests, ends
    with those of few tests, which are the long ones.
    """
    long = {
        item.path
        for item in items
        if item.get_closest_marker("pipeline") or _LONG.intersection(getattr(item, "fixturenames", ()))
    }
    items.sort(key=lambda item: item.path not in long)


@pytest.fixture(scope="session", autouse=True)
def dvc_leaves_nothing_behind(tmp_path_factory):
    """DVC notes each repository that it meets in a folder of the machine; let that be one of ours."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("dvc-site-cache")))
        yield
