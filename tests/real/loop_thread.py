"""An event loop in a thread of its own, so that a test's busy or blocked loop stalls no server."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from typing import TypeVar

T = TypeVar("T")
_STOP_SECONDS = 10.0


class LoopThread:
    """Runs coroutines for callers of any thread until `stop`."""

    def __init__(self, name: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=name, daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[object, object, T]) -> T:
        """Run to the end on the loop and return the result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(_STOP_SECONDS)

    def stop(self) -> None:
        """Cancel what still runs, close the loop and end the thread."""
        self.call(_cancel_others())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_STOP_SECONDS)
        self._loop.close()


async def closed(server: asyncio.Server) -> None:
    """Stop listening, from the loop the server lives on; `stop` then cuts the connections."""
    server.close()


async def _cancel_others() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    await asyncio.get_running_loop().shutdown_asyncgens()
