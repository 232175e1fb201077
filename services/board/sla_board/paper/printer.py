"""Pages → PDF, one at a time; the PDF of an unchanged page is taken from a cache."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from importlib.util import find_spec

import structlog

from sla_board.paper.worker import NO_FONT, NO_LIBRARY

PATIENCE_SECONDS = 60.0
MOST_WAITING = 8
MOST_KEPT = 32
INSTALL = "pip install 'slad[pdf]'"
_WORKER = (sys.executable, "-P", "-m", "sla_board.paper.worker")
# What it needs to find its libraries and fonts; settings with secrets are not passed on.
_PASSED_ON = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "LD_LIBRARY_PATH", "XDG_CACHE_HOME",
              "FONTCONFIG_FILE", "FONTCONFIG_PATH")  # fmt: skip
_log = structlog.get_logger(__name__)


class NoPdfHere(Exception):
    """Raised if this installation cannot make PDFs; the message names the missing part."""


class PrinterBusy(Exception):
    """Raised if 8 pages (MOST_WAITING) are already being converted to PDF or wait for conversion."""


class NotPrinted(Exception):
    """Raised if converting a page to PDF failed or took too long; the log has the reason."""


class PdfPrinter:
    """Converts HTML pages to PDF with WeasyPrint, one after another, each in its own process.

    The last 32 results are cached.

    Args:
        command: Starts the process, which reads HTML and writes PDF. Another command than the default is for tests.
        library: The module that must be installed.
        patience: The time limit of a conversion in seconds.
    """

    def __init__(
        self,
        command: Sequence[str] = _WORKER,
        library: str = "weasyprint",
        patience: float = PATIENCE_SECONDS,
    ) -> None:
        self._command = tuple(command)
        self._library = library
        self._patience = patience
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._made: OrderedDict[bytes, bytes] = OrderedDict()

    @property
    def installed(self) -> bool:
        """Return whether the extra `slad[pdf]` is installed.

        System libraries that the extra needs may still be missing.
        """
        return find_spec(self._library) is not None

    async def pdf(self, html: str) -> bytes:
        """Return an HTML page as PDF.

        If the same page was converted recently, the result comes from a cache.

        Raises:
            NoPdfHere: WeasyPrint, a library or a font is missing.
            PrinterBusy: Too many pages wait.
            NotPrinted: The conversion fails.
        """
        if not self.installed:
            raise NoPdfHere(f"The board makes PDFs with WeasyPrint, which is not installed here: {INSTALL}")
        key = sha256(html.encode()).digest()
        if (known := self._kept(key)) is not None:
            return known
        if self._waiting >= MOST_WAITING:
            raise PrinterBusy
        self._waiting += 1
        try:
            async with self._turn:
                made = self._kept(key)  # by somebody who wanted the same
                if made is None:
                    made = await self._print(html)
                    self._keep(key, made)
        finally:
            self._waiting -= 1
        return made

    def _kept(self, key: bytes) -> bytes | None:
        if key in self._made:
            self._made.move_to_end(key)
        return self._made.get(key)

    def _keep(self, key: bytes, made: bytes) -> None:
        self._made[key] = made
        if len(self._made) > MOST_KEPT:
            self._made.popitem(last=False)

    async def _print(self, html: str) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *self._command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={name: os.environ[name] for name in _PASSED_ON if name in os.environ},
        )
        try:
            async with asyncio.timeout(self._patience):
                made, said = await process.communicate(html.encode())
        except TimeoutError:
            _log.warning("pdf.given_up", seconds=self._patience)
            raise NotPrinted from None
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
        if process.returncode == NO_LIBRARY:
            missing = said.decode("utf-8", "replace").strip()
            raise NoPdfHere(f"WeasyPrint is installed here, but a part of it cannot be loaded: {missing}")
        if process.returncode == NO_FONT:
            missing = "The machine has no font for the language of this page"
            raise NoPdfHere(f"{missing}; for Chinese: apt install fonts-noto-cjk")
        if process.returncode or not made.startswith(b"%PDF-"):
            _log.warning("pdf.failed", status=process.returncode, error=said.decode("utf-8", "replace")[-2000:])
            raise NotPrinted
        return made
