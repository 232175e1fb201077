"""Requests to a running service over HTTP, with its problems turned into messages and exit statuses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn
from urllib.parse import quote

import httpx2
import typer

from sla_standalone.cli.output import MISUSED, WRONG, stop

DEFAULT_URL = "http://127.0.0.1:8321"
Url = Annotated[str, typer.Option(help="A running service. Default: SLAD_URL, else this machine's.", envvar="SLAD_URL")]
Key = Annotated[str, typer.Option(help="API key. Default: SLAD_KEY.", envvar="SLAD_KEY", show_envvar=False)]


@contextmanager
def open_client(url: str, key: str = "") -> Iterator[httpx2.Client]:
    """Yield an HTTP client for the service at `url`; its requests carry `key` as the API key.

    If the service does not answer, or `url` is not valid, the command ends with a message.
    """
    headers = {"User-Agent": "slad-cli"} | ({"Authorization": f"Bearer {key}"} if key else {})
    local = "127.0.0.1" in url or "localhost" in url  # no proxy for requests to this machine
    try:
        with httpx2.Client(
            base_url=url.rstrip("/"), headers=headers, timeout=httpx2.Timeout(30, connect=5), trust_env=not local
        ) as client:
            yield client
    except httpx2.ConnectError:
        stop(f"nothing answers at {url}: start it with `slad run`, or say --url")
    except httpx2.InvalidURL as error:
        stop(f"--url {url}: {error}")
    except httpx2.HTTPError as error:
        stop(f"{url}: {type(error).__name__} {error}".rstrip())


def service_answers(url: str) -> bool:
    """Return whether a service at `url` responds within two seconds; any HTTP status counts."""
    try:
        httpx2.get(f"{url}/livez", timeout=2, trust_env=False)
    except httpx2.HTTPError:
        return False
    return True


Parameters = Mapping[str, str | int] | Sequence[tuple[str, str | int]]
"""The query of a request: name -> value, or pairs, of which several may have one name."""


def fetch_json(client: httpx2.Client, path: str, parameters: Parameters | None = None) -> dict[str, Any]:
    """Send a GET for `path`, and return the JSON object in the response.

    A response with a status of 400 or above ends the command, and the problem's title and detail are printed. The exit
    status is 1 for a 404, else 2.

    Args:
        parameters: The query's parameters. None means no parameters.
    """
    pairs = parameters.items() if isinstance(parameters, Mapping) else parameters or ()
    answer = client.get(path, params=list(pairs))
    if answer.status_code >= httpx2.codes.BAD_REQUEST:
        stop_refused(answer)
    found: dict[str, Any] = answer.json()
    return found


def stop_refused(answer: httpx2.Response) -> NoReturn:
    """End the command, and print the error that an HTTP response contains.

    The exit status is 1 for a 404, else 2.
    """
    stop(problem_text(answer), WRONG if answer.status_code == httpx2.codes.NOT_FOUND else MISUSED)


def problem_text(answer: httpx2.Response) -> str:
    """Return the error that an HTTP response contains, as text.

    For a problem+json (RFC 9457) the text has the title, status and detail. For any other response it has the URL and
    status.
    """
    try:
        problem = answer.json()
        title, detail = str(problem["title"]), str(problem.get("detail", ""))
    except (ValueError, KeyError, TypeError, AttributeError):
        return f"{answer.request.url}: HTTP {answer.status_code}"
    hint = "; give --key or set SLAD_KEY" if answer.status_code == httpx2.codes.UNAUTHORIZED else ""
    return f"{title} ({answer.status_code}): {detail}{hint}"


def incident_path(incident: str) -> str:
    """Return the path of an incident in the timer's API: `/v1/incidents/<incident>`, with the id escaped."""
    return f"/v1/incidents/{quote(incident, safe='')}"
