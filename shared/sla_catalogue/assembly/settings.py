"""`settings` → what concerns the whole installation."""

from __future__ import annotations

from collections.abc import Callable

from sla_catalogue.assembly_context import Context
from sla_catalogue.document.settings import SmtpDocument
from sla_catalogue.mailbox import BadMailbox, ascii_host, is_near, sender_of
from sla_catalogue.settings import InstallationSettings, Smtp, SmtpSecurity

_SMTP = ("settings", "smtp")


def build_settings(context: Context) -> InstallationSettings:
    """Build the settings of the installation from the section `settings`.

    A bad host or sender, a user name without a password, and unencrypted mail to another machine are reported to
    `context.findings`.
    """
    document = context.document.settings
    return InstallationSettings(
        local=document.local, smtp=None if document.smtp is None else _smtp(context, document.smtp)
    )


def _smtp(context: Context, document: SmtpDocument) -> Smtp:
    smtp = Smtp(
        host=_plain(context, "host", document.host, ascii_host, "mail.example.com"),
        sender=document.sender,
        port=document.port,
        security=SmtpSecurity(document.security),
        username=document.username or "",
        password=document.password,
    )
    _plain(context, "sender", document.sender, sender_of, "slad <slad@example.com>")

    def report(key: str, message: str, example: str) -> None:
        if not context.stored:
            context.findings.error((*_SMTP, key), "smtp", message, example)

    if smtp.username and smtp.password is None:
        context.findings.error(_SMTP, "smtp", "a user name without a password", "password: ${NAME}")
    if smtp.password is not None and not smtp.username:
        report("password", "a password without a user name", "username: slad")
    if smtp.security is SmtpSecurity.NONE:
        if not is_near(smtp.host):
            report("security", f"mail to {smtp.host} must be encrypted", "starttls, or tls")
        if smtp.username:
            report("username", "a password never travels unencrypted", "security: starttls, or tls")
    return smtp


def _plain(context: Context, key: str, written: str, read: Callable[[str], object], example: str) -> str:
    """Report what no mail would leave by. A stored catalogue was in force once, so it is read as it stands."""
    try:
        found = read(written)
    except BadMailbox as error:
        if not context.stored:
            context.findings.error((*_SMTP, key), "smtp", str(error), example)
        return written
    return found if isinstance(found, str) else written
