"""The name of the user of the command line, as the operating system states it, for the audit log."""

from __future__ import annotations

import getpass

from sla_domain import bounds
from sla_platform.audit.act import ActorKind, AuditActor, Command
from sla_standalone.cli.output import stop


def operator_command(reason: str) -> Command:
    """Return the author and the reason of a command, as the audit log records them.

    The author is the operating system's user who runs this process. If the reason is too long or has line breaks, the
    process ends with a message.

    Args:
        reason: A single line.
    """
    if len(reason) > bounds.VALUE or not bounds.writable(reason):
        stop(f"--reason: one line of at most {bounds.VALUE} characters")
    try:
        name = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a container's user without a name
        name = "unknown"
    return Command(AuditActor(ActorKind.OPERATOR, operator_name(name)), reason)


def operator_name(name: str) -> str:
    """Return a user's name in the form for the audit log.

    The result has at most 120 characters, with `?` in place of control characters.
    """
    return bounds.shorten(bounds.UNWRITABLE_ON_A_LINE.sub("?", name), bounds.PERSON)
