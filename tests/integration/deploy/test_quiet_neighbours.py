"""Neighbours that fail, and a catalogue that is edited wrongly, bring no secret and no address into the log."""

from __future__ import annotations

from pathlib import Path

from tests.integration.deploy.life import life, lived
from tests.real.certificates import Certificates
from tests.real.smtp import SmtpServer, Stage

# Everything that must stay quiet holds this word: keys, secrets, a header's value, mail addresses, URLs with a token.
HUSH = "hush"


async def test_no_failure_tells_a_secret(tmp_path: Path, certificates: Certificates) -> None:
    with SmtpServer(certificates.server_context(), login=("slad", "hush-right-password")) as mail:
        settings = {
            "SLAD_SMTP_URL": f"smtp://slad:hush-wrong-password@localhost:{mail.port}?ca={certificates.ca_file}",
            "PAGER_URL": "http://127.0.0.1:9/hush-token-in-the-path",
            "SLAD_HEARTBEAT_URL": "http://127.0.0.1:9/hush-watchdog",
            "SLAD_LOG_LEVEL": "DEBUG",
        }
        async with life(tmp_path, settings) as one:
            await one.happens("INC-0", "opened", customer="hush-customer@acme.example", priority="P1", title="x")
            await lived(one)
            refused = 'slad_notifier_deliveries_total{channel="email",kind="page",outcome="retrying",reason="auth"}'
            await one.shows(refused)
            await one.shows('slad_notifier_heartbeats_total{outcome="unreachable"}')
            file = one.folder / "catalogue" / "catalogue.yaml"
            file.write_text(file.read_text().replace("scopes: [ingest, read", "scopes: [all, read"))
            await one.shows('slad_catalogue_reloads_total{outcome="refused"}')
            said = "\n".join(text for _, text in one.fleet.logs())
        for expected in ("heartbeat.failed", "catalogue.problem", "delivery.attempted"):
            assert expected in said
        assert [line for line in said.splitlines() if HUSH in line.replace("hush-nothing", "")] == []


async def test_a_mail_server_that_refuses_an_address_does_not_bring_it_into_the_log(tmp_path: Path) -> None:
    with SmtpServer() as mail:
        mail.answer(Stage.RCPT, "550 5.1.1 <hush-anna@acme.example>: no such user", times=50)
        settings = {"SLAD_SMTP_URL": f"smtp+plain://127.0.0.1:{mail.port}", "PAGER_URL": "http://127.0.0.1:9/hush"}
        async with life(tmp_path, settings) as one:
            await lived(one)
            await one.shows(
                'slad_notifier_deliveries_total{channel="email",kind="page",outcome="failed",reason="smtp_5xx"}'
            )
            said = "\n".join(text for _, text in one.fleet.logs())
        assert "delivery.attempted" in said
        assert [line for line in said.splitlines() if HUSH in line] == []
