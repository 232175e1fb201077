"""`/docs`: the API's own page. Script and style come from an installed package, so it works without a network.

Services that run as processes of their own share one address outside: a proxy sends `/docs/<service>` to the service of
that name and `/docs` with its files to any of them, and each page links to the others.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

PREFIX = "/docs/"
_PACKAGE = "fastapi_offline"  # ships swagger-ui; nothing of it is imported
_FILES = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_START = b"""window.ui = SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.url, dom_id: "#swagger-ui", deepLinking: true, validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis]
});
"""
_PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>slad: API</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{PREFIX}swagger-ui.css">
</head>
<body>
__LINKS__<div id="swagger-ui" data-url="__URL__"></div>
<script src="{PREFIX}swagger-ui-bundle.js"></script>
<script src="{PREFIX}start.js"></script>
</body>
</html>
"""
# The page sets styles on its elements; it runs no script but the two files, and asks nobody but this process.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)


def router(names: Sequence[str], links: Sequence[str], document: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the routes of the page that shows the API, with its script and style.

    The page is at `/docs` and at `/docs/<name>` for each of `names`. The OpenAPI document is at
    `/docs/<name>/openapi.json`.

    Args:
        names: The services of this process, at least one.
        links: The services to whose pages the page links.
        document: Function that returns the OpenAPI document of the process, which does not list these routes.
    """
    routes = APIRouter(include_in_schema=False)

    @routes.get("/docs", response_class=HTMLResponse)
    async def page() -> HTMLResponse:
        return _page(names[0], links)

    @routes.get(PREFIX + "{name}")
    def file(name: str) -> Response:
        if name in names:
            return _page(name, links)
        if name == "start.js":
            return Response(_START, media_type="text/javascript")
        if name not in _FILES:
            return Response(status_code=404)
        return Response(_folder().joinpath(name).read_bytes(), media_type=_FILES[name])

    @routes.get(PREFIX + "{name}/openapi.json")
    async def described(name: str) -> Response:
        return JSONResponse(document()) if name in names else Response(status_code=404)

    return routes


def _page(name: str, links: Sequence[str]) -> HTMLResponse:
    listed = " ".join(f'<a href="{PREFIX}{one}">{one}</a>' for one in links)
    text = _PAGE.replace("__LINKS__", f"<nav>{listed}</nav>\n" if links else "")
    text = text.replace("__URL__", f"{PREFIX}{name}/openapi.json")
    return HTMLResponse(text, headers={"Content-Security-Policy": _POLICY})


def _folder() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).with_name("static")
