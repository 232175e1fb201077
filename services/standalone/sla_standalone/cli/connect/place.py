"""Where a source and its secret are written, and what the catalogue then makes of them."""

from __future__ import annotations

import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sla_catalogue import Source, load_source, load_sources
from sla_catalogue.gather import SUFFIXES, gather
from sla_catalogue.tree import Plain
from sla_standalone.cli.connect.system import SecretMaker, System
from sla_standalone.cli.connect.written import NotInserted, insert_source, new_file, source_lines

SECRETS = "secrets"
"""The folder of secrets, beside the files of the catalogue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where the secret of a source is kept."""

    file: Path | None
    """The file, whose folder keeps itself out of git. None for a variable."""
    variable: str = ""
    """The environment variable. "" for a file."""

    @property
    def key(self) -> str:
        """Return the key of `authentication` with its value that names the place."""
        if self.file is None:
            return f'secret: "${{{self.variable}}}"'
        return f"secret_file: {SECRETS}/{self.file.name}"

    def kept(self) -> str:
        """Return the secret that is kept there already. "" without one."""
        if self.file is None:
            return os.environ.get(self.variable, "")
        try:
            return self.file.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def keep(self, secret: str) -> None:
        """Write the secret into its file, which only its owner can read. A variable is left to the reader.

        Raises:
            OSError: The file cannot be written.
        """
        if self.file is None:
            return
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        ignored = self.file.parent / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", "utf-8")
        with os.fdopen(os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(f"{secret}\n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """What is to be written into a file of the catalogue."""

    file: Path
    before: str | None
    """The file's text now. None for a new file."""
    after: str

    def write(self) -> None:
        """Write the file as a whole, so that no reader sees half of it.

        Raises:
            OSError: The file cannot be written.
        """
        new = self.file.with_name(f".{self.file.name}.new")
        new.write_text(self.after, "utf-8")
        if self.before is not None:
            shutil.copymode(self.file, new)
        new.replace(self.file)


def made_secret(maker: SecretMaker) -> str:
    """Return a new random secret of 256 bits, in the form that senders of this kind take."""
    if maker is SecretMaker.WHSEC:
        return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_hex(32)


def folder_of(catalogue: Path) -> Path:
    """Return the folder of a catalogue that is a folder or a file."""
    return catalogue if catalogue.is_dir() else catalogue.parent


def writing_of(catalogue: Path, into: Path | None, system: System, source: str, place: SecretPlace) -> Writing:
    """Return what is to be written for a source: a file of its own, or an entry in a file that is there.

    Args:
        catalogue: A folder, or a single file.
        into: A file of the catalogue to write into. None means a file of its own if the catalogue is a folder.

    Raises:
        NotInserted: The file cannot take the source.
        OSError: The file cannot be read.
    """
    lines = source_lines(system, source, place.key)
    file = into or (catalogue / f"source-{source}.yaml" if catalogue.is_dir() else catalogue)
    if not file.exists():
        return Writing(file=file, before=None, after=new_file(system, lines))
    before = file.read_text("utf-8")
    if into is None and catalogue.is_dir():
        raise NotInserted("it is there already: name another file with --into, or another source with --source")
    return Writing(file=file, before=before, after=insert_source(before, lines))


def compiled_after(catalogue: Path, writing: Writing, source: str) -> None:
    """Check what the catalogue's sources would be after a writing, in a copy.

    Raises:
        CatalogueInvalid: The source, or another one, would have errors.
        NotInserted: Another source would be changed.
    """
    root = folder_of(catalogue)
    with TemporaryDirectory(prefix="slad-connect-") as there:
        copy = Path(there) / "catalogue"
        if catalogue.is_dir():
            shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".*", SECRETS), symlinks=False)
        else:
            copy.mkdir()
            shutil.copy(catalogue, copy)
        target = copy / writing.file.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(writing.after, "utf-8")
        new = copy if catalogue.is_dir() else target
        load_sources(new)
        before, after = _written_sources(catalogue), _written_sources(new)
    if source not in after or {name: after.get(name) for name in before} != before:
        raise NotInserted("its section `sources` is not a block of lines that can be added to")


def _written_sources(catalogue: Path) -> dict[str, Plain]:
    """As they are written: compiled maps are not comparable."""
    found = gather(catalogue).sections.get("sources") if has_files(catalogue) else None
    return dict(found) if isinstance(found, dict) else {}


def known_source(catalogue: Path, source: str, extra: Mapping[str, str]) -> Source | None:
    """Return a source of the catalogue with its secret; None if there is none.

    Args:
        extra: Variables that the environment need not have.

    Raises:
        CatalogueInvalid: There are errors in the source, or its secret is not at hand.
    """
    return load_source(catalogue, source, {**os.environ, **extra}) if has_files(catalogue) else None


def has_files(catalogue: Path) -> bool:
    """Return whether a catalogue is a file, or a folder with YAML files."""
    return catalogue.is_file() or any(file.suffix in SUFFIXES for file in catalogue.rglob("*"))
