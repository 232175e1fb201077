"""The page's static files, read once; their paths hold a digest of their content, so that browsers may cache them."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from importlib.resources import files

_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
PREFIX = "/board/static/"


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A static file of the page, such as a script."""

    content: bytes
    media_type: str
    digest: str
    """Twelve hex digits that change with `content`."""


class StaticFiles:
    """The scripts, style sheets and icons of the board's pages, by file name.

    All files are read once, when the object is created.
    """

    def __init__(self) -> None:
        self._files: dict[str, StaticFile] = {}
        for entry in files("sla_board.page").joinpath("static").iterdir():
            suffix = entry.name[entry.name.rfind(".") :]
            if suffix in _TYPES:
                content = entry.read_bytes()
                self._files[entry.name] = StaticFile(content, _TYPES[suffix], sha256(content).hexdigest()[:12])

    def get(self, name: str) -> StaticFile | None:
        """Return the file with this name, such as `board.js`; None if there is no such file."""
        return self._files.get(name)

    def address(self, name: str) -> str:
        """Return the path of a file for a page, such as `/board/static/board.js?v=0a1b2c3d4e5f`.

        The path changes with the file's content, so that browsers may cache the file without limit.

        Raises:
            KeyError: There is no file with this name.
        """
        return f"{PREFIX}{name}?v={self._files[name].digest}"
