"""Header fields as mail servers and readers take them (RFC 5322 §2.2.3, RFC 2047).

The standard library encodes what it folds: it splits words of other alphabets at spaces it then loses, and it encodes
a long message id, which no reader finds again. So fields are written here: texts as encoded words of whole characters,
ids as they are.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from email.policy import SMTP, EmailPolicy
from typing import Any

_CHARSET = "utf-8"
_WORD_BYTES = 39  # of text in one encoded word: with its frame 64 characters, and with the field's name below 76
_LINE = 76  # the most that RFC 2047 allows in a line with an encoded word
# Fields whose value is folded, or must not be, before the policy sees it.
_WRITTEN = frozenset(
    {"subject", "from", "to", "reply-to", "message-id", "in-reply-to", "references", "list-unsubscribe"}
)
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")


def text_value(written: str) -> str:
    """Return a text, such as a subject, as the value of a mail header.

    A text that is not ASCII is encoded (RFC 2047). A long text is folded: broken into lines, of which all but the first
    begin with a space.
    """
    if written.isascii():
        return "\r\n ".join(_lines(written.split(" ")))
    return "\r\n ".join(_encoded_words(written))


def mailbox_value(name: str, mailbox: str) -> str:
    """Return `name <mailbox>` as the value of a mail header.

    The name is quoted or encoded if necessary. If `name` is "", the result is the mailbox alone.
    """
    if not name:
        return mailbox
    if not name.isascii():
        return "\r\n ".join((*_encoded_words(name), f"<{mailbox}>"))
    shown = name if _ATOMS.fullmatch(name) else '"' + name.replace("\\", r"\\").replace('"', r"\"") + '"'
    return f"{shown} <{mailbox}>"


class WrittenFields(EmailPolicy):
    """A policy of Python's email package that writes subject, addresses and message ids exactly as given.

    The values of these headers must be encoded and folded already (see `text_value` and `mailbox_value`). Other headers
    are folded as usual.
    """

    def fold(self, name: str, value: Any) -> str:
        """Return a header as text: `<name>: <value>` and a line end, folded if longer than a line.

        Subject, addresses and message ids are not folded here: their values must be folded already.
        """
        if name.lower() in _WRITTEN:
            return f"{name}: {value}\r\n"
        folded: str = super().fold(name, value)
        return folded

    def fold_binary(self, name: str, value: Any) -> bytes:
        """Return a header as the ASCII bytes that are sent: the text that `fold` returns, encoded."""
        return self.fold(name, value).encode("ascii")

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """Return the name and value of a header in the form in which a message stores them.

        Called by Python's email package (`email.policy.Policy`). The values of subject, addresses and message ids
        are not parsed.
        """
        if name.lower() in _WRITTEN:
            return name, value
        return super().header_store_parse(name, value)

    def header_fetch_parse(self, name: str, value: Any) -> Any:
        """Return the value of a header in the form that `message[name]` gives.

        Called by Python's email package (`email.policy.Policy`). The values of subject, addresses and message ids are
        not parsed.

        Args:
            value: The value stored in the message.
        """
        if name.lower() in _WRITTEN:
            return value
        return super().header_fetch_parse(name, value)


POLICY = WrittenFields(linesep=SMTP.linesep, max_line_length=SMTP.max_line_length)


def _encoded_words(written: str) -> Iterator[str]:
    """`=?utf-8?b?…?=`, each of whole characters. Readers drop the line breaks between them, so spaces are encoded."""
    held = b""
    for character in written:
        more = character.encode(_CHARSET)
        if len(held) + len(more) > _WORD_BYTES:
            yield _word(held)
            held = b""
        held += more
    if held:
        yield _word(held)


def _word(text: bytes) -> str:
    return f"=?{_CHARSET}?b?{base64.b64encode(text).decode()}?="


def _lines(words: list[str]) -> Iterator[str]:
    """Words in lines; a line never begins or ends with a space, which would be lost when it is unfolded."""
    line = words[0]
    room = _LINE - len("Subject: ")
    for word in words[1:]:
        if line and word and len(line) + 1 + len(word) > room:
            yield line
            line, room = word, _LINE - 1
        else:
            line = f"{line} {word}"
    yield line
