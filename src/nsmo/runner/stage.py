"""The object through which a notebook, or the function of a stage without one, does its work.

How estimates, sentences and figures are made stands elsewhere, and is imported when asked for: the runner
does without.
"""

import os
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nsmo.runner import gate
from nsmo.runner.declarations import ContractError, declaration, newest_wave, own_thresholds, read_params
from nsmo.runner.files import StageFiles
from nsmo.runner.parameters import check_injected, check_parameters, section_values, similar
from nsmo.runner.remembered import installed, remembered
from nsmo.runner.values import value_problems
from nsmo.study.ensemble import of_column
from nsmo.study.paths import PRIVATE, root

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from nsmo.present.labels import Labels
    from nsmo.present.picture import Picture
    from nsmo.present.sentences import Words
    from nsmo.present.wording import Wording
    from nsmo.study.roles import Roles
    from nsmo.survey import Survey
    from nsmo.survey.counted import CountedSurvey

RUN_VARIABLE = "NSMO_RUN"
"""Set by the runner to the staging folder; without it, a notebook is being run by hand."""

SCRATCH = ".nsmo/scratch"
PICTURES = ".nsmo/pictures"


class Stage(StageFiles):
    """What a notebook, or the function of a stage without one, works through."""

    _tests_left_out = False

    @cached_property
    def _shown(self) -> set[tuple[str, str]]:
        """The figures and tables that this run has saved, by kind and name."""
        return set()

    @cached_property
    def roles(self) -> "Roles":
        """Which question plays which role in this stage, from the files of the wave: `stage.roles.by`."""
        from nsmo.study.roles import Roles

        return Roles(self.name, self.codebook.analyse.get(self.name, {}))

    @property
    def reconstructed(self) -> bool:
        """Whether the answers are a reconstruction, so that nothing found in them is evidence."""
        return self.codebook.provenance == "reconstructed"

    @cached_property
    def evidence(self) -> bool:
        """Whether what this stage finds may be shown as a finding: it rests on no reconstructed answers."""
        answers = f"raw/{self.codebook.source.file}"
        return not self.reconstructed or not (self.declares(answers) or self.uses(answers))

    @property
    def notice(self) -> str:
        """What must be known of numbers made from reconstructed answers, for every file that holds them."""
        return "" if self.evidence else self.words("notice.file")

    @cached_property
    def labels(self) -> "Labels":
        """What names are called: `stage.labels.question("importance")`."""
        from nsmo.present.labels import Labels

        return Labels(self.codebook, self.language)

    @property
    def words(self) -> "Wording":
        """Numbers and phrases of the language."""
        return self.labels.words

    @cached_property
    def survey(self) -> "Survey":
        """The respondents with their weights, for the functions of `nsmo.survey`."""
        from nsmo.survey import Survey

        return Survey.from_responses(
            self.read("weight/responses.parquet"),
            self.read("weight/weighting.json"),
            self.codebook,
            confidence=self.params.confidence,
            min_n=self.params.min_n,
            settled=self._settled,
        )

    @cached_property
    def counted(self) -> "Survey | CountedSurvey":
        """The respondents as of `survey`; of a large wave as cells, from which some stages can work."""
        from nsmo.survey.counted import survey_of

        return survey_of(
            self.pieces("weight/responses.parquet", self.params.rows),
            self.read("weight/weighting.json"),
            self.codebook,
            self.aside,
            confidence=self.params.confidence,
            min_n=self.params.min_n,
            stream_above=self.params.stream_above,
            each=self.read_by,
            here=self.threads,
            settled=self._settled,
        )

    @property
    def _respondents(self) -> "Survey | CountedSurvey":
        """The respondents, as cells where the parameters of the stage say from what number on."""
        return self.counted if hasattr(self.params, "stream_above") else self.survey

    @property
    def _settled(self) -> "pd.DataFrame | None":
        """What the stage weight found to be hidden; None where only figures of few respondents are."""
        return None if self.codebook.privacy.suppress == "base" else self.read("weight/hidden.parquet")

    def estimate(
        self,
        questions: str | Sequence[str],
        option: str | Sequence[str] | None = None,
        by: str | Sequence[str] | None = None,
        *,
        total: bool = False,
        statistic: str | None = None,
    ) -> "pd.DataFrame":
        """Estimate shares and means, unweighted and weighted.

        Parameters
        ----------
        questions : str or sequence of str
            Names of questions.
        option : str or sequence of str, optional
            Only the share of these answers; `top` is the box that counts.
        by : str or sequence of str, optional
            Questions whose answers make groups, one after the other; left out: everybody.
        total : bool
            Whether everybody stands above the groups.
        statistic : {"proportion", "mean"}, optional
            Only this, where a question has both.

        Returns
        -------
        DataFrame
            A row per answer, group and weighting, in the columns of `nsmo.results.COLUMNS`.
        """
        from nsmo.survey.estimates import estimates

        groups = [by] if by is None or isinstance(by, str) else list(by)
        return estimates(
            self._respondents,
            questions,
            by=[None, *groups] if total and by is not None else groups,
            options=[option] if isinstance(option, str) else option,
            statistics=[statistic] if statistic else ["proportion", "mean"],
        )

    def difference(self, question: str, by: str, *, option: str | None = None) -> "pd.DataFrame":
        """Estimate how much each group differs from each later one, in the share of an option or the mean.

        Parameters
        ----------
        question : str
            What is compared.
        by : str
            The question whose answers make the groups.
        option : str, optional
            The answer whose share is compared; left out: the mean.

        Returns
        -------
        DataFrame
            A row per pair of groups ("first – second") and weighting, as of `estimate`.
        """
        from nsmo.survey.estimates import differences

        return differences(self._respondents, question, by, option=option)

    def ranges(self, frame: "pd.DataFrame") -> "pd.DataFrame":
        """Return the estimates that come out otherwise in other reconstructions, with how far apart they are.

        A reconstruction shows one number where the publications leave many possible. Its range over the
        ensemble of the wave is no interval: chance and sampling have no part in it.

        Parameters
        ----------
        frame : DataFrame
            Estimates, in the columns of `nsmo.results.COLUMNS`.

        Returns
        -------
        DataFrame
            Those that differ between reconstructions, with ``range_low, range_high, members``. None where
            answers are real, or dvc.yaml does not declare data/raw/<wave>/ensemble.csv.
        """
        found = [self.codebook.ensemble.of(row) for row in frame.to_dict("records")]
        known = [one for one in found if one is not None]
        return frame.loc[[one is not None for one in found]].assign(
            range_low=[one.low for one in known],
            range_high=[one.high for one in known],
            members=[one.members for one in known],
        )

    def other_reconstructions(self, *frames: "pd.DataFrame") -> None:
        """Show how far estimates lie apart in other reconstructions; nothing where there are none.

        Parameters
        ----------
        *frames : DataFrame
            As of `ranges`.
        """
        from nsmo import results

        found = self.ranges(results.combine_estimates(*frames))
        if found.empty:
            return
        self.say("## {heading}", heading=self.words("ensemble.heading"))
        self.say(self.words("ensemble.said", members=self.words.integer(found["members"].max())))
        rows = found.to_dict("records")
        names = [self.labels.share(row["question"], row["option"], row["by"], row["group"]) for row in rows]
        form = ["percent" if row["statistic"] == "proportion" else "number" for row in rows]
        number = {"percent": self.words.percent, "number": self.words.number}
        texts = {
            column: [number[one](row[column]) for one, row in zip(form, rows, strict=True)]
            for column in ("estimate", "range_low", "range_high")
        }
        figures = {"figure": names, "weighting": [self.words.weighting(row["weighted"]) for row in rows]}
        columns = {name: self.words(f"ensemble.{name}") for name in (*figures, *texts)}
        self.table(
            found[[]].assign(**figures, **texts),
            "ranges",
            title=self.words("ensemble.title"),
            columns=columns,
        )

    def text(self, text: str, **values: Any) -> str | None:
        """Return what `say` would show, for the title or the note of a figure or table.

        Parameters
        ----------
        text, **values
            As of `say`.

        Returns
        -------
        str or None
            None where `say` would show nothing; a figure then takes the title that its frame gives.
        """
        from nsmo.present.saying import may_be_said, said

        return said(text, values, self.labels) if self.evidence or may_be_said(text, values) else None

    def say(self, text: str, **values: Any) -> None:
        """Show a text in Markdown with values in it: `stage.say("{share} find it important.", share=…)`.

        A text with a value that may not be said of reconstructed answers is left out as a whole, so what
        tests and intervals decide stands in a text of its own.

        Parameters
        ----------
        text : str
            With a name in braces for each value; `nsmo.present.saying.said` says how values are written.
        **values
            Texts, numbers, lists, results.

        Raises
        ------
        StudyError
            For a name without a value, or a value that the text does not name.
        """
        from IPython.display import Markdown, display

        from nsmo.present.saying import may_be_said, said

        shown = said(text, values, self.labels, markdown=True)
        if self.evidence or may_be_said(text, values):
            display(Markdown(shown))

    def figure(
        self,
        name: str,
        *,
        of: "pd.DataFrame | None" = None,
        words: "Words | None" = None,
        title: str | None = None,
        subtitle: str | None = None,
        alt: str | None = None,
    ) -> "Iterator[Axes]":
        """Draw a figure in a loop, on an Axes for wide pages and on one for phones; then save and show it.

        Parameters
        ----------
        name : str
            File name without ending, below figures/<stage>.
        of : DataFrame, optional
            The result that is drawn: title, subtitle and alt text are made of it.
        words : Words, optional
            Title, subtitle and alt text of a drawing of the stage's own.
        title, subtitle, alt : str, optional
            Instead of single ones.

        Yields
        ------
        Axes
            Twice. Draw the same on both: `plots.intervals(frame, stage.labels, ax=ax)`, or anything of
            matplotlib and seaborn.

        Raises
        ------
        StudyError
            When nothing was drawn, or there is no title or alt text.
        """
        from IPython.display import display

        from nsmo.present.picture import Drawing

        drawing = Drawing(
            name, of=of, labels=self.labels, words=words, title=title, subtitle=subtitle, alt=alt
        )
        yield from drawing
        display(self.show(drawing.picture, name))

    def place(self, table: str | None) -> str:
        """Return the name by which an ensemble knows a table of this stage."""
        return f"{self.name}.{table}" if table else self.name

    def table(
        self,
        frame: "pd.DataFrame",
        name: str | None = None,
        *,
        ranges: Sequence[str] = (),
        each: str = "",
        **options: Any,
    ) -> None:
        """Show a table, and save it as CSV and Excel where it has a name.

        Tests of reconstructed answers are left out; the first time, the page says so.

        Parameters
        ----------
        frame : DataFrame
            A result: its columns follow from what it holds. Any other frame needs `title` and `columns`.
        name : str, optional
            File name without ending, below tables/<stage> and workbooks/<stage>. Without one the table is
            only shown, as fits what stands in a file of the stage already.
        ranges : sequence of str
            Columns that rest on the answers, of a frame that is no result: beside each stands its range over
            other reconstructions, where answers are reconstructed. What a result holds has it anyway.
        each : str
            The column that tells rows apart which are about the same question, option, by and group.
        **options
            title, subtitle, note, columns, formats, groups: see `nsmo.present.tables`.
        """
        from IPython.display import display

        from nsmo import results
        from nsmo.present.tables import table_of

        if results.is_tests(frame) and not self.evidence:
            self._leave_out_tests()
            return
        if ranges and self.reconstructed:
            options["ranges"] = {
                column: self.codebook.ensemble.beside(of_column(frame, self.place(name), column, each))
                for column in ranges
            }
        where = f"the table {name or options.get('title', '')}".strip()
        if gate.rounds(frame, self.codebook):
            steps = self.words("n.steps", step=self.codebook.privacy.min_count)
            options["note"] = " ".join(filter(None, [options.get("note"), steps]))
        frame = gate.pass_frame(frame, self.codebook, where, of_answers=gate.reads_answers(self))
        made = table_of(frame, self.labels, **options)
        display(self.show(made, name) if name else made)

    def _leave_out_tests(self) -> None:
        if not self._tests_left_out:
            self._tests_left_out = True
            self.say(self.words("origin.tests_left_out"))

    def log(self, frame: "pd.DataFrame", name: str, more: bool = False) -> Path | None:
        """Keep rows about single real respondents for an audit, where only their owner reads them.

        Parameters
        ----------
        frame : DataFrame
            With ids, texts, or what else may not leave.
        name : str
            File name without ending, below .nsmo/private/<wave>/<stage>, which git and DVC leave alone.
        more : bool
            The rows follow those that were kept before.

        Returns
        -------
        Path or None
            None for reconstructed answers: their rows stand in the evidence.
        """
        if self.codebook.privacy.keep_rows:
            return None
        path = self.root / PRIVATE / self.wave / self.name / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not more:
            path.unlink(missing_ok=True)
        how = os.O_WRONLY | (os.O_APPEND if more else os.O_CREAT | os.O_EXCL)
        with open(os.open(path, how, 0o600), "a", encoding="utf-8") as file:
            frame.to_csv(file, index=False, header=not more, lineterminator="\n")
        return path

    def show(self, thing: Any, name: str) -> Any:
        """Save a picture or a table under a name, and return it so that the notebook displays it.

        The files say in themselves if they are made from reconstructed answers.

        Parameters
        ----------
        thing : Picture or Table
            From `nsmo.present`. A picture goes to figures/<stage>/<name>.svg and .png, a table
            to tables/<stage>/<name>.csv and workbooks/<stage>/<name>.xlsx.
        name : str
            File name without ending.

        Returns
        -------
        Picture or Table
        """
        if not (hasattr(thing, "svg") or hasattr(thing, "xlsx")):
            raise TypeError(
                f"stage.show takes a Picture or a Table of nsmo.present, not a {type(thing).__name__}"
            )
        kind = "figure" if hasattr(thing, "svg") else "table"
        self._refuse_second(kind, name)
        thing = replace(thing, notice=self.notice, name=name)
        if kind == "figure":
            drawing = thing.svg()
            self.save(drawing, f"figures/{self.name}/{name}.svg")
            self.save(self._png(thing, drawing), f"figures/{self.name}/{name}.png")
        else:
            self.save(thing.frame, f"tables/{self.name}/{name}.csv")
            self.save(thing.xlsx(), f"workbooks/{self.name}/{name}.xlsx")
        self._shown.add((kind, name))
        return thing

    def _refuse_second(self, kind: str, name: str) -> None:
        """Stop the pipeline at a second figure or table of one name; by hand a cell may be run again."""
        if os.environ.get(RUN_VARIABLE) and (kind, name) in self._shown:
            raise ContractError(
                found=f"a second {kind} with the name {name!r}",
                where=f"stage {self.name}",
                expected="a name of its own: both would be the same file",
                fix="give one of them another name",
            )

    def _png(self, picture: "Picture", drawing: bytes) -> bytes:
        """A picture as PNG, drawn once for the same SVG: it takes as long as all that was drawn before."""
        from nsmo.present import png, sheet

        place = self.root / PICTURES / self.wave / self.name / f"{picture.name}.txt"
        code = Path(png.__file__).read_bytes() + Path(sheet.__file__).read_bytes()
        made_from = (installed(), code, drawing)
        return b64decode(remembered(place, made_from, lambda: b64encode(picture.png()).decode()))


def open_stage(stage: str, namespace: Mapping[str, Any]) -> Stage:
    """Open a stage from its notebook: `stage = nsmo.open("weight", locals())`.

    Takes the parameters that the pipeline injected, or reads params.yaml when the notebook is run by hand,
    and says which. By hand, `wave` may be set to try another one than the newest.

    Parameters
    ----------
    stage : str
        Its name.
    namespace : mapping
        The notebook's variables, from `locals()`.

    Returns
    -------
    Stage

    Raises
    ------
    ContractError
        When notebook, dvc.yaml and params.yaml do not agree.
    """
    folder = root()
    staging = os.environ.get(RUN_VARIABLE)
    params = read_params(folder)
    wave = namespace.get("wave")
    if wave is None:
        if staging:
            raise ContractError(
                found="no wave was given",
                where=f"stage {stage}",
                fix="run it with `nsmo run <stage> --wave <wave>`",
            )
        wave = newest_wave(params, stage)
    declared = declaration(folder, stage, str(wave))
    params = read_params(folder, declared.wave)
    expected = section_values(params, declared)
    for key in expected:
        if key not in namespace:
            raise ContractError(
                found=f"no line `{key} = None`{similar(key, namespace)}",
                where=f"{declared.notebook or 'the notebook'}, parameters cell",
                expected=f"every key of params.yaml, {', '.join(declared.sections)}",
                fix="add the line and run its cell, or take the key out there",
            )
    sections = " and ".join(f"{section}:" for section in declared.sections)
    source = f"parameters from params.yaml, {sections}" if sections else "no parameters"
    if own := [key for key in own_thresholds(folder, declared.wave) if key in expected]:
        source += f", and from thresholds: of rules.yaml {', '.join(own)}"
    if staging:
        for key, value in expected.items():
            if namespace[key] != value:
                raise ContractError(
                    found=f"{key} = {namespace[key]!r} in the notebook, {value!r} in params.yaml",
                    where=f"stage {stage}",
                    expected="the same: only the cell tagged `parameters` may set it",
                    fix=f"remove the line that sets {key}, or run again if params.yaml was just changed",
                )
        print(f"Run by the pipeline: stage {stage}, wave {wave}, {source}.")
        return Stage(declared, expected, folder, Path(staging))

    check_injected(namespace.get("In", ()), declared, expected)
    problems = value_problems(folder, declared.sections)
    problems += check_parameters(folder, declared, params, values=False)
    if problems:
        raise problems[0]
    tried = {
        key: namespace[key]
        for key, value in expected.items()
        if namespace[key] is not None and namespace[key] != value
    }
    target = folder / SCRATCH / declared.wave / stage
    print(f"Run by hand: stage {stage}, wave {wave}, {source}.")
    for key, value in tried.items():
        print(f"Tried here: {key} = {value!r} instead of {expected[key]!r}.")
    print(f"Results go to {SCRATCH}/{declared.wave}/{stage}/; the real ones are made by `make report`.")
    return Stage(declared, expected | tried, folder, target)
