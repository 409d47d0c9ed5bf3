"""Signing in and out; every other page needs it."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, redirect, render_template, request, session, url_for
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from werkzeug.wrappers import Response as AnyResponse

from worklist import db
from worklist.auth import service as auth
from worklist.auth.models import User
from worklist.web import context
from worklist.web.answers import is_htmx

blueprint = Blueprint("sign_in", __name__)

_TRIES = "20 per minute"  # from one address; the account's own lock counts wrong passwords
_PUBLIC = frozenset(
    {
        "static",
        "sign_in.form",
        "sign_in.sign_in",
        "single_sign_on.leave",
        "single_sign_on.come_back",
        "single_sign_on.end",
        "health.healthz",
        "health.readyz",
        "metrics.metrics",
        "api_docs.openapi",
    }
)
_USED_AT = "used_at"
_IN_USE = "X-In-Use"
THROUGH_PROVIDER = "through_provider"  # the session began at the identity provider
# These see to it themselves who asks.
_FOR_PROGRAMS = frozenset({"hl7_api", "fhir", "api"})

limiter = Limiter(get_remote_address, swallow_errors=True, in_memory_fallback_enabled=True)


@dataclass(frozen=True)
class SignedIn(UserMixin):  # type: ignore[misc]
    """The account behind a request, read from its row each time."""

    user_id: int
    username: str
    display_name: str
    roles: tuple[str, ...]
    session_epoch: int
    locale: str | None

    def get_id(self) -> str:
        """Return what the session cookie holds: the account and its epoch."""
        return f"{self.user_id}:{self.session_epoch}"


def install(app: Flask) -> None:
    """Ask for an account everywhere but at the door."""
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(_load)
    app.config["RATELIMIT_STORAGE_URI"] = _storage(app)
    limiter.init_app(app)
    app.before_request(_require_account)
    app.register_blueprint(blueprint)


def _storage(app: Flask) -> str:
    """Return where tries are counted: Redis where there is one, so that all processes count."""
    with app.app_context():
        return context.current().settings.redis_url or "memory://"


@blueprint.get("/sign-in")
def form() -> str | AnyResponse:
    """Show the form."""
    if current_user.is_authenticated:
        return redirect(url_for("home.start"))
    return door(wanted=request.args.get("next", ""))


@blueprint.post("/sign-in")
@limiter.limit(_TRIES)
def sign_in() -> tuple[str, int] | AnyResponse:
    """Open a session for the right name and password."""
    username, wanted = request.form.get("username", ""), request.form.get("next", "")
    with context.transaction() as database:
        found = auth.sign_in(
            database,
            username=username,
            password=request.form.get("password", ""),
            now=context.now(),
        )
        if isinstance(found, User):
            return open_session(found, wanted)
    return door(problem=str(found), username=username, wanted=wanted), 422


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session, and the provider's where it began there."""
    began_there = session.pop(THROUGH_PROVIDER, False)
    logout_user()
    return redirect(url_for("single_sign_on.end" if began_there else "sign_in.form"), code=303)


def door(*, wanted: str, problem: str = "", username: str = "") -> str:
    """Return the page that asks who is there."""
    settings = context.current().settings
    return render_template(
        "signin/form.html",
        next=wanted,
        problem=problem,
        username=username,
        provider=settings.oidc_label if settings.oidc_issuer else None,
    )


def open_session(user: User, wanted: str, *, through_provider: bool = False) -> AnyResponse:
    """Sign the browser in and send it to the page that it asked for."""
    session[THROUGH_PROVIDER] = through_provider
    login_user(signed_in(user))
    return redirect(_wanted(wanted), code=303)


def _require_account() -> AnyResponse | None:
    if request.endpoint in _PUBLIC or request.blueprint in _FOR_PROGRAMS:
        return None
    if has_account():
        return None
    if request.endpoint is None:
        return None
    if is_htmx() and request.method != "GET":
        response = Response(render_template("signin/ended.html"), 401)
        response.headers["HX-Retarget"] = "#answer"
        response.headers["HX-Reswap"] = "innerHTML"
        return response
    if is_htmx():
        response = Response(status=401)
        response.headers["HX-Redirect"] = url_for("sign_in.form", next=_shown_page())
        return response
    wanted = request.full_path.rstrip("?") if request.method == "GET" else ""
    return redirect(url_for("sign_in.form", next=wanted or None))


def has_account() -> bool:
    """Tell whether the browser has a session that is in use."""
    return current_user.is_authenticated and not _is_idle()


def _is_idle() -> bool:
    """Lock a session that nobody has used for a while; what pages ask by themselves is no use.

    A page tells with what it asks whether somebody has typed or clicked there meanwhile.
    """
    now = int(context.now().timestamp())
    limit = context.current().settings.idle_minutes * 60
    if now - session.get(_USED_AT, now) > limit:
        logout_user()
        session.pop(_USED_AT)
        return True
    by_hand = request.method != "GET" or not is_htmx() or _IN_USE in request.headers
    if by_hand and request.endpoint != "live.events":
        session[_USED_AT] = now
    return False


def _shown_page() -> str | None:
    """Return the page that the browser shows while a part of it asks."""
    shown = urlsplit(request.headers.get("HX-Current-URL", ""))
    return shown.path + (f"?{shown.query}" if shown.query else "") or None


def _wanted(path: str) -> str:
    """Return the page asked for before signing in, if it is one of ours."""
    is_ours = path.startswith("/") and not path.startswith(("//", "/\\"))
    return path if is_ours else url_for("home.start")


def _load(identity: str) -> SignedIn | None:
    """Return the account of a cookie, None where it may not be used any more."""
    user_id, _, epoch = identity.partition(":")
    if not (user_id.isdigit() and epoch.isdigit()):
        return None
    with db.transaction(context.current().sessions) as database:
        user = database.get(User, int(user_id))
        if user is None or not user.active or user.session_epoch != int(epoch):
            return None
        context.set_zone(database)
        return signed_in(user)


def signed_in(user: User) -> SignedIn:
    """Return what a session knows of the account."""
    return SignedIn(
        user_id=user.id,
        username=user.username,
        display_name=user.display_name,
        roles=tuple(user.roles),
        session_epoch=user.session_epoch,
        locale=user.locale,
    )
