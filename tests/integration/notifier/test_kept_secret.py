"""The secret of acknowledgement links: made once for an installation, the same for every instance and every start."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx2
import pytest
from pydantic import SecretStr
from tests.integration.notifier.stage import NINE, Stage, breached
from tests.real.smtp import SmtpServer

from sla_notifier.link_secret import LinkSecret, LinkSecretNotRead
from sla_platform.store.engine import Store


async def test_instances_that_start_at_once_agree(store: Store) -> None:
    secrets = [LinkSecret() for _ in range(6)]
    with pytest.raises(LinkSecretNotRead):
        _ = secrets[0].value
    await asyncio.gather(*(secret.read(store, NINE) for secret in secrets))
    assert len({secret.value for secret in secrets}) == 1
    assert len(secrets[0].value) >= 32
    again = LinkSecret()
    await again.read(store, NINE + timedelta(days=400))
    assert again.value == secrets[0].value, "and so does one that starts later"


async def test_a_secret_that_is_set_is_used_and_none_is_made(store: Store) -> None:
    given = LinkSecret(b"given")
    await given.read(store, NINE)
    assert given.value == b"given"
    made = LinkSecret()
    await made.read(store, NINE)
    assert made.value != b"given"


async def test_links_survive_a_restart(stage: Stage, smtp_server: SmtpServer) -> None:
    unset = stage.settings.model_copy(update={"link_secret": SecretStr("")})
    before, after = (Stage(stage.store, stage.time, stage.catalogue, unset) for _ in range(2))
    stage.others += [before, after]
    stage.time.go(NINE + timedelta(minutes=15))
    await before.hear(breached())
    await before.send()
    body = smtp_server.accepted.all()[0].parsed.get_body(("plain",))
    assert body is not None
    path = re.search(r"https://slad\.example(/ack/\S+)", body.get_content())
    assert path is not None
    transport = httpx2.ASGITransport(app=after.app())
    async with httpx2.AsyncClient(transport=transport, base_url="https://slad.example") as client:
        look = await client.get(path[1])
        assert (look.status_code, "<button" in look.text) == (200, True)
        assert (await client.post(path[1])).status_code == 200
        other = stage.context.render_config.links.acknowledge("x", "anna", stage.time.now()).removeprefix(
            "https://slad.example"
        )
        foreign = await client.get(other)
    assert foreign.status_code == 403
    assert "was not signed by this installation" in foreign.text
    assert "mail program" not in foreign.text
    assert (await stage.alert("github:7")).state == "acknowledged"
