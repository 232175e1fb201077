"""The little Markdown of texts that ship with slad, as HTML: code, strong and emphasised words, blocks of code."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

_STRONG = re.compile(r"\*\*(.+?)\*\*")
_EMPHASIS = re.compile(r"\*(.+?)\*")


def marked_line(text: str) -> Markup:
    """Return a text as HTML in which `code`, **strong** and *emphasised* words are marked; everything else is escaped.

    Args:
        text: The text. A backtick without its pair stays as it is.
    """
    parts = text.split("`")
    if len(parts) % 2 == 0:
        parts[-2:] = ["`".join(parts[-2:])]
    html = [f"<code>{escape(part)}</code>" if number % 2 else _words(part) for number, part in enumerate(parts)]
    return Markup("".join(html))  # noqa: S704 - each part is escaped above


def marked_block(text: str) -> Markup:
    """Return a text of several lines as HTML: paragraphs, and a block of code for lines that are indented.

    Args:
        text: The text. Lines that begin with two spaces are code.
    """
    html: list[str] = []
    prose: list[str] = []
    code: list[str] = []
    for line in [*text.splitlines(), None]:
        indented = line is not None and line.startswith("  ")
        if prose and (indented or line is None):
            html.append(f"<p>{marked_line(' '.join(prose))}</p>")
            prose = []
        if code and not indented:
            html.append(f'<pre tabindex="0">{escape(chr(10).join(code))}</pre>')
            code = []
        if line is not None:
            (code if indented else prose).append(line.strip() if not indented else line[2:])
    return Markup("".join(html))  # noqa: S704 - each part is escaped above


def _words(text: str) -> str:
    return _EMPHASIS.sub(r"<em>\1</em>", _STRONG.sub(r"<strong>\1</strong>", str(escape(text))))
