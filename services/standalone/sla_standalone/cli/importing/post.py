"""Sending batches to a running service: again while it is busy, and in halves when a batch is too large."""

from __future__ import annotations

from typing import Any

import httpx2
import orjson

from sla_platform.timesource import TimeSource
from sla_standalone.cli.importing.batch import ImportAccount
from sla_standalone.cli.remote import problem_text, stop_refused

_BATCH_TYPE = "application/cloudevents-batch+json"
_BUSY = frozenset({429, 502, 503, 504})
_TRIES = 20
_LONGEST_WAIT = 60.0
_TOO_LONG = (
    "the events of the incident are more than the service takes at once, and with --tell it would be judged by a part "
    "of them: import it without --tell"
)


class StillBusy(Exception):
    """Raised when one batch was sent 20 times, and the service was busy each time.

    The import may be repeated: no event is imported twice.
    """


async def post(
    client: httpx2.AsyncClient, batch: list[dict[str, Any]], account: ImportAccount, time_source: TimeSource
) -> None:
    """Post a batch of CloudEvents to `/v1/events`, and count the service's response in `account`.

    The status of the response decides what happens:

    - 202: the response is counted.
    - 429, 502, 503, 504 (busy): the batch is sent again, 20 times in all; after that, StillBusy is raised. The wait
      between two attempts is as long as the service says. If it says nothing, each wait is longer than the one before.
      No wait exceeds a minute.
    - 413 (too large): the batch is sent in two parts, and no incident is divided between the parts. If the batch has a
      single incident, its events are divided only if all are history (past events, of which nobody is notified).
      Otherwise they are added to the refusals.
    - 401, 403, 404, 405, 415 (such as a wrong key): the command ends.
    - Any other status: all events of the batch are added to the refusals.
    """
    answer = await _patiently(client, batch, time_source)
    match answer.status_code:
        case 202:
            account.count_answer(batch, answer.json())
        case 401 | 403 | 404 | 405 | 415:
            stop_refused(answer)
        case 413 if len(batch) > 1:
            middle = _middle(batch)
            if not middle and not all(event["data"].get("history") for event in batch):
                for event in batch:
                    account.add_refusal(event, _TOO_LONG)
                return
            middle = middle or len(batch) // 2
            await post(client, batch[:middle], account, time_source)
            await post(client, batch[middle:], account, time_source)
        case _:
            for event in batch:
                account.add_refusal(event, problem_text(answer))


def _middle(batch: list[dict[str, Any]]) -> int:
    """Where the batch falls into two parts between two incidents, as near its middle as can be; 0 for one incident."""
    begins = [place for place in range(1, len(batch)) if batch[place]["subject"] != batch[place - 1]["subject"]]
    return min(begins, key=lambda place: abs(place - len(batch) // 2), default=0)


async def _patiently(
    client: httpx2.AsyncClient, batch: list[dict[str, Any]], time_source: TimeSource
) -> httpx2.Response:
    body, attempt = orjson.dumps(batch), 0
    while True:
        answer = await client.post("/v1/events", content=body, headers={"Content-Type": _BATCH_TYPE})
        if answer.status_code not in _BUSY:
            return answer
        attempt += 1
        if attempt == _TRIES:
            raise StillBusy(problem_text(answer))
        await time_source.sleep(_pause(answer.headers.get("retry-after", ""), attempt))


def _pause(written: str, attempt: int) -> float:
    """What the service asks for, else a little longer each time."""
    asked = float(written) if written.isdigit() else 0.5 * 2.0**attempt
    return min(asked, _LONGEST_WAIT)
