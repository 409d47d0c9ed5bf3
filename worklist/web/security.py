"""Headers that every answer carries."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

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
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
_YEAR_SECONDS = 365 * 24 * 3600


def install(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer; only files with a version in their URL are kept."""
    added = dict(_HEADERS)
    added["Content-Security-Policy"] = _CONTENT_SECURITY_POLICY.format(
        targets=_form_targets(settings)
    )
    if is_encrypted(settings):
        added["Strict-Transport-Security"] = f"max-age={_YEAR_SECONDS}"
    app.after_request(lambda response: _add_headers(response, added))
    if settings.proxies:
        count = settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count)  # type: ignore[method-assign]


def is_encrypted(settings: Settings) -> bool:
    """Return whether browsers reach the pages by https alone."""
    return (settings.public_url or "").startswith("https://")


def _form_targets(settings: Settings) -> str:
    """Return where forms may lead: signing out may end at the identity provider."""
    if settings.oidc_issuer is None:
        return "'self'"
    provider = urlsplit(settings.oidc_issuer)
    return f"'self' {provider.scheme}://{provider.netloc}"


def _add_headers(response: Response, added: Mapping[str, str]) -> Response:
    headers = response.headers
    for name, value in added.items():
        headers.setdefault(name, value)
    if request.endpoint == "static" and "v" in request.args:
        headers["Cache-Control"] = f"public, max-age={_YEAR_SECONDS}, immutable"
    elif request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
    return response
