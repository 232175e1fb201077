"""`settings` → what concerns the whole installation."""

from __future__ import annotations

from sla_catalogue.assembly_context import Context
from sla_catalogue.settings import InstallationSettings, Smtp, SmtpSecurity


def build_settings(context: Context) -> InstallationSettings:
    """Return the settings of the installation; report what is wrong with them as findings."""
    document = context.document.settings
    smtp = None
    if document.smtp is not None:
        smtp = Smtp(
            host=document.smtp.host,
            sender=document.smtp.sender,
            port=document.smtp.port,
            security=SmtpSecurity(document.smtp.security),
            username=document.smtp.username or "",
            password=document.smtp.password,
        )
        if smtp.username and smtp.password is None:
            context.findings.error(("settings", "smtp"), "smtp", "a user name without a password", "password: ${NAME}")
    return InstallationSettings(local=document.local, smtp=smtp)
