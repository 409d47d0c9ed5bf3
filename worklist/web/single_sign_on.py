"""Signing in through an identity provider (OpenID Connect Core 1.0, code flow with PKCE)."""

from collections.abc import Mapping
from typing import Any

import requests
import structlog
from authlib.integrations.base_client import OAuthError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Blueprint, Flask, current_app, redirect, request, session, url_for
from flask_login import current_user
from joserfc.errors import JoseError
from werkzeug.wrappers import Response as AnyResponse

from config import Settings, SettingsError, variable
from worklist.auth import identities
from worklist.auth.identities import Identity
from worklist.auth.models import User
from worklist.auth.roles import UserRole
from worklist.language.text import Text, _
from worklist.web import answers, context, kept_forms
from worklist.web.sign_in import THROUGH_PROVIDER, ask_to_send, door, limiter, open_session

blueprint = Blueprint("single_sign_on", __name__, url_prefix="/sign-in/provider")

_NEXT, _CONNECTS, _KEPT = "provider_next", "provider_connects", "provider_kept"
_TRIES = "20 per minute"
_LONGEST_REASON = 200
_SECONDS = 10  # how long a provider may take to answer
_KEY = "worklist.provider"
_BAD_GATEWAY, _UNPROCESSABLE = 502, 422
_UNREACHABLE = (requests.RequestException, JoseError, ValueError, RuntimeError)

log = structlog.get_logger(__name__)


def install(app: Flask, settings: Settings) -> None:
    """Know the provider, if the settings name one.

    Raises:
        SettingsError: the settings of the provider do not go together.
    """
    app.register_blueprint(blueprint)
    if settings.oidc_issuer is None:
        return
    if not settings.oidc_client_id:
        raise SettingsError(
            f"{variable('oidc_client_id')} is not set, but {variable('oidc_issuer')} is"
        )
    _role_names(settings)
    secret = settings.oidc_client_secret
    app.extensions[_KEY] = OAuth(app).register(
        "provider",
        client_id=settings.oidc_client_id,
        client_secret=secret.get_secret_value() if secret else None,
        server_metadata_url=f"{settings.oidc_issuer}/.well-known/openid-configuration",
        client_kwargs={
            "scope": "openid profile email",
            "code_challenge_method": "S256",
            "default_timeout": _SECONDS,
            "token_endpoint_auth_method": "client_secret_basic" if secret else "none",
        },
    )


@blueprint.get("")
@blueprint.post("")
@limiter.limit(_TRIES)
def leave() -> AnyResponse:
    """Send the browser to the provider; after a locked session it has to ask who is there.

    A form that was sent too late comes along and is kept until its person is back.
    """
    session[_NEXT] = request.values.get("next", "")
    session.pop(_CONNECTS, None)
    if text := request.form.get("kept", ""):
        session[_KEPT] = kept_forms.put_by(text)
    return _to_provider(**{"prompt": "login"} if session.get(THROUGH_PROVIDER) else {})


@blueprint.post("/connect")
@limiter.limit(_TRIES)
def connect() -> AnyResponse:
    """Send somebody who is signed in to the provider, to connect the two accounts.

    Only a form of ours begins it: a link elsewhere could connect somebody else's account.
    """
    session[_CONNECTS] = current_user.get_id()
    return _to_provider()


@blueprint.get("/return")
@limiter.limit(_TRIES)
def come_back() -> AnyResponse | tuple[str, int]:
    """Take what the provider says and open a session, or connect the account."""
    try:
        claims = _ask_who()
    except OAuthError as error:
        log.info("web.provider.refused", error=error.error, description=error.description)
        return _refused(_why(error.error), error.error)
    except (*_UNREACHABLE, KeyError) as error:
        return _unreachable(error)
    settings = context.current().settings
    try:
        identity = identity_of(claims, settings)
    except KeyError as error:
        text = _(
            "%(provider)s does not tell %(claim)s: ask whoever runs it to release it.",
            provider=_label(),
            claim=error,
        )
        return _refused(text, text)
    connects = session.pop(_CONNECTS, None)
    if current_user.is_authenticated and connects == current_user.get_id():
        return _connect(identity)
    with context.transaction() as database:
        found = identities.sign_in(database, identity, now=context.now(), address=context.address())
        if isinstance(found, User):
            return _let_in(found)
    return _door(found.text)


def _let_in(user: User) -> AnyResponse:
    """Open the session, and ask about the form that was sent too late, if there is one."""
    wanted = session.pop(_NEXT, "")
    form = kept_forms.opened(kept_forms.fetch(session.pop(_KEPT, "")), user.id)
    if form is not None:
        return ask_to_send(user, form, wanted, through_provider=True)
    return open_session(user, wanted, through_provider=True)


@blueprint.post("/disconnect/<int:identity_id>")
def disconnect(identity_id: int) -> AnyResponse:
    """End a connection of one's own account."""
    with context.transaction() as database:
        user = context.user(database)
        identities.disconnect(database, user, identity_id, now=context.now())
    return answers.done(_("The connection is ended."), to=url_for("accounts.own"))


@blueprint.get("/end")
def end() -> AnyResponse:
    """End the session at the provider too.

    A workstation is shared: whoever comes next must not be let in as the last person
    (OpenID Connect RP-Initiated Logout 1.0 section 2).
    """
    door_address = _address("sign_in.form")
    try:
        made = _provider().create_logout_url(
            post_logout_redirect_uri=door_address,
            client_id=context.current().settings.oidc_client_id,
        )
    except _UNREACHABLE as error:
        log.warning("web.provider.no_end", error=str(error))
        return redirect(door_address)
    return redirect(made["url"])


def is_known() -> bool:
    """Return whether the settings name a provider."""
    return _KEY in current_app.extensions


def identity_of(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """Read what a provider says of a person.

    Raises:
        KeyError: the claim of the account's name, which the text names, is missing.
    """
    username = claims.get(settings.oidc_username_claim)
    if not username:
        raise KeyError(settings.oidc_username_claim)
    names = _role_names(settings)
    groups = _groups(claims, settings.oidc_roles_claim)
    return Identity(
        issuer=claims["iss"],
        subject=claims["sub"],
        username=str(username),
        display_name=str(claims.get("name") or username)[:100],
        roles={names[group] for group in groups if group in names} if names else None,
    )


def _to_provider(**parameters: str) -> AnyResponse:
    try:
        answer: AnyResponse = _provider().authorize_redirect(
            _address("single_sign_on.come_back"), **parameters
        )
    except _UNREACHABLE as error:
        return current_app.make_response(_unreachable(error))
    return answer


def _ask_who() -> dict[str, Any]:
    """Return the claims of the ID token and, where there are more, of the UserInfo endpoint.

    Raises:
        OAuthError: the provider refuses.
        KeyError: there is no ID token.
        ValueError: the two are of different people (section 5.3.2).
    """
    provider = _provider()
    token = provider.authorize_access_token()
    claims: dict[str, Any] = dict(token["userinfo"])
    if "userinfo_endpoint" not in provider.load_server_metadata():
        return claims
    more = provider.userinfo(token=token)
    if more["sub"] != claims["sub"]:
        raise ValueError("the UserInfo endpoint tells of somebody else")
    return dict(more) | claims


def _connect(identity: Identity) -> AnyResponse:
    with context.transaction() as database:
        user = context.user(database)
        identities.connect(database, user, identity, now=context.now())
    text = _(
        "%(name)s of %(provider)s opens this account now.",
        name=identity.username,
        provider=_label(),
    )
    return answers.done(text, to=url_for("accounts.own"))


def _provider() -> FlaskOAuth2App:
    if not is_known():
        raise RuntimeError("no provider is set")
    return current_app.extensions[_KEY]


def _address(endpoint: str) -> str:
    """Return a page's address as the browser, and the provider's list of addresses, know it."""
    base = context.current().settings.public_url or request.host_url.rstrip("/")
    return base + url_for(endpoint)


def _label() -> str:
    label = context.current().settings.oidc_label
    return label[:1].upper() + label[1:]


def _groups(claims: Mapping[str, Any], path: str) -> list[str]:
    """Return the groups under a claim; dots lead into claims that hold claims."""
    found: Any = claims
    for part in path.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    if isinstance(found, str):
        return [found]
    return [str(group) for group in found] if isinstance(found, list) else []


def _role_names(settings: Settings) -> dict[str, UserRole]:
    """Return the role that each group stands for.

    Raises:
        SettingsError: there is no such role.
    """
    pairs = [pair.partition("=") for pair in settings.oidc_roles.split(",") if pair]
    try:
        return {group.strip(): UserRole(role.strip()) for group, _, role in pairs}
    except ValueError as error:
        known = ", ".join(UserRole)
        raise SettingsError(f"{variable('oidc_roles')}: {error}; roles are {known}") from error


def _unreachable(error: Exception) -> tuple[str, int]:
    log.warning("web.provider.unreachable", error=f"{type(error).__name__}: {error}")
    text = _(
        "%(provider)s cannot sign you in just now. Try again, or sign in with a password.",
        provider=_label(),
    )
    return _door(text, _BAD_GATEWAY)


def _why(code: str) -> Text:
    """Say why in our own words: whoever makes a link to here can write a description into it."""
    if code == "access_denied":  # RFC 6749 section 4.1.2.1
        return _(
            "%(provider)s did not let you in, or you did not go on there. Try again, or sign in "
            "with a password.",
            provider=_label(),
        )
    return _(
        "%(provider)s did not sign you in. Try again; if it happens again, tell your "
        "administrator: the reason is in the audit trail.",
        provider=_label(),
    )


def _refused(text: Text, reason: str) -> tuple[str, int]:
    """Note in the trail that nobody was signed in, and say why."""
    settings = context.current().settings
    with context.transaction() as database:
        identities.refuse(
            database,
            issuer=settings.oidc_issuer or "",
            reason=reason[:_LONGEST_REASON],
            now=context.now(),
            address=context.address(),
        )
    return _door(text)


def _door(problem: str, status: int = _UNPROCESSABLE) -> tuple[str, int]:
    return door(problem=problem, wanted=session.pop(_NEXT, "")), status
