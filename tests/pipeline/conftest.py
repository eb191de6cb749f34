from pathlib import Path

import projects
import pytest
from interrupted import Made


@pytest.fixture(scope="session")
def built_miniature(tmp_path_factory: pytest.TempPathFactory) -> projects.Project:
    """The miniature after its first build; not to be changed."""
    project = projects.miniature(tmp_path_factory.mktemp("miniature") / "built")
    done = project.report()
    assert project.ran(done) == ["draw", "count", "tell"]
    return project


@pytest.fixture
def miniature(built_miniature: projects.Project, tmp_path: Path) -> projects.Project:
    """A built miniature of one's own."""
    return built_miniature.copy(tmp_path / "miniature")


@pytest.fixture
def made(miniature: projects.Project) -> Made:
    """A built miniature with the Makefile of the study."""
    return Made(miniature.folder)
