"""How the due instants come about, on the incident's page in a real browser: asked of the timer when it is opened."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from tests.build.story import Telling
from tests.e2e.board.beside import TimerBeside
from tests.e2e.board.test_live_board import _CONTRAST
from tests.integration.board.bench import BoardBench, Served
from tests.unit.board.envelopes import minutes

from sla_domain.event import WaitingOn
from sla_platform.wire import encode_event

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
PAGE = "/incidents/desk:42%2F7"
HOSTILE = "<img src=x onerror='window.owned = 1'><script>window.owned = 1</script>"


def weekend(reason: str = "their ticket 4711", title: str = "Calls fail") -> Telling:
    """Under eXpress 8/5, priority 2: opened on Friday at 18:00, now it is Monday 15:00, due at 18:00 in Moscow."""
    told = Telling("desk:42/7", "Europe/Moscow")
    told.opened("2026-11-13 18:00", "P2", customer="Example eXpress 8x5", description="no calls", title=title)
    told.responded("2026-11-13 18:20")
    return told.waits("2026-11-16 11:00", WaitingOn.VENDOR, reason=reason).resumed("2026-11-16 12:00")


async def unfold(page: Page, server: Served, query: str = "") -> Locator:
    """The page with the section opened; the resolution's part of it."""
    await page.goto(server.url + PAGE + query)
    await expect(page.locator("#link-word")).to_have_text("Live")
    await page.locator("#why > details > summary").click()
    return page.locator(".why-clock[open]")


async def test_a_clock_is_explained_step_by_step_down_to_its_due_instant(
    timer: TimerBeside, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await timer.story(weekend())
    await browser_page.goto(server.url + PAGE)
    await expect(browser_page.locator("#link-word")).to_have_text("Live")
    assert timer.asked == [], "nothing is asked before somebody wants to know"
    clock = await unfold(browser_page, server, "?lang=en")
    await expect(clock.locator("h3")).to_have_text("Resolution")
    await expect(clock.locator(".due")).to_have_text("Due Mon 2026-11-16 18:00 +0300")
    await expect(clock.locator(".step td:nth-child(2)")).to_have_text(
        ["counted", "outside hours", "counted",
         re.compile(r"^paused \(waiting on the vendor: their ticket 4711\)\s*moves the date by 1 h$"),
         "counted", re.compile(r"^counted\s*expected$")]
    )  # fmt: skip
    await expect(clock.locator(".step td:nth-child(3)")).to_have_text(["+1 h", "–", "+1 h", "–", "+3 h", "+3 h"])
    await expect(clock.locator(".step td:nth-child(4)")).to_have_text(["1 h", "", "2 h", "", "5 h", "8 h"])
    await expect(clock.locator(".sums span")).to_have_text("Consumed 5 h of 8 h, left 3 h")
    await expect(clock.locator(".rows li.matched")).to_have_text(re.compile(r"^builtin/express.yaml:\d+, E3 matches$"))
    failed = clock.locator(".rows li.failed").first
    await expect(failed).to_contain_text("no: priority is P2, the row wants P1")
    await expect(clock.locator(".definition")).to_contain_text("Meaning of P2: The system works much worse")
    await expect(clock.locator(".basis")).to_contain_text("Priority P2 (High)")
    await expect(clock.locator(".grounds").last).to_contain_text("Catalogue")
    assert len(timer.asked) == 1
    assert errors == []


async def test_the_time_left_in_the_hours_that_count_runs_down(
    board: BoardBench, timer: TimerBeside, server: Served, browser_page: Page
) -> None:
    """A new request at 18:30: by the wall there are 23 hours until it is due, of which eight count."""
    told = Telling("desk:42/7", "Europe/Moscow")
    await timer.story(told.opened("2026-11-16 18:30", "P2", customer="Example eXpress 8x5", description="no calls"))
    board.time.pass_(minutes(210))
    page = browser_page
    await page.goto(server.url + PAGE + "?lang=en")
    await page.locator("#why > details > summary").click()
    resolution = page.locator(".promises .in-hours").last
    await expect(resolution).to_have_text(re.compile(r"^(8 h|7 h 59 min) in Working days, 10:00-19:00 \(Moscow\)$"))
    board.time.pass_(minutes(20))
    await expect(resolution).to_have_text(re.compile(r"^7 h (40|39) min in Working"))
    board.time.pass_(minutes(600))  # the night, until 04:50
    await expect(resolution).to_have_text(re.compile(r"^7 h 30 min in Working"))
    left = page.locator(".why-clock .left").last
    await expect(left).to_have_text("Left: 7 h 30 min · Working days, 10:00-19:00 (Moscow)")


@pytest.mark.parametrize(
    ("tag", "state", "said", "definition"),
    [
        ("pl", "biegnie", "Wykorzystano 5 godz. z 8 godz., zostało 3 godz.", "en"),
        ("it", "in corso", "Consumato 5 h di 8 h, resta 3 h", "en"),
        ("ru", "идёт", "Израсходовано 5 ч из 8 ч, осталось 3 ч", "ru"),
        ("zh-TW", "計時中", "已用 5 小時，共 8 小時，剩餘 3 小時", "en"),
    ],
)
async def test_it_speaks_the_language_that_is_chosen(
    timer: TimerBeside, server: Served, browser_page: Page, tag: str, state: str, said: str, definition: str
) -> None:
    await timer.story(weekend())
    clock = await unfold(browser_page, server)
    await browser_page.get_by_label("Language").focus()
    await browser_page.get_by_label("Language").select_option(tag)
    await expect(clock.locator(".badge")).to_have_text(state)
    await expect(clock.locator(".sums span")).to_have_text(said)
    assert await browser_page.locator(".why-clocks").get_attribute("lang") == tag
    assert await clock.locator(".definition").get_attribute("lang") == definition
    await expect(browser_page.get_by_label("Language")).to_be_focused()
    assert f"lang={tag}" in browser_page.url, "a link to the page keeps the language"
    await expect(browser_page.get_by_role("link", name="Plain text")).to_have_attribute(
        "href", f"/v1/incidents/desk:42%2F7/explain?format=text&lang={tag}"
    )
    clock = await unfold(browser_page, server)  # without the language in the address
    await expect(clock.locator(".badge")).to_have_text(state)


async def test_what_senders_wrote_is_read_not_run(
    timer: TimerBeside, server: Served, browser_page: Page, errors: list[str]
) -> None:
    await timer.story(weekend(HOSTILE, HOSTILE))
    clock = await unfold(browser_page, server, "?lang=en")
    await expect(clock.locator(".step.paused")).to_contain_text(HOSTILE)
    await expect(browser_page.locator("h1")).to_have_text(HOSTILE)
    assert await browser_page.locator("#why img, #why script").count() == 0
    assert await browser_page.evaluate("window.owned") is None
    assert errors == []


async def test_a_change_of_the_page_renews_it_and_keeps_the_readers_place(
    board: BoardBench, timer: TimerBeside, server: Served, browser_page: Page
) -> None:
    told = weekend()
    await timer.story(told)
    clock = await unfold(browser_page, server, "?lang=en")
    met = browser_page.locator(".why-clock").first
    await met.locator("summary").focus()
    await browser_page.keyboard.press("Enter")
    await expect(met.locator(".step")).to_have_count(1)
    board.time.pass_(minutes(1))
    told.waits("2026-11-16 15:01", WaitingOn.CUSTOMER, reason="which phones?")
    await timer.tell(told.events[-1])
    await expect(clock.last.locator(".badge")).to_have_text("paused")
    await expect(clock.last.locator(".due")).to_have_text("No due instant: the clock does not run")
    await expect(met.locator(".step")).to_be_visible()
    await expect(met.locator("summary")).to_be_focused()


@pytest.mark.parametrize("status", [502, 503])
async def test_a_timer_that_does_not_answer_is_told_and_asked_again(
    timer: TimerBeside, server: Served, browser_page: Page, status: int
) -> None:
    told = weekend()
    await timer.story(told)
    timer.trouble = status
    await unfold(browser_page, server, "?lang=en")
    state = browser_page.locator(".why-state")
    await expect(state).to_have_text("The timer does not answer. The promises above still hold.")
    await expect(browser_page.locator(".promises tbody tr")).to_have_count(2)
    timer.trouble = 0
    await browser_page.get_by_role("button", name="Try again").press("Enter")
    await expect(browser_page.locator(".why-clock")).to_have_count(2)
    await expect(state).to_be_hidden()
    timer.trouble = status
    told.waits("2026-11-16 14:59", WaitingOn.CUSTOMER)
    await timer.tell(told.events[-1])
    await expect(state).to_contain_text("What follows is as of 2026-11-16 12:00:0")
    await expect(browser_page.locator(".why-clock")).to_have_count(2)


async def test_a_timer_that_hangs_is_not_waited_for_for_ever(
    timer: TimerBeside, server: Served, browser_page: Page
) -> None:
    await timer.story(weekend())
    await browser_page.clock.install()
    await browser_page.route("**/explain?*", lambda route: None)  # never answered
    await unfold(browser_page, server)
    await expect(browser_page.locator(".why-state")).to_have_text("Asking the timer …")
    await browser_page.clock.fast_forward(10_000)
    await expect(browser_page.locator(".why-state")).to_contain_text("The timer does not answer.")


async def test_what_happens_meanwhile_does_not_make_the_page_wait_longer_for_a_timer_that_hangs(
    timer: TimerBeside, server: Served, browser_page: Page
) -> None:
    await timer.story(weekend())
    await browser_page.clock.install()
    await browser_page.route("**/explain?*", lambda route: None)  # never answered
    await unfold(browser_page, server)
    state = browser_page.locator(".why-state")
    await expect(state).to_have_text("Asking the timer …")
    for _ in range(2):
        await browser_page.clock.fast_forward(4_000)
        await browser_page.evaluate("document.dispatchEvent(new Event('slad:changed'))")
        async with browser_page.expect_request("**/explain?*"):
            await browser_page.clock.fast_forward(300)
    await expect(state).to_have_text("Asking the timer …")
    await browser_page.clock.fast_forward(2_000)
    await expect(state).to_contain_text("The timer does not answer.")


async def test_an_incident_the_timer_does_not_know_yet(board: BoardBench, timer: TimerBeside, server: Served,
                                                       browser_page: Page) -> None:  # fmt: skip
    await board.tell(*(encode_event(event) for event in weekend().events))
    await unfold(browser_page, server)
    missing = "The timer does not know this incident yet, or no longer."
    await expect(browser_page.locator(".why-state")).to_contain_text(missing)


async def test_without_script_there_is_a_link_to_the_text_in_each_language(
    timer: TimerBeside, server: Served, browser: Browser
) -> None:
    await timer.story(weekend())
    context = await browser.new_context(java_script_enabled=False)
    try:
        page = await context.new_page()
        await page.goto(server.url + PAGE)
        await page.locator("#why summary").click()
        links = page.locator("#why a")
        assert await links.all_inner_texts() == ["English", "polski", "italiano", "русский", "繁體中文"]
        async with page.expect_response("**/explain?*") as answered:
            await links.nth(1).click()
        answer = await answered.value
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"
        assert answer.headers["content-language"] == "pl"
        await expect(page.locator("body")).to_contain_text("Rozwiązanie, zgłoszenie desk:42/7, cykl 1: biegnie")
    finally:
        await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_themes_have_enough_contrast_here_too(
    timer: TimerBeside, server: Served, browser: Browser, scheme: str
) -> None:
    await timer.story(weekend())
    context = await browser.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    try:
        page = await context.new_page()
        await unfold(page, server, "?lang=en")
        await expect(page.locator(".why-clock")).to_have_count(2)
        await page.locator(".why-clock summary").first.click()
        assert await page.evaluate(_CONTRAST) == []
    finally:
        await context.close()


async def test_on_a_phone_nothing_is_cut_off(timer: TimerBeside, server: Served, browser: Browser) -> None:
    await timer.story(weekend("a-very-long-word-" * 8))
    context = await browser.new_context(viewport={"width": 360, "height": 740})
    try:
        page = await context.new_page()
        await unfold(page, server, "?lang=pl")
        await expect(page.locator(".why-clock")).to_have_count(2)
        wide = "(one) => one.scrollWidth > one.clientWidth + 1"
        for part in ("#why", ".why-clock[open]", ".why-clock[open] .steps", ".why-clock[open] .basis"):
            assert not await page.locator(part).evaluate(wide), part
    finally:
        await context.close()
