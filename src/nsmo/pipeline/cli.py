"""The command `nsmo`. Each command imports what it needs itself, so that `--help` is quick."""

import errno
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from nsmo.study.errors import MOST_SHOWN, StudyError
from nsmo.study.visible import visible

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Wave = Annotated[str, typer.Option(help="A folder of data/raw, for example 2018.")]


def _version(asked: bool) -> None:
    if asked:
        from nsmo import __version__

        _say(__version__)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Nederlands Social Media Onderzoek: from raw responses to a reviewed report."""


Scheduler = Annotated[
    str, typer.Option(help="Address of a Dask scheduler, whose workers do simulations and reconstructions.")
]


@app.command()
def report(scheduler: Scheduler = "") -> None:
    """Build everything that is out of date, and print where the report is."""
    from nsmo.pipeline.report import build

    _send_to(scheduler)
    raise typer.Exit(build())


@app.command()
def verify(
    once: Annotated[bool, typer.Option("--once", help="One build, compared with the commit only.")] = False,
) -> None:
    """Build twice in throw-away copies and compare every file; takes as long as two builds from nothing."""
    from nsmo.pipeline.verify import verify as build_and_compare

    raise typer.Exit(build_and_compare(once=once))


@app.command()
def run(stage: Annotated[str, typer.Argument(help="A stage of dvc.yaml.")], wave: Wave) -> None:
    """Run one stage as the pipeline does; `dvc repro` calls this."""
    from nsmo.runner.start import run as run_stage

    status = run_stage(stage, wave)
    if status == 0:
        _say(f"{stage} ({wave}) is done.")
    raise typer.Exit(status)


@app.command()
def new(
    wave: Annotated[str, typer.Argument(help="The name of the wave: a folder of data/raw.")],
    exports: Annotated[list[Path], typer.Argument(help="The responses, and files of structure.")],
    like: Annotated[str, typer.Option(help="Another wave, whose files are taken over and completed.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Complete the wave; what was edited stays.")] = False,
) -> None:
    """Draft the files of a wave from an export of a survey tool; guesses are marked `# confirm:`."""
    from nsmo.draft import new as drafting
    from nsmo.study.paths import root

    if again and like:
        raise StudyError(found="--again and --like", expected="one of the two", fix="leave one out")
    made = drafting.again(root(), wave, exports) if again else drafting.new(root(), wave, exports, like)
    for line in made.said:
        _say(line)
    if made.changes:
        _say(f"\n{made.changes}")


@app.command()
def adopt(
    waves: Annotated[
        list[str] | None, typer.Argument(help="The waves that move; left out: every reconstruction.")
    ] = None,
) -> None:
    """Make room for a survey of one's own: the studies that are here move to examples/, the engine stays."""
    from nsmo.draft.adopt import adopt as move
    from nsmo.study.paths import root

    for line in move(root(), waves or ()).said:
        _say(line)


@app.command()
def export(
    wave: Annotated[str, typer.Argument(help="A folder of data/raw that has been built.")],
    to: Annotated[Path | None, typer.Option(help="The folder; left out, .nsmo/export/<wave>.")] = None,
    language: Annotated[str, typer.Option(help="Of the labels: nl or en.")] = "en",
) -> None:
    """Write the cleaned answers for SPSS, Stata and others, with all that an archive wants to know."""
    from nsmo.deposit.write import export as write
    from nsmo.study.paths import root

    for path in write(root(), wave, to, language):
        _say(f"written: {path}")
    _say(
        "A row for each respondent: keep these files where only those may read them who may see the answers."
    )


@app.command("new-stage")
def new_stage(
    name: Annotated[str, typer.Argument(help="Its name: small letters, digits and _.")],
    title: Annotated[str, typer.Option(help="The heading of its page.")] = "",
) -> None:
    """Write a notebook of one's own that runs, and declare it in dvc.yaml and params.yaml."""
    from nsmo.pipeline.new_stage import new_stage as write
    from nsmo.study.paths import relative, root

    for path in write(root(), name, title):
        _say(f"written: {relative(path)}")
    _say(f"now: nsmo preview {name}; edit the notebook in `make lab`; make report")


@app.command()
def preview(
    stage: Annotated[str, typer.Argument(help="A stage of dvc.yaml that is a notebook.")],
    wave: Wave = "",
    once: Annotated[bool, typer.Option("--once", help="Make the page once and end.")] = False,
) -> None:
    """Show the page of one notebook, made anew within seconds whenever it is saved; nothing is recorded."""
    from nsmo.pipeline.preview import watch

    raise typer.Exit(watch(stage, wave, once=once))


@app.command()
def debug(
    stage: Annotated[str, typer.Argument(help="A stage of dvc.yaml that is a notebook.")],
    wave: Wave = "",
    cell: Annotated[int, typer.Option(min=0, help="Stop before this cell; 0: where one raises.")] = 0,
) -> None:
    """Run a notebook to the cell that stops, and open a prompt there with all its variables."""
    from nsmo.pipeline.debug import debug as run_to_where_it_stops

    raise typer.Exit(run_to_where_it_stops(stage, wave, cell))


@app.command()
def demo(
    folder: Annotated[Path | None, typer.Argument(help="A folder that is not there yet.")] = None,
) -> None:
    """Make a small survey with everything that belongs to it in a throw-away folder, to try all on."""
    import tempfile

    from nsmo.draft.demo import demo as make
    from nsmo.study.paths import root

    place = (folder or Path(tempfile.mkdtemp(prefix="nsmo-")) / "demo").absolute()
    for line in make(root(), place).said[:-1]:
        _say(line)
    _say(f"now: cd {place}; nsmo check; nsmo report; later: rm -r {place}")


@app.command()
def pdf(wave: Wave = "") -> None:
    """Print the built report and its topline as PDF, in each language; needs Chromium."""
    from nsmo.handouts.pdf import write

    _handed_out(write, wave)


@app.command()
def slides(wave: Wave = "") -> None:
    """Write the findings of the built report as slides, in each language; needs Chromium for the pictures."""
    from nsmo.handouts.slides import write

    _handed_out(write, wave)


@app.command()
def word(wave: Wave = "") -> None:
    """Write the built report as a Word document, in each language; needs pandoc, and Chromium."""
    from nsmo.handouts.word import write

    _handed_out(write, wave)


def _handed_out(write: Callable[[str], list[Path]], wave: str) -> None:
    """Write something of the report of a wave, left out: the newest, and say where it is."""
    from nsmo.runner.declarations import newest_wave, read_params
    from nsmo.study.paths import relative, root

    for path in write(wave or newest_wave(read_params(root()), "publish")):
        _say(f"written: {relative(path)}")


@app.command()
def values(
    wave: Annotated[str, typer.Argument(help="A folder of data/raw, for example 2018.")],
    question: Annotated[str, typer.Argument(help="Only this question, with its groups.")] = "",
    language: Annotated[str, typer.Option(help="nl or en; left out: that of params.yaml.")] = "",
) -> None:
    """List what the text of a report may insert, with the values of the last build."""
    from nsmo.pipeline.values import listed

    for line in listed(wave, question, language):
        _say(line)


@app.command()
def check() -> None:
    """Look for every mistake in codebook, responses, margins, parameters and wiring at once."""
    from nsmo.pipeline.check import aside, boxes, guesses, problems

    for text in [*aside(), *boxes(), *guesses()]:
        _say(text)
    found = problems()
    for number, problem in enumerate(found[:MOST_SHOWN], 1):
        _say(f"{number}. {problem}", err=True)
    if len(found) > MOST_SHOWN:
        from nsmo.pipeline.check import write_all

        _say(f"… and {len(found) - MOST_SHOWN:,} more; all of them stand in {write_all(found)}", err=True)
    if found:
        _say(f"{len(found):,} problem{'s' * (len(found) != 1)}.", err=True)
        raise typer.Exit(1)
    _say("No problems.")


@app.command("format")
def format_notebooks(
    paths: Annotated[list[Path] | None, typer.Argument(help="Notebooks or folders; all if none.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Change nothing; exit 1 if it would.")] = False,
) -> None:
    """Bring notebooks into the form that git keeps (no outputs, no counts), and the schemas up to date."""
    from nsmo.pipeline import schemas
    from nsmo.pipeline.notebooks import reformat
    from nsmo.study.paths import relative, root

    done = reformat(paths or [root() / "notebooks"], write=not check)
    changed = list(done.changed)
    for path, text in () if paths else schemas.outdated(root()):
        changed.append(path)
        if not check:
            path.write_text(text, encoding="utf-8")
    for path in changed:
        _say(f"{'would be reformatted' if check else 'reformatted'}: {relative(path)}")
    for problem in done.problems:
        _say(str(problem), err=True)
    if check and changed:
        _say("run `nsmo format`", err=True)
    raise typer.Exit(bool(done.problems or (check and changed)))


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def lab(context: typer.Context) -> None:
    """Open the notebooks in JupyterLab; saving keeps them in the form git keeps. Options go to JupyterLab."""
    from nsmo.pipeline.lab import start

    start(context.args)


@app.command()
def reconstruct(
    wave: Wave = "",
    check: Annotated[bool, typer.Option("--check", help="Write nothing; exit 1 if it would differ.")] = False,
) -> None:
    """Write the reconstructed responses of a wave from its published statements and assumptions."""
    from nsmo import reconstruct as module
    from nsmo.pipeline.reconstructed import refuse_crossings
    from nsmo.runner.declarations import newest_wave, read_params
    from nsmo.study.paths import raw, root

    chosen = wave or newest_wave(read_params(root()), "ingest")
    refuse_crossings(raw(chosen))
    raise typer.Exit(module.main(chosen, check=check))


@app.command()
def ensemble(
    wave: Wave = "",
    members: Annotated[int, typer.Option(help="How many reconstructions.")] = 200,
    jobs: Annotated[int, typer.Option(help="How many at a time; 0 is as many as there are cores.")] = 0,
    scheduler: Scheduler = "",
) -> None:
    """Reconstruct a wave many times over, and write how far apart the figures are; takes some minutes."""
    from nsmo.ensemble import run as module
    from nsmo.pipeline.reconstructed import refuse_crossings
    from nsmo.runner.declarations import newest_wave, read_params
    from nsmo.study.paths import raw, root

    _send_to(scheduler)
    chosen = wave or newest_wave(read_params(root()), "ingest")
    refuse_crossings(raw(chosen))
    raise typer.Exit(module.main(chosen, read_params(root(), chosen), members, jobs))


def _send_to(scheduler: str) -> None:
    """Let what is started from here on use a scheduler."""
    import os

    from nsmo.runner.mapping import SCHEDULER_VARIABLE

    if scheduler:
        os.environ[SCHEDULER_VARIABLE] = scheduler


def main() -> None:
    """Run the command line; what goes wrong is said without a traceback."""
    try:
        app()
    except StudyError as error:
        sys.exit(_told(error))
    except MemoryError:
        sys.exit(
            _told(
                StudyError(
                    found="the memory of this machine is not enough",
                    where=f"nsmo {' '.join(sys.argv[1:2])}",
                    fix="leave out what the study does not use, close other programs, or take a larger one",
                )
            )
        )
    except OSError as error:
        if error.filename is None and error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(
            _told(
                StudyError(
                    found=str(error.strerror or error).casefold(),
                    # A file that was open when the disk was full is not named.
                    where=str(error.filename or f"nsmo {' '.join(sys.argv[1:2])}"),
                    fix="see that it is there, that you may read and write it, and that the disk is not full",
                )
            )
        )


def _told(error: StudyError) -> int:
    print(error, file=sys.stderr)
    return 1


def _say(text: object, *, err: bool = False) -> None:
    """Print a line; names of files and columns come from elsewhere, and no terminal is to obey them."""
    typer.echo(visible(str(text)), err=err)
