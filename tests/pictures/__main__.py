"""Draw every message and page of every language: `python -m tests.pictures FOLDER [LANGUAGE …]`.

Each picture is as wide as a small phone (320 px). Beside them lie sheets that show five next to one
another.
"""

from __future__ import annotations

import asyncio
import base64
import sys
from collections.abc import Iterable
from pathlib import Path

from playwright.async_api import Browser
from tests.pictures.samples import READERS, Reader, contents, customer_mails, pages
from tests.real.chromium import find_chromium, running_chromium

import sla_standalone  # noqa: F401  # the kinds of channels, by which the people of the story are reached
from sla_notifier.text.render import Texts

WIDTH = 320
_A_SHEET = 5  # pictures side by side
_SCHEMES = ("light", "dark")


def everything(reader: Reader, texts: Texts) -> list[tuple[str, str]]:
    """All messages and pages of a reader, as (name, HTML)."""
    mails = [(name, texts.message(each, reader.language).html) for name, each in contents(reader, texts)]
    told = [(f"customer-{name}", html) for name, html in customer_mails(reader)]
    return [*mails, *told, *((f"page-{name}", html) for name, html in pages(reader, texts))]


async def draw(folder: Path, readers: Iterable[Reader]) -> None:
    """Write the pictures into the folder."""
    texts = Texts()
    async with running_chromium(find_chromium()) as browser:
        for reader in readers:
            for scheme in _SCHEMES:
                await _draw(browser, folder, reader, scheme, texts)


async def _draw(browser: Browser, folder: Path, reader: Reader, scheme: str, texts: Texts) -> None:
    context = await browser.new_context(viewport={"width": WIDTH, "height": 400}, color_scheme=scheme)  # type: ignore[arg-type]  # one of two words
    page = await context.new_page()
    shots: list[bytes] = []
    for name, html in everything(reader, texts):
        await page.set_content(html)
        shots.append(await page.screenshot(path=folder / f"{reader.language}-{scheme}-{name}.png", full_page=True))
    await context.close()
    for part, first in enumerate(range(0, len(shots), _A_SHEET), start=1):
        await _sheet(browser, folder / f"sheet-{reader.language}-{scheme}-{part}.png", shots[first : first + _A_SHEET])


async def _sheet(browser: Browser, path: Path, shots: list[bytes]) -> None:
    context = await browser.new_context(viewport={"width": _A_SHEET * (WIDTH + 8) + 8, "height": 600})
    page = await context.new_page()
    images = "".join(f'<img src="data:image/png;base64,{base64.b64encode(each).decode()}">' for each in shots)
    style = "body{margin:4px;display:flex;align-items:flex-start;gap:8px;background:#888}img{width:320px}"
    await page.set_content(f"<style>{style}</style>{images}")
    await page.screenshot(path=path, full_page=True)
    await context.close()


def main(words: list[str]) -> int:
    """Run the command; return its exit status."""
    if not words:
        print(__doc__, file=sys.stderr)
        return 2
    wanted = [each for each in READERS if not words[1:] or each.language in words[1:]]
    if not wanted:
        print(f"no such language: write {', '.join(each.language for each in READERS)}", file=sys.stderr)
        return 2
    Path(words[0]).mkdir(parents=True, exist_ok=True)
    asyncio.run(draw(Path(words[0]), wanted))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
