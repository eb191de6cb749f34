"""What every part of a page of the report needs: the stage, the words of its language, where things stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from nsmo.present.labels import Labels
from nsmo.present.picture import Picture
from nsmo.present.wording import Wording
from nsmo.runner.stage import Stage
from nsmo.study.codebook import Codebook


@dataclass(frozen=True)
class Page:
    """A page of the report in one language, while it is written.

    Attributes
    ----------
    stage : Stage
        Gives declared inputs and takes the pages.
    language : {"en", "nl"}
    notebooks : mapping
        Stage to the page of its notebook: `href`, `title`, `stage`, `lang`.
    downloads : sequence
        Each stage with its files to download: `href`, `name`.
    """

    stage: Stage
    language: str
    notebooks: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    downloads: Sequence[tuple[str, Sequence[Mapping[str, str]]]] = ()

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
    def period(self) -> str:
        """When the survey was in the field, and whether that is assumed."""
        period = self.codebook.field_period
        start, end = (self.words.date(day) if day else "?" for day in (period.from_, period.until))
        text = self.words("index.field_text", from_=start, until=end)
        return f"{text} {self.words('index.assumed_period')}" if period.certainty == "assumed" else text

    def place(self, picture: Picture, name: str) -> str:
        """Write a picture's two drawings where all pages reach them, and return its figure element."""
        wide, narrow = (f"{name}.{self.language}{end}.svg" for end in ("", ".narrow"))
        self.stage.save(picture.wide, f"html/figures/{wide}")
        self.stage.save(picture.phone, f"html/figures/{narrow}")
        return picture.html(level=3, files=(f"../figures/{wide}", f"../figures/{narrow}"))
