"""dvc.lock is written entry by entry: each as DVC writes it, and the others as they stand."""

import pytest
from dvc.repo import Repo

from nsmo.pipeline.lock import update
from nsmo.study.errors import StudyError

PIPELINE = """
stages:
  draw:
    foreach: [b, a]
    do:
      cmd: echo ${item} > out-${item}.txt
      deps: [code]
      params: [drawing, shared]
      outs:
        - out-${item}.txt
  count:
    cmd: cat out-a.txt out-b.txt > out.txt
    deps: [out-a.txt, out-b.txt]
    params: [shared]
    outs:
      - out.txt: {cache: false}
"""
#: What YAML could write in more than one way.
PARAMS = """
drawing:
  small: 0.00001
  round: 1.0
  nothing: null
  text: "yes"
  time: "12:30"
  words: "één tekst: met een dubbele punt, en zo lang dat hij niet op een regel past, want dat is tachtig"
  under: {key: [1, [2, 3]], "2018": []}
shared: [20, 400]
"""
ORDER = ["draw@b", "draw@a", "count"]


@pytest.fixture(scope="module")
def repo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lock")
    (folder / "dvc.yaml").write_text(PIPELINE, "utf-8")
    (folder / "params.yaml").write_text(PARAMS, "utf-8")
    (folder / "code").mkdir()
    (folder / "code" / "one.py").write_text("1\n")
    for name in ("out-a.txt", "out-b.txt", "out.txt"):
        (folder / name).write_text(name)
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        repo = Repo.init(no_scm=True)
        for stage in repo.index.stages:
            stage.save(run_cache=False)
        yield repo


@pytest.fixture
def stages(repo):
    return {stage.addressing: stage for stage in repo.index.stages}


@pytest.fixture
def written(repo, stages):
    """What DVC writes, of one stage after the other."""
    for name in ORDER:
        stages[name].dvcfile.dump_stages([stages[name]], update_pipeline=False)
    with open("dvc.lock", encoding="utf-8") as file:
        return file.read()


def test_each_entry_is_as_dvc_writes_it(stages, written, tmp_path):
    path = tmp_path / "dvc.lock"
    update(path, [stages[name] for name in reversed(ORDER)], ORDER)
    assert path.read_text("utf-8") == written
    assert [one.name for one in tmp_path.iterdir()] == ["dvc.lock"]


def test_other_entries_and_what_stands_around_them_stay_as_they_are(stages, written, tmp_path):
    path = tmp_path / "dvc.lock"
    # Another wave, that no stage has any more, as somebody has written it by hand.
    other = "  draw@c:   # of old\n    cmd: 'echo c'\n"
    around = ("# Ours.\n", "datasets:\n- name: one\n")
    path.write_text(around[0] + written.replace("stages:\n", "stages:\n" + other) + around[1], "utf-8")
    path.write_text(path.read_text("utf-8").replace("size: 2\n", "size: 3\n"), "utf-8")
    update(path, stages.values(), ORDER)
    assert path.read_text("utf-8") == around[0] + written + other + around[1]


@pytest.mark.parametrize(
    "text", ["", "schema: '2.0'\n", "schema: '2.0'\nstages: {}\n", "schema: '2.0'\nstages:\n"]
)
def test_a_lock_without_entries_gets_them(text, stages, written, tmp_path):
    path = tmp_path / "dvc.lock"
    path.write_text(text)
    update(path, stages.values(), ORDER)
    assert path.read_text("utf-8") == written


def test_what_git_has_merged_is_not_written_over(stages, written, tmp_path):
    path = tmp_path / "dvc.lock"
    path.write_text("<<<<<<< ours\n" + written, "utf-8")
    with pytest.raises(StudyError, match="solve-a-lock-conflict"):
        update(path, stages.values(), ORDER)
    assert path.read_text("utf-8").startswith("<<<<<<< ours\n")
