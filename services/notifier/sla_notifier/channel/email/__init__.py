"""E-mail over SMTP: each person has mailboxes of their own, and all mail leaves by one server.

Reading order: `kind` (configuration and addresses), `mime` (what goes over the wire), `selected_server` and
`mailserver` (which server), `smtp` (sending), `login`, `kept_connections`, and `connection_slots`, `allowance` and
`reply` (how much a server bears).
"""

from __future__ import annotations

from sla_notifier.channel.email.kind import EmailKind

KIND = EmailKind()
