"""Headers that every answer carries."""

from urllib.parse import urlsplit

from flask import Flask, Response, request

from config import Settings

# Everything comes from here; no inline script or style can run (W3C Content Security Policy 3).
_CONTENT_SECURITY_POLICY = (
    "default-src 'none'; "
    "script-src 'self'; "
    "style-src 'self'; "
    "img-src 'self' data:; "
    "font-src 'self'; "
    "connect-src 'self'; "
    "form-action {targets}; "
    "frame-ancestors 'none'; "
    "base-uri 'none'"
)
_STATIC_SECONDS = 365 * 24 * 3600


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer; only files with a version in their URL are kept."""
    policy = _CONTENT_SECURITY_POLICY.format(targets=_form_targets(settings))
    app.after_request(lambda response: _add_headers(response, policy))


def _form_targets(settings: Settings) -> str:
    """Return where forms may lead: signing out may end at the identity provider."""
    if settings.oidc_issuer is None:
        return "'self'"
    provider = urlsplit(settings.oidc_issuer)
    return f"'self' {provider.scheme}://{provider.netloc}"


def _add_headers(response: Response, policy: str) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", policy)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={_STATIC_SECONDS}, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
