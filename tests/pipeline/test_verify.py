"""`nsmo verify`: what a reviewer is told about two builds."""

import re
import shutil
import sys

import projects
import pytest

pytestmark = pytest.mark.pipeline


def verify(project, *options, tmp):
    """The command, with its temporary files where we can look whether any stay."""
    tmp.mkdir(exist_ok=True)
    return project.call("env", f"TMPDIR={tmp}", sys.executable, "-m", "nsmo", "verify", *options)


def commit(project):
    done = project.call(
        *["git", "-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qam", "more"]
    )
    assert done.returncode == 0, done.stdout


@pytest.fixture
def committed(miniature):
    """A built miniature whose results are committed, as they are in the study."""
    project = miniature
    assert project.call("git", "add", "-A").returncode == 0
    commit(project)
    return project


def test_agreement_is_told_file_by_file(committed, tmp_path):
    before = committed.outputs()
    done = verify(committed, tmp=tmp_path / "t")
    assert done.returncode == 0, done.stdout
    rows = re.findall(r"^same +same +([0-9a-f]{12}) +(\S+)$", done.stdout, re.MULTILINE)
    assert {path for _, path in rows} == {"dvc.lock", *before}
    assert f"All {len(rows)} files are the same" in done.stdout
    # what goes on meanwhile: every stage in both builds
    for name in ("draw", "count", "tell"):
        assert len(re.findall(rf"^{name}@2018 ", done.stdout, re.MULTILINE)) == 2
    assert committed.outputs() == before
    assert list((tmp_path / "t").iterdir()) == []


@pytest.mark.slow
def test_a_difference_between_builds_is_named(committed, tmp_path):
    cell = 'import os\nstage.save({"total": total, "here": os.getcwd()}, "count/total.json");'
    committed.write("notebooks/2_count.ipynb", projects.notebook_text(*projects.COUNT[:-1], cell))
    committed.replace(
        "notebooks/3_tell.ipynb", "tables/tell/total.csv", "tables/tell/{len(str(stage.root))}.csv"
    )
    committed.replace("notebooks/3_tell.ipynb", 'stage.save(table, \\"', 'stage.save(table, f\\"')
    assert committed.ran(committed.report()) == ["count", "tell"]
    committed.call("git", "add", "-A")
    commit(committed)
    done = verify(committed, tmp=tmp_path / "t")
    assert done.returncode == 1
    end = done.stdout.split("files are not the same")[1]
    assert (
        "data/processed/2018/count/total.json: differs against the commit, differs in the second build" in end
    )
    assert re.search(r"tables/tell/\d+\.csv: missing against the commit", end)
    assert re.search(r"tables/tell/\d+\.csv: new against the commit, missing in the second build", end)
    assert "shape.json" not in end
    kept = re.search(r"The builds are kept in (\S+)", end)[1]
    assert (tmp_path / "t").samefile(kept.rsplit("/", 1)[0])


@pytest.mark.slow
def test_a_result_that_was_changed_by_hand_is_found(committed, tmp_path):
    committed.replace("data/processed/2018/count/total.json", "13", "14")
    commit(committed)
    done = verify(committed, "--once", tmp=tmp_path / "t")
    assert done.returncode == 1
    assert "1 of" in done.stdout
    assert "data/processed/2018/count/total.json: differs against the commit" in done.stdout


@pytest.mark.slow
def test_without_git_the_files_are_taken_as_they_stand(committed, tmp_path):
    archive = projects.Project(tmp_path / "source archive")
    archive.folder.mkdir()
    packed = committed.call("git", "archive", "--output", str(tmp_path / "a.tar"), "HEAD")
    assert packed.returncode == 0, packed.stdout
    shutil.unpack_archive(tmp_path / "a.tar", archive.folder)
    done = verify(archive, "--once", tmp=tmp_path / "t")
    assert done.returncode == 0, done.stdout
    assert "No git here" in done.stdout
    assert "are the same, as committed" in done.stdout


def test_a_build_that_stops_is_no_difference(committed, tmp_path):
    committed.replace("notebooks/2_count.ipynb", "stage.save(", "1 / 0; stage.save(")
    commit(committed)
    done = verify(committed, tmp=tmp_path / "t")
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stdout
    assert "nothing to compare" in done.stdout
    assert list((tmp_path / "t").iterdir()) == []


def test_answers_that_git_does_not_keep_are_taken_from_the_folder(committed, tmp_path):
    """Those of real respondents; everything else is what is committed."""
    raw = "data/raw/2018/numbers.csv"
    with (committed.folder / ".gitignore").open("a", encoding="utf-8") as file:
        file.write(f"/{raw}\n")
    assert committed.call("git", "rm", "-q", "--cached", raw).returncode == 0
    committed.call("git", "add", "-A")
    commit(committed)
    done = verify(committed, "--once", tmp=tmp_path / "t")
    assert done.returncode == 0, done.stdout
    assert f"Not in git, taken from this folder: {raw}." in done.stdout
    assert list((tmp_path / "t").iterdir()) == []
