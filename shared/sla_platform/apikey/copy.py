"""The copy of the made keys that one process checks requests against, kept up to date by looking every half second."""

from __future__ import annotations

import asyncio
import itertools

import structlog

from sla_platform.apikey.key import MadeKey, key_number
from sla_platform.apikey.store import changed_since
from sla_platform.fault import Fault, error_text, fault_of
from sla_platform.store.engine import Store

_log = structlog.get_logger(__name__)
LOOK_SECONDS = 0.5  # a key counts, or is refused, within two seconds: a look, and a second of an open stream
ALL_EVERY = 120  # looks: everything is read anew, as after a backup was put back


class KeyCopy:
    """An in-memory copy of the API keys made by `slad key make`. Requests are checked against this copy.

    `find` looks a key up by its text. Run `run` as a task to keep the copy up to date with the store. While the store
    cannot be read, the last copy stays in use.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._keys: dict[int, MadeKey] = {}
        self._place = 0
        self._failing = False
        self._read = False

    def find(self, presented: str) -> MadeKey | None:
        """Return the API key with the text that a caller sent.

        The result is None if no such key was made, or if the key was revoked. An expired key is returned: the caller
        must compare `expires`. The comparison takes constant time, so that its duration reveals nothing of a key's
        secret.

        Args:
            presented: The text that the caller sent.
        """
        number = key_number(presented)
        found = None if number is None else self._keys.get(number)
        return found if found is not None and found.revoked_at is None and found.fits(presented) else None

    async def reason_not_ready(self) -> str | None:
        """Return a sentence while the keys have not been read from the store yet, None afterwards.

        This is a readiness check, called for `/readyz`.
        """
        return None if self._read else "the API keys have not been read from the store yet"

    async def run(self) -> None:
        """Call `refresh` every half second until cancelled.

        About once a minute `refresh` reads all keys anew.
        """
        for count in itertools.count():
            await self.refresh(everything=count % ALL_EVERY == 0)
            await asyncio.sleep(LOOK_SECONDS)

    async def refresh(self, *, everything: bool = False) -> None:
        """Update the copy with the keys that were made or revoked since the last call.

        If the store cannot be read now, a warning is logged and the copy does not change. Other errors are raised.

        Args:
            everything: Whether to read all keys anew, and not only those that changed.
        """
        try:
            async with self._store.reading() as connection:
                changed, place = await changed_since(connection, 0 if everything else self._place)
        except Exception as error:
            if fault_of(error) is not Fault.PASSING:
                raise
            if not self._failing:
                _log.warning("keys.not_read", error=error_text(error)[:300])
            self._failing = True
            return
        self._failing, self._read = False, True
        known = {} if everything else self._keys
        self._keys = {**known, **{key.number: key for key in changed}}
        self._place = place
