"""Whoever is paged is paged without opening a file: in a flood of connections there may be no descriptor left for one.

What the interpreter opens is seen by an audit hook; the database's files are opened beneath it, once.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import httpx2
from tests.integration.notifier.stage import NINE, Stage, breached, missed, notice, warned
from tests.real.smtp import SmtpServer
from tests.real.webhook import WebhookReceiver

from sla_notifier.service import preload_files
from sla_standalone.holder import keep_zones

MINUTE = timedelta(minutes=1)
# Of the test's own client; and FastAPI looks for the source of a route, for its messages, and does without.
NOT_OURS = ("sniffio", "api/routes.py", "api/link_page.py")
_heard: list[list[str]] = []


def _listen(event: str, arguments: tuple[Any, ...]) -> None:
    if _heard and event in ("open", "import", "os.listdir", "os.scandir"):
        _heard[-1].append(f"{event} {arguments[0]}")


sys.addaudithook(_listen)


@contextmanager
def opened() -> Iterator[list[str]]:
    """What is opened or imported meanwhile."""
    found: list[str] = []
    _heard.append(found)
    try:
        yield found
    finally:
        _heard.pop()
        found[:] = _ours(found)


def _ours(events: list[str]) -> list[str]:
    """Without those of the client; where it looks for a module, the interpreter may list its folders for it."""
    kept, theirs = [], False
    for each in events:
        theirs = each.endswith(NOT_OURS) or (theirs and each.startswith("os.listdir"))
        if not theirs:
            kept.append(each)
    return kept


async def test_from_the_fact_to_the_mail_the_webhook_and_the_answer(
    stage: Stage, client: httpx2.AsyncClient, smtp_server: SmtpServer, webhook_receiver: WebhookReceiver
) -> None:
    keep_zones(stage.catalogue)
    await preload_files(stage.context, stage.channels)
    hooked = breached(NINE + 16 * MINUTE, incident="github:8", contract="hooked", customer="Hooked")
    with opened() as files:
        for minutes, told in ((10, warned()), (15, breached()), (16, hooked), (20, notice())):
            stage.time.go(NINE + minutes * MINUTE)
            await stage.hear(told)
            await stage.send()
        await stage.pass_time(minutes=30)
        await stage.send()
        bodies = [mail.parsed.get_body(("plain",)) for mail in smtp_server.accepted.all()]
        link = re.search(r"https://slad\.example(/ack/\S+)", "\n".join(body.get_content() for body in bodies if body))
        assert link is not None
        assert (await client.get(link[1])).status_code == 200
        assert "Thank you" in (await client.post(link[1])).text
        await stage.hear(missed(stage.time.now()))
        await stage.send()
    assert webhook_receiver.requests.all()
    assert len(smtp_server.accepted.all()) >= 4
    assert files == []
