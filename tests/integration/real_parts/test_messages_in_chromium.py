"""Messages and pages fit the screen of a small phone: in every language, with longer words, and with odd titles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page
from tests.pictures.samples import READERS, STRESS, Reader, contents, pages, pseudo_texts

from sla_notifier.text.render import Texts

pytestmark = pytest.mark.asyncio(loop_scope="module")  # that of the browser
WIDTHS = (320, 390)
# How far anything reaches beyond the right edge of the screen, and the first thing that does.
_BEYOND = """() => {
  const edge = document.documentElement.clientWidth;
  for (const each of document.body.querySelectorAll("*")) {
    if (each.getBoundingClientRect().right > edge + 1) return each.outerHTML.slice(0, 200);
  }
  return document.documentElement.scrollWidth > edge ? "the page scrolls" : "";
}"""


def drawn(reader: Reader, texts: Texts, title: str = "") -> Iterator[tuple[str, str]]:
    for name, content in contents(reader, texts, title):
        yield name, texts.message(content, reader.language).html
    yield from pages(reader, texts, title)


async def overflowing(page: Page, htmls: Iterable[tuple[str, str]]) -> list[str]:
    found: list[str] = []
    for name, html in htmls:
        await page.set_content(html)
        for width in WIDTHS:
            await page.set_viewport_size({"width": width, "height": 700})
            if beyond := await page.evaluate(_BEYOND):
                found.append(f"{name} at {width} px: {beyond}")
    return found


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.language)
async def test_every_message_fits_a_phone(browser_page: Page, reader: Reader) -> None:
    assert await overflowing(browser_page, drawn(reader, Texts())) == []


async def test_words_half_as_long_again_fit_as_well(browser_page: Page, tmp_path: Path) -> None:
    texts = pseudo_texts(tmp_path)
    assert "çkñ" in texts.words("en")["acknowledge"], "the texts are longer, with accents"
    assert await overflowing(browser_page, drawn(READERS[0], texts)) == []


@pytest.mark.parametrize("title", STRESS)
async def test_odd_titles_of_500_characters_fit_as_well(browser_page: Page, title: str) -> None:
    reader = READERS[-1]
    assert await overflowing(browser_page, drawn(reader, Texts(), STRESS[title][:500])) == []


async def test_a_page_that_does_not_fit_is_found(browser_page: Page) -> None:
    assert await overflowing(browser_page, [("wide", "<p style='white-space:nowrap'>" + "word " * 99)]) != []
