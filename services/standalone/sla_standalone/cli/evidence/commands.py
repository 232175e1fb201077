"""The commands `slad evidence …`."""

from __future__ import annotations

import getpass
import hashlib
import re
import tempfile
from datetime import UTC
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from sla_domain.explain.language import LANGUAGES
from sla_domain.rfc3339 import rfc3339
from sla_platform.timesource import SystemTime
from sla_standalone.cli.evidence.collect import Collected, collect
from sla_standalone.cli.evidence.exported import whole_logs
from sla_standalone.cli.operator import operator_name
from sla_standalone.cli.output import WRONG, emit, note, say, stop
from sla_standalone.cli.place import path
from sla_standalone.cli.remote import DEFAULT_URL, Key, Url, open_client
from sla_standalone.evidence import CheckResult, EvidenceCheck, Manifest, ManifestEntry, Member, verify_evidence
from sla_standalone.evidence.archive import write_archive
from sla_standalone.evidence.manifest import DIGEST, MANIFEST, digest_line
from sla_standalone.evidence.readme import readme_text

_PIECE = 1024 * 1024
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


class _EvidenceGroup(TyperGroup):
    """`slad evidence demo:1` is `slad evidence make demo:1`: an incident's id is no command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["make", *args]
        return super().parse_args(ctx, args)


def register(app: typer.Typer) -> None:
    """Add the commands `slad evidence …` to the application."""
    group = typer.Typer(
        name="evidence",
        cls=_EvidenceGroup,
        help="What proves a verdict, as a file: `slad evidence INCIDENT` makes it, `verify FILE` checks it.",
        no_args_is_help=True,
    )
    group.command("make")(make)
    group.command("verify")(verify)
    app.add_typer(group)


def make(
    incident: Annotated[str, typer.Argument(help="<source>:<its own id>, e.g. demo:DEMO-1; any of its names.")],
    output: Annotated[
        Path | None, typer.Option("--output", "-o", parser=path, metavar="FILE.zip", help="Default: named after it.")
    ] = None,
    lang: Annotated[str, typer.Option(help=f"Of the arithmetic in words: {', '.join(LANGUAGES)}.")] = "en",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    url: Url = DEFAULT_URL,
    key: Key = "",
    json: _Json = False,
) -> None:
    """Write the evidence of an incident (what proves the verdicts on it) into a zip.

    Anybody can verify the zip without a connection. It has the raw deliveries, the events, the contract and catalogue
    with hours and holidays, every clock with its arithmetic, who was notified when, and what people did (from the audit
    log). With the key of one contract, the zip has only what belonged to that contract at the time. Raw deliveries need
    the key of an administrator. Exit status: 0 written, 1 no such incident, 2 the call makes no sense or a service does
    not answer.
    """
    if lang not in LANGUAGES:
        stop(f"--lang {lang}: it is one of {', '.join(LANGUAGES)}")
    target = output or Path(re.sub(r"[^\w.-]+", "-", incident)[:100].strip("-.") + ".zip")
    if target.exists() and not force:
        stop(f"{target} is there already: name another with -o, or say --force")
    if not target.parent.is_dir():
        stop(f"there is no folder {target.parent}")
    with (
        tempfile.TemporaryDirectory(prefix="slad-evidence-", dir=target.parent) as place,
        open_client(url, key) as client,
    ):
        folder = Path(place) / "files"
        folder.mkdir()
        found = collect(client, incident, lang, folder)
        names = [file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()]
        about = found.about
        (folder / Member.README).write_bytes(readme_text(about["incident"], about["as_of"], names, found.left_out))
        text = _manifest(folder, found).text()
        unfinished = Path(place) / "evidence.zip"
        write_archive(unfinished, folder, {MANIFEST: text, DIGEST: digest_line(text)})
        unfinished.replace(target)
    _tell(target, found, hashlib.sha256(text).hexdigest(), json)


def verify(
    file: Annotated[Path, typer.Argument(parser=path, metavar="FILE.zip", help="As `slad evidence` wrote it.")],
    digest: Annotated[str, typer.Option(help="The digest that was noted when the file was made.")] = "",
    audit: Annotated[
        list[Path] | None,
        typer.Option(parser=path, metavar="FILE", help="An export of whole audit logs (`slad audit export`)."),
    ] = None,
    json: _Json = False,
) -> None:
    """Verify a zip that `slad evidence` wrote, without a connection; print the result of each check.

    Checked are the digests, the raw deliveries behind the events, and the hashes of the audit log. Every clock is
    computed again from the events, under the contract and catalogue in the file. Exit status: 0 nothing fails, 1
    something fails, 2 the call makes no sense.
    """
    manifest, checks = verify_evidence(file, digest, whole_logs(audit or ()))
    failed = any(check.result is CheckResult.FAILS for check in checks)
    if json:
        emit(_json(manifest, checks, failed))
    else:
        _say(manifest, checks, failed)
    if failed:
        raise typer.Exit(WRONG)


def _manifest(folder: Path, found: Collected) -> Manifest:
    files = []
    for file in sorted(file for file in folder.rglob("*") if file.is_file()):
        digest = hashlib.sha256()
        with file.open("rb") as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
        files.append(ManifestEntry(file.relative_to(folder).as_posix(), file.stat().st_size, digest.hexdigest()))
    return Manifest(
        slad=version("slad"),
        incident=found.about["incident"],
        as_of=found.about["as_of"],
        contract=found.about["contract"],
        made_at=rfc3339(SystemTime().now().astimezone(UTC)),
        made_by=_user(),
        audit_heads=tuple(found.heads),
        left_out=tuple(found.left_out),
        not_published_yet=tuple(sorted(found.not_published_yet)),
        files=tuple(sorted(files, key=lambda one: one.name)),
    )


def _user() -> str:
    try:
        return operator_name(getpass.getuser())
    except (OSError, KeyError, ImportError):  # a container's user without a name
        return "unknown"


def _tell(target: Path, found: Collected, digest: str, json: bool) -> None:
    about = found.about
    if json:
        emit(
            {
                "file": str(target),
                "digest": digest,
                "incident": about["incident"],
                "as_of": about["as_of"],
                "contract": about["contract"],
                "left_out": found.left_out,
            }
        )
        return
    say(f"{target}: {about['incident']}, {about['events']} events, {about['clocks']} clocks")
    say(f"digest {digest}")
    for sentence in found.left_out:
        note(f"not in it: {sentence}")
    if not about["recomputable"] and about["contract"] is None:
        note(f"its verdicts cannot be computed again from the file alone: {about['missing']}")
    note("note the digest; whoever gets the file checks it with `slad evidence verify`")


def _json(manifest: Manifest | None, checks: list[EvidenceCheck], failed: bool) -> dict[str, Any]:
    return {
        "incident": None if manifest is None else manifest.incident,
        "as_of": None if manifest is None else manifest.as_of,
        "made_at": None if manifest is None else manifest.made_at,
        "made_by": None if manifest is None else manifest.made_by,
        "contract": None if manifest is None else manifest.contract,
        "holds": not failed,
        "checks": [{"what": one.what, "result": one.result.value, "found": list(one.found)} for one in checks],
        "left_out": [] if manifest is None else list(manifest.left_out),
    }


def _say(manifest: Manifest | None, checks: list[EvidenceCheck], failed: bool) -> None:
    if manifest is not None:
        of = f", by a key of {manifest.contract}" if manifest.contract else ""
        say(f"{manifest.incident} as of {manifest.as_of}; made {manifest.made_at} by {manifest.made_by}{of}")
    for check in checks:
        for number, found in enumerate(check.found):
            say(f"{check.what if not number else '':<16}{check.result.value if not number else '':<13}{found}")
    for sentence in manifest.left_out if manifest is not None else ():
        say(f"not in it: {sentence}")
    say("something does not hold" if failed else "nothing in it fails")
