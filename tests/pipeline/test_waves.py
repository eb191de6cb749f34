"""A new wave builds no older one again, and neither do other rules of it."""

import sys
from pathlib import Path

import projects
import pytest
import two_waves
import yaml

from nsmo.draft.demo import copy_engine, made_up_responses
from nsmo.draft.new import new
from nsmo.runner.declarations import Declaration, declarations, overlap, read_params
from nsmo.runner.inputs import hashes
from nsmo.runner.parameters import section_of

ROOT = Path(__file__).resolve().parents[2]


def draft(folder: Path, wave: str, seed: int, like: str = "") -> None:
    export = two_waves.write(folder, f"export{seed}", made_up_responses(60, seed))
    new(folder, wave, [export], like=like)


def known(folder: Path, wave: str) -> dict[str, tuple]:
    """All that the results of a wave depend on which is not itself a result."""
    params = read_params(folder)

    def of(one: Declaration) -> tuple:
        files = hashes(folder, [folder / dep for dep in one.deps if (folder / dep).exists()])
        return one, files, [section_of(params, section) for section in one.sections]

    return {one.name: of(one) for one in declarations(folder) if one.wave == wave}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A repository with one wave."""
    made = tmp_path_factory.mktemp("waves") / "study"
    copy_engine(ROOT, made)
    draft(made, "2026", 1)
    return made


def test_nothing_that_an_older_wave_depends_on_changes_with_a_new_one(folder):
    before = known(folder, "2026")
    draft(folder, "2027", 2, like="2026")
    assert known(folder, "2026") == before
    with (folder / "data/raw/2027/rules.yaml").open("a", encoding="utf-8") as file:
        file.write("crosstabs:\n  banners: [age]\n")
    assert known(folder, "2026") == before
    # It reads of the older one what is in data/processed, and nothing else.
    own = [one for one in declarations(folder) if one.wave == "2027"]
    foreign = {dep for one in own for dep in one.deps if "/2026/" in dep}
    assert foreign == {"data/processed/2026/trend"}
    outs = [out.path for one in own for out in one.outs]
    assert not any(overlap(dep, out) for one, *_ in before.values() for dep in one.deps for out in outs)


@pytest.mark.slow
def test_a_build_leaves_the_older_wave_alone(tmp_path_factory):
    folder = tmp_path_factory.mktemp("built") / "study"
    copy_engine(ROOT, folder)
    draft(folder, "2026", 1)
    study = projects.Project(folder)

    def built() -> tuple[str, dict[str, dict]]:
        made = study.report()
        assert made.returncode == 0, made.stdout
        lock = yaml.safe_load((folder / "dvc.lock").read_text(encoding="utf-8"))["stages"]
        return made.stdout, {name: one for name, one in lock.items() if name.endswith("@2026")}

    _, first = built()
    html = folder / "reports/2026/html/en/index.html"
    written = html.stat().st_mtime_ns
    draft(folder, "2027", 2, like="2026")
    said, second = built()
    assert "@2026 " not in said
    assert second == first
    page = (folder / "reports/2027/html/en/changes.html").read_text(encoding="utf-8")
    assert "Compared with 2026" in page
    assert not (folder / "reports/2026/html/en/changes.html").exists()
    with (folder / "data/raw/2027/rules.yaml").open("a", encoding="utf-8") as file:
        file.write("crosstabs:\n  banners: [age]\n")
    said, third = built()
    assert "crosstabs@2027" in said
    assert "@2026 " not in said
    assert third == first
    assert html.stat().st_mtime_ns == written
    status = study.call(sys.executable, "-m", "dvc", "status", "-q")
    assert status.returncode == 0, status.stdout
