"""Reading what a link with a purpose is about, or the page that says why the link is not accepted."""

from __future__ import annotations

from sla_notifier.acknowledge.page import AckPage, AckPageKind
from sla_notifier.context import NotifierContext
from sla_notifier.link import BadLink, LinkPurpose


async def read_link_subject(context: NotifierContext, purpose: LinkPurpose, token: str) -> str | AckPage:
    """Return the id to which a link in a message belongs, or the page that says why the link is not accepted.

    The id is that of a person or of a registration, for example (see `Links.subject_of`).

    Args:
        context: The links, and the present instant.
        purpose: What the link does.
        token: The last part of the link.

    Raises:
        StoreBusy: The database fails.
    """
    links, now = context.render_config.links, context.time_source.now()
    await links.secret.read(context.store, now)
    subject = links.subject_of(purpose, token, now)
    if isinstance(subject, BadLink):
        expired = subject is BadLink.EXPIRED
        return AckPage(shown=AckPageKind.LINK_EXPIRED if expired else AckPageKind.LINK_BAD)
    return subject
