"""Installing a catalogue and recording who did it, in the audit log of the installation."""

from __future__ import annotations

from sla_catalogue import Catalogue
from sla_platform.apikey import tables
from sla_platform.audit.act import Act, ActName, Command, state_digest
from sla_platform.audit.store import append
from sla_platform.errors import PlatformError
from sla_platform.settings import Settings
from sla_platform.store.engine import Store
from sla_platform.store.instant import store_now
from sla_platform.timesource import TimeSource
from sla_standalone.cli.apply.install import Installed, install
from sla_standalone.cli.apply.plan import InstallPlan
from sla_standalone.cli.installation import NoInstallation, with_store


def install_recorded(
    settings: Settings, plan: InstallPlan, old: Catalogue | None, new: Catalogue, command: Command
) -> tuple[Installed, str]:
    """Install a catalogue, and record the act in the audit log.

    Returns (files written and removed, reason why the act is not recorded). The reason is "" if the act is recorded, or
    if no file changed. If the store cannot be reached, the files are still written, without a record. The record is
    committed after the files are written.

    Args:
        settings: The settings, which name the store with the audit log.
        plan: The files to write and to remove.
        old: The former catalogue. None if not known.
        new: The catalogue to install.
        command: Who makes the change, and why.

    Raises:
        OSError: A file cannot be written or removed.
    """
    done: list[Installed] = []

    async def work(store: Store, time_source: TimeSource) -> None:
        async with store.transaction() as connection:
            now = await store_now(connection, time_source)
            done.append(install(plan, new.version))
            if done[0].written or done[0].removed:
                await append(connection, tables.audit, [_applied(plan, done[0], old, new, command)], now)

    try:
        with_store(settings, work)
    except (PlatformError, NoInstallation) as error:
        return (done[0] if done else install(plan, new.version)), str(error)
    return done[0], ""


def _applied(plan: InstallPlan, done: Installed, old: Catalogue | None, new: Catalogue, command: Command) -> Act:
    return Act(
        name=ActName.CATALOGUE_APPLIED,
        command=command,
        object=new.version,
        before=state_digest(None if old is None else {"text": old.text}),
        after=state_digest({"text": new.text}),
        details={
            "before": "" if old is None else old.version,
            "place": str(plan.target),
            "written": sorted(done.written),
            "removed": sorted(done.removed),
        },
    )
