"""A document of the deposit as a page of its own, which needs nothing else."""

from html import escape
from pathlib import Path

from markdown_it import MarkdownIt

_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:48rem;margin:2rem auto;padding:0 1rem;color:#1b1b1b;"
    "background:#fff}h1,h2,h3{line-height:1.2}table{border-collapse:collapse;display:block;overflow-x:auto}"
    "ul{list-style:none;padding-left:1rem}"
    "th,td{border-bottom:1px solid #bbb;padding:.25rem .75rem .25rem 0;text-align:left;vertical-align:top}"
    "code,pre{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}"
    "pre{background:#f3f3f3;padding:.75rem;overflow-x:auto}"
    "blockquote{border-left:3px solid #bbb;margin-left:0;padding-left:1rem;color:#444}"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#191919}pre{background:#262626}"
    "blockquote{color:#bbb}}"
)


def write_page(markdown: str, title: str, language: str, path: Path) -> None:
    """Write Markdown as HTML; what looks like HTML in it is shown, not read."""
    body = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    path.write_text(
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n",
        encoding="utf-8",
        newline="\n",
    )
