"""Who heard what, when and in which language, as a service manager would read it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from tests.e2e.week.virtual import Told

_LANGUAGE = re.compile(r'<html[^>]* lang="([\w-]+)"')


def transcript(told: Iterable[Told], zones: Mapping[str, str], acts: Iterable[tuple[datetime, str]] = ()) -> str:
    """Return a line for each mail: local time of its receiver, language, address and subject; and the story's acts.

    Args:
        told: The mails.
        zones: Address -> zone of the receiver.
        acts: What happened, between which the mails stand.
    """
    lines = [(at, 0, f"{at:%a %d %b %H:%M}  -- {what}") for at, what in acts]
    for each in told:
        (address,) = each.mail.recipients
        parsed = each.mail.parsed
        local = each.at.astimezone(ZoneInfo(zones.get(address, "UTC")))
        body = parsed.get_body(("html",))
        written = _LANGUAGE.search(body.get_content()) if body is not None else None
        language = written[1] if written else "??"
        subject = " ".join(str(parsed["subject"]).split())
        lines.append((each.at, 1, f"{each.at:%a %d %b %H:%M}  {local:%H:%M} {language:5} {address}: {subject}"))
    return "".join(f"{line}\n" for _, _, line in sorted(lines, key=lambda line: line[:2]))
