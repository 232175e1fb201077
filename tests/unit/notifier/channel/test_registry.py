"""A kind of channel is one folder and one line: nothing else in the code knows its name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sla_catalogue import ChannelKind, channel_kinds, install_channel_kinds
from sla_catalogue.channel import BadAddress
from sla_notifier import tables
from sla_notifier.channel import registry
from sla_notifier.channel.registry import (
    KINDS,
    LONGEST_NAME,
    endpoint_of,
    is_grouped,
    load_kind,
    personal_address,
    sending_kind,
    split_address,
)

ROOT = Path(__file__).parents[4]
CHANNELS = ROOT / "services" / "notifier" / "sla_notifier" / "channel"
# Where a name of a kind is a word of something else, and why.
ALLOWED = {
    "shared/sla_catalogue/retired.py": "what release 0 called a channel of e-mail, in stored catalogues of format 1",
    "services/standalone/sla_standalone/mailbox.py": "the demonstration's mailbox shows what arrived by webhook",
}
# Fields of senders' bodies, and of the answers of their APIs, may have any name, `email` among them.
OF_SENDERS = [
    ROOT / "services" / "ingest" / "sla_ingest" / "dialect",
    ROOT / "services" / "standalone" / "sla_standalone" / "cli" / "connect" / "hook",
]


def names_in(file: Path) -> Iterator[tuple[int, str]]:
    """Texts of the code that are the name of a kind, or the beginning of an address of it."""
    names = {kind.name for kind in KINDS}
    tree = ast.parse(file.read_text())
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.removesuffix(":") in names:
            yield node.lineno, node.value


def test_no_code_outside_its_folder_knows_a_kind_by_name() -> None:
    own = [CHANNELS / kind.name for kind in KINDS] + [CHANNELS / "registry.py", *OF_SENDERS]
    found = {
        f"{file.relative_to(ROOT)}:{line}: {name}"
        for place in ("services", "shared")
        for file in (ROOT / place).rglob("*.py")
        if not any(file == each or each in file.parents for each in own) and str(file.relative_to(ROOT)) not in ALLOWED
        for line, name in names_in(file)
    }
    assert found == set()


def test_every_folder_is_in_the_registry_and_has_the_name_of_its_kind() -> None:
    folders = {folder.name for folder in CHANNELS.iterdir() if (folder / "__init__.py").exists()}
    assert folders == {kind.name for kind in KINDS}
    for kind in KINDS:
        assert load_kind(kind.name) is kind
        assert sending_kind(kind.name) is kind


def test_a_name_fits_its_column() -> None:
    assert tables.delivery.c.channel.type.length == LONGEST_NAME  # type: ignore[attr-defined]


def test_a_folder_that_exports_no_kind_is_refused() -> None:
    with pytest.raises(AttributeError):
        load_kind("port")


def test_an_address_of_a_kind_that_is_not_here_has_a_queue_of_its_own() -> None:
    assert split_address("telex:42:7") == ("telex", "42:7")
    assert endpoint_of("telex", "42") == "telex:42"
    assert not is_grouped("telex:42")


def test_the_catalogue_knows_the_kinds_and_refuses_two_of_one_name() -> None:
    assert channel_kinds() == KINDS

    class Twin(ChannelKind):
        name = KINDS[0].name

    with pytest.raises(ValueError, match=f"two kinds of channels are called {KINDS[0].name!r}"):
        install_channel_kinds([*KINDS, Twin()])
    assert channel_kinds() == KINDS


def test_a_persons_address_belongs_to_the_first_kind_that_takes_it(monkeypatch: pytest.MonkeyPatch) -> None:
    (email,) = [kind for kind in KINDS if kind.personal]

    class Telephone(type(email)):  # type: ignore[misc]  # the class of a kind that another folder exports
        name = "sms"

        def normalise(self, address: str) -> str:
            if not address.startswith("+"):
                raise BadAddress("a telephone number begins with +")
            return address.replace(" ", "")

    monkeypatch.setattr(registry, "KINDS", (*KINDS, Telephone()))
    assert personal_address(" Anna@acme.example") == "email:Anna@acme.example"
    assert personal_address("+48 22 123 45 67") == "sms:+48221234567"
    with pytest.raises(BadAddress) as refused:
        personal_address("nobody")
    with pytest.raises(BadAddress) as of_email:
        email.normalise("nobody")
    assert str(refused.value) == str(of_email.value)
