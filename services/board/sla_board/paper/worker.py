"""`python -m sla_board.paper.worker`: reads a page as HTML from standard input, writes it as PDF to standard output.

A process of its own: laying out takes seconds of processor, which clocks must not wait for. Nothing is loaded but the
style sheets and icons that this package ships, so no page can make it ask the network or read a file.
"""

from __future__ import annotations

import logging
import sys
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

from sla_board.page.static import PREFIX, StaticFiles

NO_LIBRARY = 3
"""Exit status when WeasyPrint, or a library of the system that it needs, cannot be loaded; standard error names it."""
NO_FONT = 4
"""Exit status when more than 20 different characters of the page are in no font here: it would be all boxes."""
_MOST_MISSING = 20
_BASE = "http://page.invalid/"  # a name that no machine may have (RFC 2606)


def main() -> int:
    """Read an HTML page from standard input and write it as PDF to standard output.

    Return the exit status: 0 for success, 3 (NO_LIBRARY) if WeasyPrint cannot be loaded, 4 (NO_FONT) if no font has
    the page's letters.
    """
    missing = _MissingCharacters()
    logging.getLogger("weasyprint").addHandler(missing)
    try:
        import weasyprint
    except (ImportError, OSError) as error:  # OSError: Pango, of which WeasyPrint loads the shared libraries
        sys.stderr.write(str(error).strip().partition("\n")[0])
        return NO_LIBRARY
    html = sys.stdin.buffer.read().decode()
    document = weasyprint.HTML(string=html, base_url=_BASE, url_fetcher=_shipped_alone(weasyprint))
    made = document.write_pdf()
    if len(missing.found) > _MOST_MISSING:
        return NO_FONT
    sys.stdout.buffer.write(made)
    return 0


class _MissingCharacters(logging.Handler):
    """Takes what WeasyPrint logs, and keeps the characters that no font has; the rest concerns screens."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if isinstance(record.msg, str) and record.msg.startswith(".notdef glyph"):
            self.found.add(record.getMessage())


def _shipped_alone(weasyprint: ModuleType) -> Any:
    """What WeasyPrint asks for the content of addresses: it has the static files of the pages, and refuses all else."""
    files = StaticFiles()

    class ShippedAlone(weasyprint.urls.URLFetcher):  # type: ignore[misc,name-defined]  # known once it is loaded
        def fetch(self, url: str, headers: Any = None) -> Any:
            address = urlsplit(url)
            found = files.get(address.path.removeprefix(PREFIX)) if url.startswith(_BASE) else None
            if found is None:
                raise ValueError(f"a page may not load {url}")
            return weasyprint.urls.URLFetcherResponse(url, found.content, {"Content-Type": found.media_type})

    return ShippedAlone()


if __name__ == "__main__":
    sys.exit(main())
