"""The folder of things fetched once for every checkout, safe for runs that start at the same time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path


def cache_folder() -> Path:
    """Return the folder for downloads that all checkouts share: `$SLAD_CACHE`, or `~/.cache/slad`."""
    return Path(os.environ.get("SLAD_CACHE") or Path.home() / ".cache" / "slad")


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock (flock) on a file within the `with` block.

    The call waits while another process holds the lock. The kernel releases the lock if the process dies.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def fetched_once(name: str, fetch: Callable[[Path], None], *, folder: Path | None = None) -> Path:
    """Return the folder `name` of the download cache, and fill it first if it does not exist yet.

    Args:
        fetch: Function to call with a temporary folder to fill. This folder is renamed when complete, so that an
            interrupted call leaves no incomplete folder in the cache.
        folder: The cache to use. None means `cache_folder()`.
    """
    cache = folder or cache_folder()
    target = cache / name
    if target.is_dir():
        return target
    with locked(cache / f"{name}.lock"):
        if target.is_dir():
            return target
        partial = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=cache))
        try:
            fetch(partial)
            partial.chmod(0o755)
            partial.rename(target)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
    return target
