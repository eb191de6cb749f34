"""Builds in surroundings that are not ours: other checkouts, hooks of git, variables, modules lying about."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import projects
import pytest
from projects import DRAW, SOURCE, Project, notebook_text

pytestmark = pytest.mark.pipeline


def call(project: Project, *command: str, **variables: str) -> subprocess.CompletedProcess:
    """Run a command in a project, with variables on top of those it gets."""
    return project.call("env", *(f"{name}={value}" for name, value in variables.items()), *command)


def report(project: Project, **variables: str) -> subprocess.CompletedProcess:
    return call(project, sys.executable, "-m", "nsmo", "report", **variables)


def change(project: Project) -> None:
    """Let there be something to build."""
    project.write("notebooks/1_draw.ipynb", notebook_text(*DRAW, "2"))


class TestOpenFiles:
    """A shell that lets a process open few files, of which a kernel would die without a word."""

    def test_too_few_are_said_before_anything_runs(self, miniature):
        change(miniature)
        done = miniature.call("sh", "-c", f"ulimit -n 64; exec {sys.executable} -m nsmo report")
        assert done.returncode == 1
        assert "a process may open only 64 files" in done.stdout
        assert "kernel" not in done.stdout

    def test_a_low_limit_that_may_be_raised_is(self):
        code = "import resource; from nsmo.runner.process import allow_files; allow_files()\n"
        code += "print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
        command = ["sh", "-c", 'ulimit -S -n 64; exec "$0" -c "$1"', sys.executable, code]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert int(done.stdout) >= 200


class TestAnotherCheckout:
    """A second checkout is built while the environment of the first one is active."""

    @pytest.fixture
    def second(self, miniature) -> Project:
        """With code of its own, which says so in a result."""
        shutil.copytree(SOURCE / "nsmo", miniature.folder / "src/nsmo")
        miniature.replace(
            "src/nsmo/runner/stage.py", 'print(f"Run by the pipeline:', 'print(f"The second one runs:'
        )
        change(miniature)
        return miniature

    @pytest.mark.parametrize("command", ["report", "run draw --wave 2018"])
    def test_its_own_code_runs_and_no_process_starts_without_end(self, second, command):
        first = f"{SOURCE}{os.pathsep}{second.folder}"
        done = call(
            second, "timeout", "300", sys.executable, "-m", "nsmo", *command.split(), PYTHONPATH=first
        )
        assert done.returncode == 0, done.stdout
        assert "The second one runs: stage draw" in second.read("reports/2018/executed/draw.ipynb")
        assert projects.processes_in(second.folder) == []

    def test_what_cannot_be_set_right_is_said_once(self, second):
        # A start-up file that undoes what the command sets: it could start itself again for ever.
        second.write("start/sitecustomize.py", 'import os\nos.environ["TZ"] = "Asia/Tokyo"\n')
        paths = os.pathsep.join([str(second.folder / "start"), str(SOURCE)])
        done = call(
            second,
            "timeout",
            "60",
            sys.executable,
            "-m",
            "nsmo",
            "run",
            "draw",
            "--wave",
            "2018",
            PYTHONPATH=paths,
        )
        assert done.returncode == 1
        assert "these variables have no effect: TZ" in done.stdout

    def test_code_that_is_edited_during_the_build_is_imported_anew(self, second):
        place = second.folder / "src/nsmo/runner/stage.py"
        second.write(
            "notebooks/1_draw.ipynb",
            notebook_text(
                *DRAW[:-2],
                "frame *= 2",
                DRAW[-1],
                f"from pathlib import Path\nplace = Path({str(place)!r})\n"
                'place.write_text(place.read_text().replace("The second one", "The edited one"))',
            ),
        )
        done = second.report()
        assert done.returncode == 0, done.stdout
        assert "The second one runs" in second.read("reports/2018/executed/draw.ipynb")
        assert "The edited one runs" in second.read("reports/2018/executed/count.ipynb")


class TestThePlace:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("{brace} ${item}", "a brace in the name of a folder"),
            ("/".join(["x" * 180, "y" * 180]), "a path of more than 350 signs"),
        ],
    )
    def test_a_name_that_dvc_cannot_work_with_is_told(self, miniature, tmp_path, name, said):
        done = report(miniature.copy(tmp_path / name))
        assert done.returncode == 1
        assert said in done.stdout
        assert "Traceback" not in done.stdout

    def test_an_archive_without_git_is_told_what_to_do_and_then_built(self, miniature):
        change(miniature)
        shutil.rmtree(miniature.folder / ".git")
        done = report(miniature)
        assert done.returncode == 1
        assert "no git repository" in done.stdout
        assert "do: `git init` there, then build again" in done.stdout
        miniature.call("git", "init", "-q")
        assert report(miniature).returncode == 0

    @pytest.mark.parametrize("name", ["""a b's "q" #h %25 $x ;y""", "-dash"])
    def test_any_other_name_will_do(self, miniature, tmp_path, name):
        other = miniature.copy(tmp_path / name)
        change(other)
        assert report(other).returncode == 0


class TestVariables:
    @pytest.mark.parametrize("variables", [{"FORCE_COLOR": "1"}, {"TTY_COMPATIBLE": "1"}, {"NSMO_JOBS": "1"}])
    def test_a_pipe_gets_plain_lines(self, miniature, variables):
        change(miniature)
        done = report(miniature, **variables)
        assert miniature.ran(done) == ["draw"]
        assert "\x1b" not in done.stdout

    def test_jobs_that_are_no_number(self, miniature):
        done = report(miniature, NSMO_JOBS="two")
        assert done.returncode == 1
        assert "NSMO_JOBS: 'two'" in done.stdout

    def test_a_long_folder_for_temporary_files(self, miniature, tmp_path):
        place = tmp_path / ("long" * 25)
        place.mkdir()
        change(miniature)
        assert miniature.ran(report(miniature, TMPDIR=str(place))) == ["draw"]
        assert miniature.run("count").returncode == 0

    def test_the_variables_of_a_hook_of_git(self, miniature, tmp_path):
        user = projects.miniature(tmp_path / "user")
        git = {"GIT_DIR": str(user.folder / ".git"), "GIT_WORK_TREE": str(user.folder), "GIT_INDEX_FILE": "x"}
        before = user.call("git", "status", "--porcelain").stdout
        change(miniature)
        assert miniature.ran(report(miniature, **git)) == ["draw"]
        assert user.call("git", "status", "--porcelain").stdout == before


class TestTheUser:
    """Who builds: somebody without a home, or unknown to the machine, or not the owner of the files."""

    def unknown(self, project: Project, *command: str) -> subprocess.CompletedProcess:
        """Run a command as a user with a number and no name, as `docker run -u 12345` does."""
        apart = ("unshare", "--user", "--map-user=12345", "--map-group=12345")
        if subprocess.run([*apart, "true"], capture_output=True, check=False).returncode:
            pytest.skip("users cannot be made up here")
        return project.call(*apart, "env", "-u", "HOME", "-u", "USER", "-u", "LOGNAME", *command)

    def test_one_without_a_name_or_a_home(self, miniature):
        change(miniature)
        done = self.unknown(miniature, sys.executable, "-m", "nsmo", "report")
        assert miniature.ran(done) == ["draw"]
        done = self.unknown(miniature, sys.executable, "-m", "nsmo", "run", "draw", "--wave", "2018")
        assert (done.returncode, done.stdout) == (0, "draw (2018) is done.\n")

    def test_a_home_that_is_read_only_leaves_no_trace_on_a_page(self, miniature):
        shown = 'display(plt.gcf(), metadata={"image/png": {"alt": "A line."}})\nplt.close()'
        drawn = f"import matplotlib.pyplot as plt\nplt.plot([1, 2])\n{shown}"
        miniature.write("notebooks/1_draw.ipynb", notebook_text(*DRAW, drawn))
        assert miniature.ran(report(miniature)) == ["draw"]
        before = miniature.outputs()
        again = ("dvc", "repro", "--force", "--single-item", "draw@2018")
        done = call(miniature, *again, HOME="/proc/1/nowhere")
        assert done.returncode == 0, done.stdout
        assert miniature.outputs() == before

    @pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
    def test_files_of_another_owner(self, miniature):
        committed(miniature)
        change(miniature)
        for path in [miniature.folder, *miniature.folder.rglob("*")]:
            os.chown(path, 65534, 65534, follow_symlinks=False)
        assert miniature.ran(report(miniature)) == ["draw"]
        done = miniature.call(sys.executable, "-m", "nsmo", "verify", "--once")
        assert done.returncode == 1
        assert "dubious ownership" in done.stdout
        assert f"git config --global --add safe.directory {miniature.folder}/.git" in done.stdout

    def test_verify_without_a_committed_record(self, miniature):
        done = miniature.call(sys.executable, "-m", "nsmo", "verify", "--once")
        assert done.returncode == 1
        assert "dvc.lock: not committed" in done.stdout
        assert "Traceback" not in done.stdout


def committed(project: Project) -> None:
    """Commit what was built."""
    assert project.call("git", "add", "-A").returncode == 0
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    assert project.call("git", *who, "commit", "-qm", "built").returncode == 0


@pytest.mark.slow
def test_verify_in_a_folder_with_an_accent_where_the_other_locale_is_absent(miniature, tmp_path):
    committed(miniature)
    project = miniature.copy(tmp_path / "mijn étude [1] & (2)")
    done = call(project, sys.executable, "-m", "nsmo", "verify", LC_ALL="C", PYTHONUTF8="1")
    assert done.returncode == 0, done.stdout
    assert "files are the same, as committed and in both builds" in done.stdout
    has = "nl_NL.utf8" in subprocess.run(["locale", "-a"], capture_output=True, text=True, check=False).stdout
    assert ("LC_ALL=nl_NL.UTF-8 (not installed here, so C)" in done.stdout) == (not has)


def test_half_a_sign_in_an_output_costs_only_itself(miniature):
    """A lone surrogate, which no text in UTF-8 can hold."""
    cell = "print('before')\nprint('a\\ud800b')\nprint('after')"
    miniature.write("notebooks/1_draw.ipynb", notebook_text(*DRAW, cell))
    assert miniature.ran(report(miniature)) == ["draw"]
    cells = json.loads(miniature.read("reports/2018/executed/draw.ipynb"))["cells"]
    (said,) = cells[-1]["outputs"]
    assert (said["name"], "".join(said["text"])) == ("stdout", "before\na\ufffdb\nafter\n")


class TestMarksOfAMerge:
    """Git could not merge a file: check and build say which, and where."""

    MARKS = "<<<<<<< HEAD\n=======\n>>>>>>> theirs\n"

    @pytest.mark.parametrize(
        "name", ["params.yaml", "dvc.yaml", "dvc.lock", "requirements.lock", "notebooks/1_draw.ipynb"]
    )
    def test_are_named_with_file_and_line(self, miniature, name):
        if not (miniature.folder / name).exists():
            miniature.write(name, "dvc==3.0\npapermill==2.0\n")
        lines = miniature.read(name).splitlines(keepends=True)
        miniature.write(name, "".join([*lines[:2], self.MARKS, *lines[2:]]))
        done = report(miniature)
        for status, said in (miniature.check(), (done.returncode, done.stdout)):
            assert status == 1, said
            assert f"{name}, line 3: conflict markers of git" in said
            assert "Traceback" not in said
            if name == "dvc.lock":
                assert "docs/howto/solve-a-lock-conflict.md" in said

    @pytest.mark.parametrize(
        ("lock", "said"),
        [
            ("", "dvc.lock: empty"),
            ("schema: '9.0'\nstages: {}\n", "dvc.lock: not in the form of DVC"),
            ("schema: '2.0'\nstages: 5\n", "dvc.lock: not in the form of DVC"),
            ("schema: '2.0'\nstages: {a: 7}\n", "dvc.lock: the record of a is none"),
            (
                "schema: '2.0'\nstages: {a: {cmd: x, cmd: y}}\n",
                "dvc.lock, line 2: the key 'cmd' stands twice",
            ),
            ("- a\n", "dvc.lock, line 1: a list where"),
        ],
    )
    def test_a_record_that_the_build_cannot_read_is_told_by_check(self, miniature, lock, said):
        miniature.write("dvc.lock", lock)
        status, told = miniature.check()
        assert status == 1
        assert said in told
        assert "do: docs/howto/solve-a-lock-conflict.md" in told


class TestModulesLyingAbout:
    @pytest.mark.parametrize(
        "name",
        [
            "random.py",
            pytest.param("yaml.py", marks=pytest.mark.slow),
            pytest.param("calendar.py", marks=pytest.mark.slow),
        ],
    )
    def test_in_the_working_directory_they_are_not_taken(self, miniature, name):
        change(miniature)
        miniature.write(name, "raise RuntimeError('not this one')\n")
        # Elsewhere than in the root, where the tests' own PYTHONPATH would name it.
        helpers = miniature.folder / "lib"
        helpers.mkdir()
        shutil.move(miniature.folder / "helper.py", helpers)
        miniature.replace("dvc.yaml", "- helper.py", "- lib/helper.py")
        paths = os.pathsep.join([str(SOURCE), str(helpers)])
        assert miniature.ran(report(miniature, PYTHONPATH=paths)) == ["draw"]
        done = call(miniature, "dvc", "repro", "--force", "--single-item", "draw@2018", PYTHONPATH=paths)
        assert done.returncode == 0, done.stdout

    def test_on_the_import_path_they_are_named(self, miniature):
        miniature.write("more/yaml.py", "")
        done = report(miniature, PYTHONPATH=os.pathsep.join([str(SOURCE), str(miniature.folder / "more")]))
        assert done.returncode == 1
        assert f"{miniature.folder}/more/yaml.py takes the place of the module 'yaml'" in done.stdout
        assert "unset the variable PYTHONPATH" in done.stdout
        assert len(done.stdout.splitlines()) == 2


class TestTheHookOfAWorktree:
    """What tests do inside a hook, where git names the user's repository in its variables."""

    @pytest.fixture
    def worktree(self, tmp_path) -> Project:
        user = Project(tmp_path / "user")
        user.write("work.txt", "mine\n")
        user.write(".dvc/config", "")
        projects.put_under_git(user)
        assert user.call("git", "worktree", "add", "-q", "../tree", "-b", "branch").returncode == 0
        return Project(tmp_path / "tree")

    def committed(self, worktree: Project, hook: str) -> subprocess.CompletedProcess:
        """Commit in the worktree, with a hook that runs some Python."""
        hooks = worktree.folder.parent / "user/.git/hooks"
        hooks.mkdir(exist_ok=True)
        script = hooks / "pre-commit"
        script.write_text(f"#!{sys.executable}\n{hook}\n")
        script.chmod(0o755)
        worktree.write("work.txt", "changed\n")
        who = ("-c", "user.name=user", "-c", "user.email=user@example.org")
        return worktree.call("git", *who, "commit", "-qam", "changed by the user")

    def stays(self, worktree: Project) -> None:
        log = worktree.call("git", "log", "--format=%an %s", "branch").stdout.splitlines()
        assert log == ["user changed by the user", "test all"]
        assert worktree.call("git", "status", "--porcelain").stdout == ""
        assert worktree.read("work.txt") == "changed\n"

    def test_the_branch_stays_when_tests_make_repositories(self, worktree, tmp_path):
        hook = (
            "import os, sys\nfrom pathlib import Path\n"
            f"sys.path.insert(0, {str(Path(projects.__file__).parent)!r})\n"
            "assert 'GIT_INDEX_FILE' in os.environ\n"
            f"import projects\nprojects.miniature(Path({str(tmp_path / 'made')!r}))"
        )
        done = self.committed(worktree, hook)
        assert done.returncode == 0, done.stdout
        assert (tmp_path / "made/.git").is_dir()
        self.stays(worktree)

    @pytest.mark.slow
    def test_the_branch_stays_when_a_study_is_verified(self, worktree, miniature):
        committed(miniature)
        hook = (
            "import os, subprocess, sys\n"
            f"os.chdir({str(miniature.folder)!r})\n"
            f"os.environ['PYTHONPATH'] = {miniature.environment()['PYTHONPATH']!r}\n"
            f"sys.exit(subprocess.call([{sys.executable!r}, '-m', 'nsmo', 'verify', '--once']))"
        )
        done = self.committed(worktree, hook)
        assert done.returncode == 0, done.stdout
        assert "files are the same, as committed" in done.stdout
        self.stays(worktree)


class TestPackages:
    """The environment is not that of the lock."""

    @pytest.fixture
    def other(self, miniature) -> Project:
        miniature.write("requirements.lock", "pandas==0.1 \\\n    --hash=sha256:abc\n")
        change(miniature)
        return miniature

    def test_the_build_says_so_and_what_it_made_does(self, other):
        done = report(other)
        assert other.ran(done) == ["draw"]
        first, second, *_ = done.stdout.splitlines()
        assert first.startswith("These packages are not those of requirements.lock: pandas ")
        assert "(locked: 0.1)" in first
        assert "make setup" in second
        assert "(locked: 0.1)" in other.read("reports/2018/executed/draw.ipynb")

    def test_verify_refuses(self, other):
        done = other.call(sys.executable, "-m", "nsmo", "verify")
        assert done.returncode == 1
        assert "this is another environment: pandas" in done.stdout

    def test_one_that_the_project_needs_and_is_missing(self, miniature):
        from nsmo.runner import packages

        miniature.write("requirements.lock", "papermill==2.0\nappnope==1.0 ; sys_platform == 'darwin'\n")
        kept = packages.installed()
        gone = {name: version for name, version in kept.items() if name not in ("papermill", "appnope")}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(packages, "installed", lambda: gone)
            assert [str(one) for one in packages.others(miniature.folder)] == [
                "papermill missing (locked: 2.0)"
            ]


def test_a_notebook_that_another_editor_saved_is_reformatted_first(miniature):
    path = miniature.folder / "notebooks/1_draw.ipynb"
    notebook = json.loads(path.read_text())
    notebook["cells"][1]["execution_count"] = 7
    canonical = path.read_bytes()
    path.write_text(json.dumps(notebook))
    done = report(miniature)
    assert "reformatted: notebooks/1_draw.ipynb" in done.stdout
    assert miniature.ran(done) == []
    assert path.read_bytes() == canonical


@pytest.mark.parametrize("wave", ["../x", "2018 $(touch x)", "voorjaar 2019", "-x", ""])
def test_a_wave_that_is_no_name_is_refused(miniature, wave):
    miniature.replace("params.yaml", 'draw: ["2018"]', f"draw: [{wave!r}]")
    done = report(miniature)
    for status, said in (miniature.check(), (done.returncode, done.stdout)):
        assert status == 1
        assert f"params.yaml, waves: draw: wave {wave!r}" in said
        assert "letters, digits, - and _ only" in said
