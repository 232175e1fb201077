"""The page on how to connect a system says what `slad connect` says, whatever the system."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime

import pytest
from markupsafe import Markup

from sla_board.page.marked import marked_block, marked_line
from sla_board.page.render import Pages
from sla_catalogue.system import filled_step, plain_step, source_lines, system_names, system_of

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
URL = "https://slad.example/v1/webhooks/desk"


def words(text: str) -> str:
    """A text as one line of words, without the marks of Markdown."""
    return " ".join(re.sub(r"\*\*?|`", "", text).split())


def shown(page: str) -> str:
    """What a page says, without its tags."""
    blocks = re.sub(r"</?(p|pre|li|dt|dd|section|h\d)\b[^>]*>", " ", page)
    return words(html.unescape(re.sub(r"<[^>]+>", "", blocks)))


def page_of(name: str) -> str:
    return Pages().connect(system_of(name), "desk", "https://slad.example/", NOW)


@pytest.mark.parametrize("name", system_names())
def test_the_page_has_steps_address_yaml_facts_and_traps(name: str) -> None:
    system, page = system_of(name), shown(page_of(name))
    wanted = [
        *(plain_step(step, URL, "desk") for step in system.steps),
        *(plain_step(trap, URL, "desk") for trap in system.traps),
        *system.facts.values(),
        *source_lines(system, "desk", "secret_file: secrets/desk"),
        URL,
        f"slad connect {name} --source desk",
        system.page,
    ]
    assert [text for text in wanted if words(text) not in page] == []
    assert "{url}" not in page
    assert "{source}" not in page


def test_the_list_of_sources_leads_to_every_system() -> None:
    page = Pages().sources(NOW)
    assert [name for name in system_names() if f'href="/sources/connect/{name}"' not in page] == []


def test_what_is_shown_is_escaped() -> None:
    page = Pages().connect(system_of("jira"), "<b>", "https://<i>.example", NOW)
    assert "<b>" not in page
    assert "<i>" not in page


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Tick **Issues** of `{a}`, *now*.", "Tick <strong>Issues</strong> of <code>{a}</code>, <em>now</em>."),
        ("`a*b*` <c> & `d", "<code>a*b*</code> &lt;c&gt; &amp; `d"),
        ("5 ** 6", "5 ** 6"),
    ],
)
def test_marks_become_tags(text: str, marked: str) -> None:
    assert marked_line(text) == Markup(marked)


def test_indented_lines_are_code() -> None:
    text = 'Paste\nthis:\n  {"a": <b>}\n   c\nThen go on.'
    assert marked_block(text) == Markup(
        '<p>Paste this:</p><pre tabindex="0">{&#34;a&#34;: &lt;b&gt;}\n c</pre><p>Then go on.</p>'
    )


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    assert filled_step('{"a": {source}} {url}', "U", "S") == '{"a": S} U'
