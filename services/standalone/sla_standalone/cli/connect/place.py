"""The files in which a source and its secret are written, and the catalogue's check of the result."""

from __future__ import annotations

import os
import secrets
import shutil
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sla_catalogue import Source, load_source, load_sources
from sla_catalogue.gather import SUFFIXES, gather
from sla_catalogue.system import SECRETS, SecretMaker, System, secret_file_line, source_lines
from sla_catalogue.tree import Plain
from sla_standalone.cli.connect.written import NotInserted, insert_source, new_file


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretPlace:
    """Where the secret of a source is kept: in a file or in an environment variable."""

    file: Path | None
    """The file. Its folder has a `.gitignore` that keeps it out of git. None for a variable."""
    variable: str = ""
    """The environment variable. "" for a file."""

    @property
    def key(self) -> str:
        """Return the YAML line that says where the secret is, for the section `authentication` of a source.

        For example `secret_file: secrets/line`.
        """
        if self.file is None:
            return f'secret: "${{{self.variable}}}"'
        return secret_file_line(self.file.name)

    def kept(self) -> str:
        """Return the secret that is already in the file or variable; "" if there is none."""
        if self.file is None:
            return os.environ.get(self.variable, "")
        try:
            return self.file.read_text("utf-8").strip()
        except FileNotFoundError:
            return ""

    def keep(self, secret: str) -> None:
        """Write the secret into the file, readable only by its owner; an existing file is replaced.

        If the place is an environment variable, this does nothing: the user has to set the variable.

        Raises:
            OSError: The file cannot be written.
        """
        if self.file is None:
            return
        self.file.parent.mkdir(mode=0o700, exist_ok=True)
        ignored = self.file.parent / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", "utf-8")
        _replace(self.file, f"{secret}\n", 0o600)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """A planned change of one file of the catalogue: the file's text before and after."""

    file: Path
    before: str | None
    """The file's present text. None for a file that does not exist yet."""
    after: str

    def write(self) -> None:
        """Write the new text. The file is replaced in one step, so nobody reads a half-written file.

        Raises:
            OSError: The file cannot be written.
        """
        _replace(self.file, self.after, None if self.before is None else self.file.stat().st_mode & 0o7777)


def _replace(file: Path, text: str, mode: int | None) -> None:
    """Put a new file in the place of one, or of a link. `mode` None: as every new file of this user's.

    A file that is written over keeps its mode, and whoever has it open reads what is new.
    """
    new = file.with_name(f".{file.name}.new")
    new.unlink(missing_ok=True)  # of a command that was killed
    opened = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666 if mode is None else 0o600)
    with os.fdopen(opened, "w", encoding="utf-8") as out:
        if mode is not None:
            os.fchmod(opened, mode)
        out.write(text)
    new.replace(file)


def made_secret(maker: SecretMaker) -> str:
    """Return a new random secret of 256 bits.

    Args:
        maker: WHSEC gives the form of Standard Webhooks (`whsec_` and base64). Any other value gives hexadecimal.
    """
    if maker is SecretMaker.WHSEC:
        return f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
    return secrets.token_hex(32)


def folder_of(catalogue: Path) -> Path:
    """Return the folder of a catalogue: the catalogue itself, or the folder in which its single file is."""
    return catalogue if catalogue.is_dir() else catalogue.parent


def writing_of(
    catalogue: Path, into: Path | None, system: System, source: str, place: SecretPlace, keys: Sequence[str] = ()
) -> Writing:
    """Return the file to write in order to add a source to a catalogue: a new file, or one with an added entry.

    Nothing is written yet.

    Args:
        catalogue: A folder, or a single file.
        into: The file of the catalogue to add the source to. None means a new file, or the catalogue's single file.
        system: The ticketing system.
        source: The source's id.
        place: Where the source's secret is kept.
        keys: Lines of the source's YAML, besides those that its system always has.

    Raises:
        NotInserted: The source cannot be added to the file.
        OSError: The file cannot be read.
    """
    lines = source_lines(system, source, place.key, keys)
    file = into or (catalogue / f"source-{source}.yaml" if catalogue.is_dir() else catalogue)
    if not file.exists():
        return Writing(file=file, before=None, after=new_file(system, lines))
    before = file.read_text("utf-8")
    if into is None and catalogue.is_dir():
        raise NotInserted("it is there already: name another file with --into, or another source with --source")
    return Writing(file=file, before=before, after=insert_source(before, lines))


def compiled_after(catalogue: Path, writing: Writing, source: str) -> None:
    """Check that the catalogue would be valid with a new source. Return if so, else raise an error.

    The file is written into a temporary copy of the catalogue, and the sources are read from this copy.

    Args:
        catalogue: The folder or the single file.
        writing: The planned change of a file.
        source: The id of the new source.

    Raises:
        CatalogueInvalid: The new source, or an existing one, would have errors.
        NotInserted: The new source would be missing, or an existing one would be changed.
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
    """Return a source of the catalogue, with its secret; None if the catalogue has no such source.

    Args:
        catalogue: The folder or the single file.
        source: The source's id.
        extra: Variables that are used in addition to the environment's, by name.

    Raises:
        CatalogueInvalid: There are errors in the source, or its secret cannot be read.
    """
    return load_source(catalogue, source, {**os.environ, **extra}) if has_files(catalogue) else None


def has_files(catalogue: Path) -> bool:
    """Return whether the catalogue is a file, or a folder that has YAML files, also in subfolders."""
    return catalogue.is_file() or any(file.suffix in SUFFIXES for file in catalogue.rglob("*"))
