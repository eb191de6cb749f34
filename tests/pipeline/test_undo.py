"""What was undone is not computed again, and what another branch left does not count."""

import shutil

import pytest
from projects import notebook_text

from nsmo.pipeline.kept import Kept
from nsmo.runner import packages
from nsmo.runner.declarations import declaration
from nsmo.runner.inputs import fingerprint

pytestmark = pytest.mark.pipeline


def test_a_notebook_that_is_edited_back(miniature):
    before = miniature.outputs(), miniature.read("dvc.lock")
    miniature.replace("notebooks/2_count.ipynb", "How much is it?", "How many?")
    miniature.replace("notebooks/2_count.ipynb", ".sum()", ".max()")
    assert miniature.ran(miniature.report()) == ["count", "tell"]
    miniature.replace("notebooks/2_count.ipynb", ".max()", ".sum()")
    miniature.replace("notebooks/2_count.ipynb", "How many?", "How much is it?")
    done = miniature.report()
    assert miniature.ran(done) == []
    assert done.stdout.count("as it was before") == 2
    assert (miniature.outputs(), miniature.read("dvc.lock")) == before
    assert miniature.status() == {}


def test_a_parameter_there_and_back_and_there_again(miniature):
    miniature.replace("params.yaml", "factor: 2", "factor: 3")
    assert miniature.ran(miniature.report()) == ["draw", "count", "tell"]
    changed = miniature.outputs()
    for old, new in (("3", "2"), ("2", "3")):
        miniature.replace("params.yaml", f"factor: {old}", f"factor: {new}")
        assert miniature.ran(miniature.report()) == []
    assert miniature.outputs() == changed


def test_what_is_lost_or_damaged_is_computed_again(miniature):
    before = miniature.outputs()
    miniature.replace("params.yaml", "decimals: 1", "decimals: 0")
    assert miniature.ran(miniature.report()) == ["tell"]
    copies = list(miniature.folder.glob(".nsmo/kept/tell@2018/*/reports/2018/tables/tell/total.csv"))
    assert len(copies) == 2
    for copy in copies:
        copy.write_text("value,unit\n1,euro\n")
    miniature.replace("params.yaml", "decimals: 0", "decimals: 1")
    assert miniature.ran(miniature.report()) == ["tell"]
    assert miniature.outputs() == before
    miniature.replace("params.yaml", "decimals: 1", "decimals: 0")
    shutil.rmtree(miniature.folder / ".dvc/cache")
    assert miniature.ran(miniature.report()) == ["draw", "count", "tell"]


def test_a_result_of_other_packages_is_not_taken_for_one_of_the_lock(miniature, monkeypatch):
    declared = declaration(miniature.folder, "tell", "2018")
    before = fingerprint(miniature.folder, declared)
    cache = miniature.folder / ".dvc/cache/files/md5"
    assert Kept(miniature.folder, cache).restore(declared, before)
    other = packages.Other("numpy", "2.0", "1.0")
    monkeypatch.setattr(packages, "others", lambda folder: [other])
    assert not Kept(miniature.folder, cache).restore(declared, before)


@pytest.fixture
def reading_a_folder(miniature):
    """The miniature with a stage that takes whatever is in a folder of results."""
    miniature.replace("dvc.yaml", "        - data/processed/${item}/count/total.json\n      params:", FOLDER)
    assert miniature.report().returncode == 0
    return miniature


FOLDER = "        - data/processed/${item}/count\n      params:"


def test_what_another_branch_left_is_put_aside_before_it_counts(reading_a_folder):
    project = reading_a_folder
    lock = project.read("dvc.lock")
    project.write("data/processed/2018/count/regions.json", "{}")
    _, said = project.check()
    assert "data/processed/2018/count/regions.json: no stage makes this" in said
    done = project.report()
    assert project.ran(done) == []
    assert "data/processed/2018/count/regions.json: no stage makes this; moved to .nsmo/left" in done.stdout
    assert project.read("dvc.lock") == lock
    assert project.read(".nsmo/leftovers/data/processed/2018/count/regions.json") == "{}"


def test_what_git_keeps_among_the_results_stays(reading_a_folder):
    project = reading_a_folder
    project.write("data/processed/2018/count/NOTE.md", "ours")
    project.call("git", "add", "-f", "data/processed/2018/count/NOTE.md")
    project.report()
    assert project.read("data/processed/2018/count/NOTE.md") == "ours"


def test_a_build_names_a_notebook_that_no_stage_has(miniature):
    miniature.write("notebooks/4_more.ipynb", notebook_text("# More", "wave = None"))
    assert "notebooks/4_more.ipynb: no stage has this notebook" in miniature.report().stdout
