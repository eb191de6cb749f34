"""What every part of a page of the report needs: the stage, the words of its language, where things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from nsmo.pages.foot import foot
from nsmo.pages.found import Found
from nsmo.pages.story_figures import Draw, picture
from nsmo.present import svg
from nsmo.present.labels import Labels
from nsmo.present.picture import Picture
from nsmo.present.shown import is_evidence
from nsmo.present.wording import Wording
from nsmo.runner.remembered import Remember, anew
from nsmo.runner.stage import Stage
from nsmo.study.codebook import Codebook
from nsmo.study.paths import raw


@dataclass(frozen=True)
class Page:
    """A page of the report in one language, while it is written.

    Attributes
    ----------
    stage : Stage
        Gives declared inputs and takes the pages.
    language : {"en", "nl"}
    found : Found
        What the stages found, the same in all languages.
    notebooks : mapping
        Stage to the page of its notebook: `href`, `title`, `stage`, `lang`.
    downloads : sequence
        Each stage with its files to download: `href`, `name`.
    draw : callable
        Draws estimates for the story, as `nsmo.pages.story_figures.picture` does.
    remember : callable
        Gives what was made of the same results before; left out, everything is made anew.
    """

    stage: Stage
    language: str
    found: Found
    notebooks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    downloads: Sequence[tuple[str, Sequence[Mapping[str, str]]]] = ()
    draw: Draw = picture
    remember: Remember = anew

    @property
    def codebook(self) -> Codebook:
        """What is known of the wave."""
        return self.stage.codebook

    @cached_property
    def labels(self) -> Labels:
        """What names are called in the language of the page."""
        return Labels(self.codebook, self.language)

    @property
    def words(self) -> Wording:
        """Numbers and phrases of the language."""
        return self.labels.words

    @property
    def level(self) -> str:
        """The confidence of the intervals: "95%"."""
        return self.words.percent(self.stage.params.confidence, 0)

    @property
    def assumptions(self) -> list[dict[str, Any]]:
        """What reconstructed answers assume; nothing of real ones, or of what was made up without more."""
        if is_evidence(self.codebook) or not (raw(self.codebook.wave) / "assumptions.yaml").is_file():
            return []
        return (self.stage.read("raw/assumptions.yaml") or {}).get("assumptions", [])

    @property
    def period(self) -> str:
        """When the survey was in the field, and whether that is assumed."""
        period = self.codebook.field_period
        if not period.from_ and not period.until:
            return self.words("index.period_unknown")
        start, end = (self.words.date(day) if day else "?" for day in (period.from_, period.until))
        text = self.words("index.field_text", from_=start, until=end)
        return f"{text} {self.words('index.assumed_period')}" if period.certainty == "assumed" else text

    def files_of(self, question: str) -> list[tuple[str, str]]:
        """List the tables of a question or a battery as files, each kind once, with their addresses."""
        battery = getattr(self.codebook.variables.get(question), "battery", None)
        stems = {f"{one}_table" for one in (question, battery) if one}
        every = [file for _, files in self.downloads for file in files]
        found = []
        for kind, ending in (("csv", ".csv"), ("excel", ".xlsx")):
            wanted = {f"{stem}{ending}" for stem in stems}
            found += [(kind, file["href"]) for file in every if file["name"] in wanted][:1]
        return found

    def place(self, picture: Picture, name: str, links: Sequence[tuple[str, str]] = ()) -> str:
        """Write a picture's drawings where all pages reach them, and return its figure element with its foot.

        Parameters
        ----------
        picture : Picture
        name : str
            Of its files and its address, `#figure-<name>`.
        links : sequence of (str, str)
            More that its foot leads to, such as its table: messages below `foot.`, and addresses.
        """
        notice = "" if is_evidence(self.codebook) else self.words("notice.file")
        picture = replace(picture, name=name, notice=notice)
        files = {
            "wide": (f"{name}.{self.language}.svg", svg.adaptive(picture.wide, notice)),
            "narrow": (f"{name}.{self.language}.narrow.svg", svg.adaptive(picture.phone, notice)),
            "alone": (f"{name}.{self.language}.alone.svg", picture.svg()),
            "png": (f"{name}.{self.language}.png", picture.png()),
        }
        for file, content in files.values():
            self.stage.save(content, f"html/figures/{file}")
        wide, narrow, alone, png = (f"../figures/{file}" for file, _ in files.values())
        below = foot(self.words, f"figure-{name}", [*links, ("svg", alone), ("png", png)])
        return picture.html(level=3, files=(wide, narrow), foot=below)
