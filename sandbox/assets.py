"""Stylesheets and pictures of upstream's pages: nobody needs them, and the log shows who asks for them.

From a path. Gives the response, or None for a path that is neither.
"""

import base64

from sandbox.http import Response

_PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNkYAAAAAYAAjCB0C8AAAAASUVORK5CYII="
)
"""A PNG of one pixel."""


def asset(path: str) -> Response | None:
    """Give a stylesheet or a picture; None for any other path."""
    if path.endswith(".css"):
        return Response(200, b"body { margin: 0 }\n", {"Content-Type": "text/css"})
    return Response(200, _PIXEL, {"Content-Type": "image/png"}) if path.endswith(".png") else None
