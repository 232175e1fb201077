"""Section `escalations`: who is told next, and when, if nobody acts."""

from __future__ import annotations

from pydantic import Field

from sla_catalogue.document.field import Document, Names, Span, Texts


class LevelDocument(Document):
    """One rung: after this long without acknowledgement, tell these roles or people."""

    after: Span
    tell: Names
    channels: Names = Field(default_factory=list)


class PolicyDocument(Document):
    title: Texts = Field(default_factory=dict)
    levels: list[LevelDocument] = Field(default_factory=list)
    clause: str = ""
