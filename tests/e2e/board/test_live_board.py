"""The board in a real browser: live, keyboard, calm, honest about a lost connection, deaf to hostile titles."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

import pytest
from playwright.async_api import Browser, Page, expect
from tests.integration.board.bench import BoardBench, Served, hours
from tests.unit.board.envelopes import NOW, Ticket, minutes

from sla_domain.event import EventKind

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
LIVE = re.compile("^Live$")


async def open_board(page: Page, server: Served, path: str = "/") -> None:
    await page.goto(server.url + path)
    await expect(page.locator("#link-word")).to_have_text(LIVE)


async def test_a_row_appears_changes_and_leaves_by_itself(
    board: BoardBench, server: Served, browser_page: Page, errors: list[str]
) -> None:
    page = browser_page
    await open_board(page, server)
    await expect(page.locator("#empty")).to_be_visible()
    await expect(page).to_have_title("slad board")

    ticket = Ticket("a:1", left=10, title="Checkout is down")
    await board.tell(ticket.started())
    row = page.locator("#rows tr")
    await expect(row).to_have_count(1)
    await expect(row.locator("a.open")).to_have_text("Checkout is down")
    await expect(row.locator(".word")).to_have_text("Running")
    await expect(page.locator("#count-soon")).to_have_text("1")
    await expect(page.locator("#empty")).to_be_hidden()

    await board.tell(ticket.warned())
    await expect(row.locator(".word")).to_have_text("Warned 75 %")
    await expect(page.locator("#announce")).to_have_text("Checkout is down: Resolution is close to its due time")

    board.time.pass_(minutes(11))
    await board.tell(ticket.breached())
    await expect(row.locator(".word")).to_have_text("Breached")
    await expect(page).to_have_title("(1) slad board")
    await expect(page.locator("#announce")).to_have_text("Checkout is down: Resolution is breached")
    assert "breached.svg" in (await page.locator("#favicon").get_attribute("href") or "")

    await board.tell(ticket.missed())
    await expect(row).to_have_count(0)
    await expect(page).to_have_title("slad board")
    assert errors == []


async def test_the_browser_counts_down_by_the_servers_clock(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    """The server's clock stands still at noon in 2026 but for what the test lets pass; the browser's own is today."""
    await board.tell(Ticket("a:1", left=10).started(), Ticket("a:2", left=600).started())
    await open_board(browser_page, server)
    left = browser_page.locator("#rows tr").first.locator("time.ticking")
    first = await left.inner_text()
    assert re.fullmatch(r"(10m 00s|9m 5\ds)", first)
    await expect(left).not_to_have_text(first)
    board.time.pass_(minutes(3))
    await expect(left).to_have_text(re.compile(r"^6m 5\ds$|^7m 00s$"))
    board.time.pass_(minutes(8))
    await expect(left).to_have_text(re.compile(r"^\u2212(1m 0\ds|59s|5\ds)$"))
    await expect(browser_page.locator("#rows tr").first.locator(".word")).to_have_text("Due now")


async def test_rows_keep_focus_and_identity_while_the_order_changes(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    page = browser_page
    tickets = [Ticket(f"a:{n}", left=60 + n, title=f"Ticket {n}") for n in range(5)]
    await board.tell(*(ticket.started() for ticket in tickets))
    await open_board(page, server)
    await page.locator("a.open", has_text="Ticket 3").focus()
    await page.evaluate("document.activeElement.closest('tr').mine = 'the same element'")
    urgent = Ticket("a:3", left=63, title="Ticket 3")
    await board.tell(urgent.paused(), Ticket("b:1", left=1, title="New and urgent").started())
    await expect(page.locator("#rows tr a.open").first).to_have_text("New and urgent")
    await expect(page.locator("#rows tr a.open").last).to_have_text("Ticket 3")
    assert await page.evaluate("document.activeElement.textContent") == "Ticket 3"
    assert await page.evaluate("document.activeElement.closest('tr').mine") == "the same element"
    shown = await page.locator("#rows a.open").all_inner_texts()
    assert shown == ["New and urgent", "Ticket 0", "Ticket 1", "Ticket 2", "Ticket 4", "Ticket 3"]


async def test_the_keyboard_is_enough(board: BoardBench, server: Served, browser_page: Page) -> None:
    page = browser_page
    await board.tell(*(Ticket(f"a:{n}", left=10 + n, title=f"Ticket {n}").started() for n in range(3)))
    await open_board(page, server)

    async def focused() -> str:
        text: str = await page.evaluate("document.activeElement.textContent")
        return text

    for key, expected in (
        ("j", "Ticket 0"),
        ("j", "Ticket 1"),
        ("j", "Ticket 2"),
        ("j", "Ticket 2"),
        ("k", "Ticket 1"),
    ):
        await page.keyboard.press(key)
        assert await focused() == expected
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "search"
    await page.keyboard.type("jk ticket 2")
    assert await page.input_value("#search") == "jk ticket 2", "letters typed into the search are letters"
    await page.keyboard.press("Escape")
    assert await page.evaluate("document.activeElement.id") == ""
    await page.keyboard.press("k")
    assert await focused() == "Ticket 2"
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(server.url + "/incidents/a:2")


async def test_a_filter_is_in_the_address_and_the_stream_keeps_to_it(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    page = browser_page
    await board.tell(Ticket("a:1", title="One").started(), Ticket("b:1", title="Two", contract="umbrella").started())
    await open_board(page, server)
    await page.get_by_label("Contract").select_option("umbrella")
    await expect(page).to_have_url(server.url + "/?contract=umbrella")
    await expect(page.locator("#rows a.open")).to_have_text(["Two"])
    await expect(page.locator("#link-word")).to_have_text(LIVE)
    await board.tell(
        Ticket("a:2", title="Three").started(), Ticket("b:2", left=70, title="Four", contract="umbrella").started()
    )
    await expect(page.locator("#rows a.open")).to_have_text(["Two", "Four"])
    await expect(page.locator("#showing")).to_have_text("2 of 4 open")
    await page.locator(".bucket.today").click()
    await expect(page).to_have_url(server.url + "/?contract=umbrella&bucket=today")
    await expect(page.locator("#rows a.open")).to_have_text(["Four"])


async def test_paused_updates_hold_everything_still_and_catch_up(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    page = browser_page
    await board.tell(Ticket("a:1", left=10, title="One").started())
    await open_board(page, server)
    await page.get_by_role("button", name="Pause updates").click()
    await expect(page.locator("#link-word")).to_have_text("Updates paused")
    before = await page.locator("time.ticking").inner_text()
    await board.tell(Ticket("a:2", left=5, title="Two").started())
    board.time.pass_(minutes(2))
    await asyncio.sleep(1.2)  # several heartbeats
    assert await page.locator("#rows a.open").all_inner_texts() == ["One"]
    assert await page.locator("time.ticking").inner_text() == before
    await page.get_by_role("button", name="Resume updates").click()
    await expect(page.locator("#rows a.open")).to_have_text(["Two", "One"])
    await expect(page.locator("time.ticking").last).to_have_text(re.compile("^(7m 5.s|8m 00s)$"))


async def test_a_lost_connection_is_admitted_and_mended(board: BoardBench, server: Served, browser_page: Page) -> None:
    page = browser_page
    ticket = Ticket("a:1", left=10, title="One")
    await board.tell(ticket.started())
    await open_board(page, server)
    await server.stop()
    await expect(page.locator("#stale")).to_be_visible()
    await expect(page.locator("#stale")).to_contain_text("Connection lost. States are as of 12:00:0")
    await expect(page.locator("#link-word")).to_have_text("Connection lost")
    await expect(page.locator("#announce")).to_have_text("Connection lost. The board shows old states.")
    await board.tell(ticket.warned())
    await server.start()  # on the same port
    await expect(page.locator("#link-word")).to_have_text(LIVE, timeout=20_000)
    await expect(page.locator("#stale")).to_be_hidden()
    await expect(page.locator("#rows .word")).to_have_text("Warned 75 %")


async def test_a_board_that_is_behind_says_so(board: BoardBench, server: Served, browser_page: Page) -> None:
    await open_board(browser_page, server)
    board.source.lag = 1234
    await expect(browser_page.locator("#stale")).to_have_text(
        "The board is catching up: 1234 events are still to be read."
    )
    board.source.lag = 0
    await expect(browser_page.locator("#stale")).to_be_hidden()


HOSTILE = (
    "<script>window.owned = 1</script>",
    "<img src=x onerror='window.owned = 1'>",
    "\"><svg onload='window.owned = 1'>",
    "</template><script>window.owned = 1</script>",
    "<iframe srcdoc='<script>parent.owned = 1</script>'>",
    "<style>* { display: none }</style>",
    "<math><mtext></table><img src=x onerror='window.owned = 1'>",
    "javascript:window.owned = 1",
)


async def test_hostile_titles_are_read_not_run(
    board: BoardBench, server: Served, browser_page: Page, errors: list[str]
) -> None:
    page = browser_page
    await open_board(page, server)
    tickets = [
        Ticket(f"x:{n}{payload}", left=10 + n, title=payload, customer=payload, url=payload)
        for n, payload in enumerate(HOSTILE)
    ]
    for ticket in tickets:
        await board.tell(ticket.event(attributes={"note": ticket.context["title"]}), ticket.started(), ticket.paused())
    await expect(page.locator("#rows a.open")).to_have_text(list(HOSTILE))
    await page.reload()
    await expect(page.locator("#rows a.open")).to_have_text(list(HOSTILE))
    assert await page.locator("#rows a.ticket").count() == 0
    for number, payload in enumerate(HOSTILE):
        await page.goto(server.url + "/")
        await page.locator("a.open").nth(number).click()
        await expect(page.locator("h1")).to_have_text(payload)
        assert await page.evaluate("window.owned") is None
    assert errors == []


async def test_a_title_written_backwards_does_not_turn_its_neighbours(
    board: BoardBench, server: Served, browser_page: Page
) -> None:
    """U+202E turns what follows it around; `bdi` keeps that inside the title."""
    page = browser_page
    await board.tell(Ticket("a:1", title="\u202eexe.gpj", customer="Acme").started())
    await open_board(page, server)
    left, right = page.locator("td.metric").first, page.locator("td.customer").first
    assert (await left.inner_text(), (await right.inner_text()).split("\n")[0]) == ("Resolution", "Acme")
    assert await page.locator("a.open bdi").evaluate("el => getComputedStyle(el).unicodeBidi") == "isolate"


async def test_inline_script_would_be_refused_by_the_policy_itself(
    board: BoardBench, server: Served, browser_page: Page, errors: list[str]
) -> None:
    """The second wall: even markup that got into the page could run nothing and load nothing."""
    page = browser_page
    await open_board(page, server)
    await page.evaluate(
        """() => {
            document.body.insertAdjacentHTML('beforeend', '<img src="data:," onerror="window.owned = 1">');
            const script = document.createElement('script');
            script.textContent = 'window.owned = 2';
            document.body.append(script);
        }"""
    )
    await asyncio.sleep(0.3)
    assert await page.evaluate("window.owned") is None
    assert any("Content Security Policy" in line for line in errors)


async def test_an_incident_is_followed_live(board: BoardBench, server: Served, browser_page: Page) -> None:
    page = browser_page
    ticket = Ticket("gh:acme/web#12", left=-5, title="Login loop")
    await board.tell(ticket.event(at=NOW - minutes(200)), ticket.started())
    await open_board(page, server, "/incidents/gh:acme%2Fweb%2312")
    table = page.locator("details", has_text="The same as a table")
    await table.locator("summary").click()
    await board.tell(ticket.breached(), ticket.alert("opened", NOW))
    await expect(page.locator(".promises .word")).to_have_text("Breached")
    await expect(page.locator("svg.timeline rect.overdue")).to_have_count(1)
    await expect(page.locator(".facts")).to_contain_text("not acknowledged, open since")
    assert await table.get_attribute("open") is not None, "what was unfolded stays so"
    await board.tell(
        ticket.event(EventKind.RESPONDED, NOW, actor_name="Anna"),
        ticket.alert("acknowledged", NOW + minutes(1), by="anna"),
    )
    await expect(page.locator(".facts")).to_contain_text("by anna")
    await expect(page.locator(".happened")).to_contain_text("Responded")


async def test_an_accelerated_clock_ticks_at_its_own_speed(
    board: BoardBench, server: Served, browser_page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The demo's clock runs sixty times as fast: between two heartbeats the browser must keep pace with it."""
    started = asyncio.get_running_loop().time()

    def fast() -> datetime:
        return NOW + minutes(asyncio.get_running_loop().time() - started)

    monkeypatch.setattr(board.time, "now", fast)
    await board.tell(Ticket("a:1", left=600).started())
    await open_board(browser_page, server)
    left = browser_page.locator("time.ticking")
    await asyncio.sleep(4)  # three heartbeats and more
    skew = await browser_page.evaluate(
        """async () => {
            const read = () => document.getElementById('clock').textContent.replace(' UTC', 'Z').replace(' ', 'T');
            const gaps = [];
            for (let n = 0, last = Date.parse(read()); n < 8; n++) {
                await new Promise((done) => setTimeout(done, 250));
                const now = Date.parse(read());
                gaps.push((now - last) / 250);
                last = now;
            }
            return gaps;
        }"""
    )
    assert 45 < sum(skew) / len(skew) < 75
    assert re.fullmatch(r"9h \d\dm", await left.inner_text())


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_both_themes_have_enough_contrast(
    board: BoardBench, server: Served, browser: Browser, scheme: str
) -> None:
    """WCAG 1.4.3: at least 4.5 to 1 for every text on the page."""
    late, soon, calm, rest = (Ticket(f"a:{n}", left=left) for n, left in enumerate((-10, 5, 300, 90)))
    await board.tell(
        late.started(), late.breached(), soon.started(), soon.warned(), calm.started(), rest.started(), rest.paused()
    )
    context = await browser.new_context(color_scheme=scheme, viewport={"width": 1440, "height": 900})  # type: ignore[arg-type]
    try:
        for path in ("/", "/incidents/a:0", "/?wall=1"):
            page = await context.new_page()
            await open_board(page, server, path)
            faint = await page.evaluate(_CONTRAST)
            assert faint == [], path
            await page.close()
    finally:
        await context.close()


_CONTRAST = """() => {
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255)
        .map((v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
        .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
    const behind = (el) => {
        for (; el; el = el.parentElement) {
            const found = parse(getComputedStyle(el).backgroundColor);
            if (found.length < 4 || found[3] > 0) return found;
        }
        return [255, 255, 255];
    };
    const faint = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
        const el = walker.currentNode.parentElement;
        const seen = walker.currentNode.textContent.trim() && el.checkVisibility();
        if (!seen || el.closest('svg, script, .skip')) continue;
        const [one, two] = [light(parse(getComputedStyle(el).color)), light(behind(el))];
        const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
        if (ratio < 4.5) faint.push([el.className, walker.currentNode.textContent.trim(), ratio.toFixed(2)]);
    }
    return faint;
}"""


async def test_those_who_asked_for_calm_see_no_motion(board: BoardBench, server: Served, browser: Browser) -> None:
    ticket = Ticket("a:1", left=10)
    await board.tell(ticket.started())
    context = await browser.new_context(reduced_motion="reduce")
    try:
        page = await context.new_page()
        await open_board(page, server)
        await board.tell(ticket.warned())
        await expect(page.locator("#rows tr.changed")).to_have_count(1)
        assert (
            await page.locator("#rows tr.changed td").first.evaluate("el => getComputedStyle(el).animationName")
            == "none"
        )
    finally:
        await context.close()


async def test_without_script_the_board_still_tells_what_is_due(
    board: BoardBench, server: Served, browser: Browser
) -> None:
    await board.tell(Ticket("a:1", left=10, title="One").started())
    context = await browser.new_context(java_script_enabled=False)
    try:
        page = await context.new_page()
        await page.goto(server.url + "/")
        await expect(page.locator("td.due").first).to_contain_text("Mon 16 Nov 13:10 CET")
        await expect(page.locator("td.due").first).to_contain_text("2026-11-16 12:10:00 UTC")
    finally:
        await context.close()


@pytest.mark.parametrize("path", ["/", "/incidents?metric=resolution"])
async def test_a_phone_shows_metric_priority_customer_and_due(
    board: BoardBench, server: Served, browser: Browser, path: str
) -> None:
    ticket = Ticket("jira-acme:10077", left=-5, title="Printer in the hall does not answer since Monday morning")
    await board.tell(
        ticket.event(at=NOW - minutes(60), attributes={"key": "SUP-77"}), ticket.started(), ticket.breached()
    )
    context = await browser.new_context(viewport={"width": 390, "height": 844}, java_script_enabled=path == "/")
    try:
        page = await context.new_page()
        await page.goto(server.url + path)
        row = page.locator("#rows tr")
        for text in ("SUP-77", "Printer in the hall", "Resolution", "P1", "Acme Ltd", "16 Nov"):
            await expect(row).to_contain_text(text)
        for column in ("incident", "metric", "priority", "customer", "due"):
            cell = row.locator(f"td.{column}")
            await expect(cell).to_be_visible()
            box = await cell.bounding_box()
            assert box is not None
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 390
        if path == "/":
            assert await page.evaluate("document.documentElement.scrollWidth") <= 390
    finally:
        await context.close()


@pytest.mark.parametrize("width", [390, 1280])
async def test_no_word_of_state_and_time_is_cut_off(
    board: BoardBench, server: Served, browser: Browser, width: int
) -> None:
    """A breach, a wait, and a clock outside its hours for a night have the longest notes."""
    broken = Ticket("a:1", left=-5)
    waits = Ticket("a:2", left=600)
    closed = Ticket("a:3", left=1_500, hours=hours("evening"))
    await board.tell(broken.started(), broken.warned(), broken.breached(), waits.started(), waits.paused(NOW))
    await board.tell(closed.started())
    context = await browser.new_context(viewport={"width": width, "height": 844})
    try:
        page = await context.new_page()
        await open_board(page, server)
        await expect(page.locator("#rows tr")).to_have_count(3)
        cut = """() => [...document.querySelectorAll('#rows td.state, #rows td.left, #rows td.due')]
            .flatMap(cell => [cell, ...cell.querySelectorAll('small')])
            .filter(each => each.clientWidth && each.scrollWidth > each.clientWidth)
            .map(each => each.textContent)"""
        assert await page.evaluate(cut) == []
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        await context.close()
