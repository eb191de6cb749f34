"""From drawing on Axes to a picture: wide and phone drawing, a file of its own, and HTML with its words.

A picture is drawn in a loop, once for each width::

    drawing = Drawing("by_group")
    for ax in drawing:
        plots.intervals(frame, labels, ax=ax)
    drawing.picture
"""

import base64
import html
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from nsmo.present import axes, png, sentences, svg, theme
from nsmo.present.labels import Labels
from nsmo.present.sentences import Words
from nsmo.present.sheet import sheet
from nsmo.present.wording import Wording
from nsmo.study.errors import StudyError

#: Height of a figure by its width, where nothing that is drawn asks for another.
ASPECT = {theme.WIDE: 0.5, theme.PHONE: 0.75}


@dataclass(frozen=True, repr=False)
class Picture:
    """A drawn figure with its words.

    Attributes
    ----------
    words : Words
        Title, subtitle and alt text.
    wide, phone : bytes
        The drawings, without title and subtitle: a phone gets a drawing of its own, not a smaller one.
    alt : str
        One sentence for who does not see it, which sends to the numbers; the long one stands in the files.
    notice : str
        What must be known of the numbers wherever the file goes.
    name : str
        What it is called on its page, and its files; from it its address is made.
    drawing : Figure, optional
        The wide drawing as matplotlib has it, for files in other formats.
    made : bytes
        The PNG, where it was made before; then no drawing is needed.
    """

    words: Words
    wide: bytes
    phone: bytes
    alt: str
    notice: str = ""
    name: str = ""
    drawing: Figure | None = field(default=None, compare=False)
    made: bytes = field(default=b"", compare=False)

    def svg(self) -> bytes:
        """Return the wide drawing as a file that stands alone, title, subtitle and notices drawn in."""
        return svg.alone(self.wide, self.words.title, self.words.subtitle, self.notice)

    def png(self) -> bytes:
        """Return the wide drawing as a picture that stands alone, as `svg` does."""
        if self.made:
            return self.made
        if self.drawing is None:
            raise ValueError("a picture without its drawing")
        around = sheet(svg.size(self.wide), self.words.title, self.words.subtitle, self.notice)
        return png.alone(self.drawing, around, f"{self.words.title}. {self.notice}".strip())

    def html(self, level: int | None = None, files: tuple[str, str] | None = None, foot: str = "") -> str:
        """Return a `<figure>` that holds everything: address, caption, wide and phone drawing, alt text.

        Parameters
        ----------
        level : int, optional
            Set the title as a heading of this level; None sets it as a paragraph.
        files : (str, str), optional
            Addresses of the wide and the phone drawing; by default the drawings stand in the page itself.
        foot : str
            What stands below the drawing, as HTML.
        """
        wide, phone = files or (_data(self.wide), _data(self.phone))
        tag = f"h{level}" if level else "p"
        title, subtitle = (html.escape(text, quote=False) for text in self.words[:2])
        beneath = f'<p class="subtitle">{subtitle}</p>' if subtitle else ""
        small, large = svg.size(self.phone), svg.size(self.wide)
        address = f' id="figure-{self.name}" data-name="{self.name}"' if self.name else ""
        caption = f'<figcaption><{tag} class="figure-title">{title}</{tag}>{beneath}</figcaption>'
        return (
            f'<figure class="picture"{address}>{caption}<picture><source media="(max-width: 560px)" '
            f'srcset="{phone}" width="{small[0]}" height="{small[1]}">'
            f'<img src="{wide}" alt="{html.escape(self.alt)}" width="{large[0]}" height="{large[1]}">'
            f"</picture>{foot}</figure>"
        )

    def __repr__(self) -> str:
        return f"<figure: {self.words.title}>"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return {"text/html": self.html()}


def _data(content: bytes) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(content).decode("ascii")


class Drawing:
    """A figure while it is drawn: iterating yields an Axes twice, wide and for phones.

    Parameters
    ----------
    name : str
        Of the figure, for messages.
    of : DataFrame, optional
        The result frame that is drawn: title, subtitle and alt text are made of it where the plot that draws
        does not bring them.
    labels : Labels, optional
        For `of`.
    words : Words, optional
        Instead of the words of the plot.
    title, subtitle, alt : str, optional
        Instead of single ones.

    Raises
    ------
    StudyError
        When nothing was drawn, or there is no title or alt text.
    """

    def __init__(
        self,
        name: str,
        *,
        of: pd.DataFrame | None = None,
        labels: Labels | None = None,
        words: Words | None = None,
        title: str | None = None,
        subtitle: str | None = None,
        alt: str | None = None,
    ) -> None:
        self.name = name
        self.of, self.labels, self.words = of, labels, words
        self.given = {"title": title, "subtitle": subtitle, "alt": alt}
        self._picture: Picture | None = None

    def __iter__(self) -> Iterator[Axes]:
        made = []
        first = None
        words = None
        with mpl.rc_context(theme.STYLE):
            for width in (theme.WIDE, theme.PHONE):
                figure = Figure(figsize=(width / 96, width * ASPECT[width] / 96), layout="constrained")
                FigureCanvasAgg(figure)
                ax = figure.add_subplot()
                yield ax
                if not ax.has_data() and not ax.texts:
                    raise self._error("nothing was drawn", "draw on the ax of the loop: plots.…(…, ax=ax)")
                words = words or self._words(ax)
                made.append(svg.bare(figure, words.title, words.alt))
                first = first or figure
        self._picture = Picture(
            words,
            made[0],
            made[1],
            sentences.short_alt(words, self.labels.words if self.labels else Wording("en")),
            drawing=first,
        )

    @property
    def picture(self) -> Picture:
        """What was drawn.

        Raises
        ------
        StudyError
            When the loop has not ended.
        """
        if self._picture is None:
            raise self._error("it is not drawn yet", "take it after the loop")
        return self._picture

    def _words(self, ax: Axes) -> Words:
        """Title, subtitle and alt text: those given, else those of the plot, else those of the frame."""
        known = self.words or axes.description(ax)
        if known is None and self.of is not None and self.labels is not None:
            known = sentences.values(self.of, self.labels)
        known = Words(*known) if known else Words("", "", "")
        words = known._replace(**{part: text for part, text in self.given.items() if text is not None})
        for part in ("title", "alt"):
            if not getattr(words, part).strip():
                what = {"title": "a finding in one line", "alt": "what is drawn, with the numbers"}[part]
                raise self._error(
                    f"no {part}", f"add {part}= ({what}), or of= with the result frame that is drawn"
                )
        return words

    def _error(self, found: str, fix: str) -> StudyError:
        return StudyError(
            found=found,
            where=f"the figure {self.name!r}",
            expected="a drawing with a title and an alt text",
            fix=fix,
        )


def drawn(plot: Callable[..., None], *args: Any, name: str = "figure", **options: Any) -> Picture:
    """Draw a picture by one plot, with the words that it brings.

    Parameters
    ----------
    plot : callable
        Of `nsmo.present.plots`, or with the same signature.
    *args, **options
        What it is given beside `ax`.
    name : str
        For messages.
    """
    # Every plot takes the labels, which say in which language its words are.
    labels = next((one for one in args if isinstance(one, Labels)), None)
    drawing = Drawing(name, labels=labels)
    for ax in drawing:
        plot(*args, ax=ax, **options)
    return drawing.picture
