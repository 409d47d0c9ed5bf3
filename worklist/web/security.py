"""Headers that every answer carries."""

from flask import Flask, Response, request

# Everything comes from here; no inline script or style can run (W3C Content Security Policy 3).
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "form-action 'self'; "
    "frame-ancestors 'none'; "
    "base-uri 'none'"
)
_STATIC_SECONDS = 365 * 24 * 3600


def install(app: Flask) -> None:
    """Add the headers to every answer; only files with a version in their URL are kept."""
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
