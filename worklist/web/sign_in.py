"""Signing in and out; every other page needs it."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass

from flask import (
    Blueprint,
    Flask,
    Response,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    session,
    url_for,
)
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_login import LoginManager, UserMixin, current_user, login_user, logout_user
from flask_wtf.csrf import generate_csrf
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as AnyResponse

from worklist import db
from worklist.auth import service as auth
from worklist.auth import sessions
from worklist.auth.models import User
from worklist.web import context, errors, kept_forms
from worklist.web.answers import NO_CONTENT, back, is_htmx

blueprint = Blueprint("sign_in", __name__)

_UNAUTHORIZED, _UNPROCESSABLE = 401, 422
_TRIES = "20 per minute"  # from one address; the account's own lock counts wrong passwords
_PUBLIC = frozenset(
    {
        "static",
        "sign_in.form",
        "sign_in.sign_in",
        "sign_in.state",
        "sign_in.used",
        "single_sign_on.leave",
        "single_sign_on.come_back",
        "single_sign_on.end",
        "health.healthz",
        "health.readyz",
        "metrics.metrics",
        "api_docs.openapi",
    }
)
# Boards that name nobody stay on for as long as they hang on the wall.
_NEVER_LOCKED = frozenset({"rooms.wall", "live.events"})
# With a password that somebody else chose a person may only choose another one.
_BEFORE_ALL_ELSE = frozenset(
    {"accounts.own", "accounts.change_own_password", "sign_in.sign_out", "live.events"}
)
_USED_AT, _BEGUN_AT, _SESSION_KEY = "used_at", "begun_at", "session_key"
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
    password_is_temporary: bool

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
    """Open a session for the right name and password; a locked page stays as it is."""
    username, wanted = request.form.get("username", ""), request.form.get("next", "")
    kept_form = request.form.get("kept", "")
    with context.transaction() as database:
        found = auth.sign_in(
            database,
            username=username,
            password=request.form.get("password", ""),
            now=context.now(),
            address=context.address(),
        )
        if isinstance(found, User):
            if is_htmx():
                return _unlock(found)
            form = kept_forms.opened(kept_form, found.id)
            return open_session(found, wanted) if form is None else ask_to_send(found, form, wanted)
    if is_htmx():
        return errors.refused(found.text, _UNPROCESSABLE)
    page = door(problem=found.text, username=username, wanted=wanted, kept_form=kept_form)
    return page, _UNPROCESSABLE


@blueprint.get("/sign-in/state")
def state() -> AnyResponse:
    """Tell a page how long its session stays open; asking is not use of it.

    A page that is locked gets the token with which its forms are sent afterwards: the browser may
    have lost the session to which the old one belonged.
    """
    if not has_account():
        return make_response(jsonify(seconds=0, token=generate_csrf()), _UNAUTHORIZED)
    return jsonify(seconds=_seconds_left(), username=current_user.username)


@blueprint.post("/sign-in/state")
def used() -> AnyResponse:
    """Note that somebody works at the page, though nothing was sent yet."""
    return state()


@blueprint.post("/sign-out")
def sign_out() -> AnyResponse:
    """End this session, and the provider's where it began there."""
    began_there = session.pop(THROUGH_PROVIDER, False)
    with context.transaction() as database:
        auth.sign_out(
            database,
            context.user(database),
            everywhere=False,
            now=context.now(),
            address=context.address(),
        )
        if _SESSION_KEY in session:
            sessions.end(database, session[_SESSION_KEY], now=context.now())
    _end_session()
    return redirect(url_for("single_sign_on.end" if began_there else "sign_in.form"), code=303)


def door(*, wanted: str, problem: str = "", username: str = "", kept_form: str = "") -> str:
    """Return the page that asks who is there."""
    return render_template(
        "signin/form.html",
        next=wanted,
        problem=problem,
        username=username,
        kept=kept_form,
        provider=context.provider_name(),
    )


def open_session(user: User, wanted: str, *, through_provider: bool = False) -> AnyResponse:
    """Sign the browser in and send it to the page that it asked for."""
    begin_session(user, through_provider=through_provider)
    return redirect(_wanted(wanted), code=303)


def ask_to_send(
    user: User, form: kept_forms.KeptForm, wanted: str, *, through_provider: bool = False
) -> AnyResponse:
    """Sign the browser in and show what was not sent: its person says whether it is now."""
    begin_session(user, through_provider=through_provider)
    return make_response(render_template("signin/kept.html", form=form, next=_wanted(wanted)))


def begin_session(user: User, *, through_provider: bool = False) -> None:
    """Sign the browser in; forms of its open pages keep their token: what is typed there stays."""
    now = int(context.now().timestamp())
    key = secrets.token_urlsafe()
    session.update(
        {THROUGH_PROVIDER: through_provider, _USED_AT: now, _BEGUN_AT: now, _SESSION_KEY: key}
    )
    login_user(signed_in(user))


def _unlock(user: User) -> AnyResponse:
    """Open the session of a page that is still there; somebody else gets a page of their own."""
    begin_session(user)
    response = Response(status=NO_CONTENT)
    if request.form.get("was") == user.username:
        response.headers["HX-Trigger"] = "unlocked"
    else:
        response.headers["HX-Redirect"] = url_for("home.start")
    return response


def _require_account() -> AnyResponse | None:
    if request.blueprint in _FOR_PROGRAMS:
        return None
    longest, owner = request.max_content_length, session.get("_user_id", "")
    # Reading a form costs time: whoever has no account sends no long one.
    request.max_content_length = kept_forms.LARGEST_KEPT
    if request.endpoint in _PUBLIC:
        return None
    if has_account():
        request.max_content_length = longest
        return _require_own_password()
    return None if request.endpoint is None else _ask_who(owner)


def _ask_who(owner: str) -> AnyResponse:
    """Ask who is there; ``owner`` is whose session is over, as the cookie says it."""
    if is_htmx():
        return _locked()
    if request.method == "GET":
        return redirect(url_for("sign_in.form", next=request.full_path.rstrip("?")))
    user_id = owner.partition(":")[0]
    form = kept_forms.keep(int(user_id)) if user_id.isdigit() else ""
    if form:
        return make_response(door(wanted=back(), kept_form=form), _UNAUTHORIZED)
    return redirect(url_for("sign_in.form", next=back()))


def _locked() -> AnyResponse:
    """Let the page ask who is there, over what is typed; one that cannot goes to the door."""
    response = Response(status=_UNAUTHORIZED)
    response.headers["HX-Reswap"] = "none"
    response.headers["HX-Trigger"] = "locked"
    return response


def _require_own_password() -> AnyResponse | None:
    if not current_user.password_is_temporary or request.endpoint in _BEFORE_ALL_ELSE:
        return None
    address = url_for("accounts.own")
    if is_htmx():
        return Response(status=NO_CONTENT, headers={"HX-Redirect": address})
    return redirect(address)


def has_account() -> bool:
    """Return whether the browser has a session that is in use."""
    return current_user.is_authenticated and not _is_over()


def _is_over() -> bool:
    """Lock a session that nobody has used for a while; what pages ask by themselves is not use."""
    if request.endpoint in _NEVER_LOCKED:
        return False
    now = int(context.now().timestamp())
    if _seconds_left() < 0:
        _end_session()
        return True
    is_use = request.endpoint != "sign_in.state" and (request.method != "GET" or not is_htmx())
    was_put_back = session[_USED_AT] > now  # the clock: idle time counts from here
    if is_use or was_put_back:
        session[_USED_AT] = now
    return False


def still_open() -> Callable[[], bool]:
    """Return what tells, also when this request is over, whether its session may still be used."""
    made_with, person, key = context.current(), current_user.get_id(), session.get(_SESSION_KEY, "")
    user_id, _, epoch = person.partition(":")

    def is_open() -> bool:
        try:
            with db.transaction(made_with.sessions) as database:
                return sessions.user(database, int(user_id), int(epoch), key) is not None
        except SQLAlchemyError:
            return True  # without the database nothing can be looked at, nor has news

    return is_open


def _seconds_left() -> int:
    """Return for how long the session stays open if nobody uses it."""
    now = int(context.now().timestamp())
    idle = context.current().settings.idle_minutes * 60
    longest = int(sessions.LONGEST.total_seconds())
    ends: int = min(session.get(_USED_AT, 0) + idle, session.get(_BEGUN_AT, 0) + longest)
    return ends - now


def _end_session() -> None:
    logout_user()
    session.pop(_USED_AT, None)


def _wanted(path: str) -> str:
    """Return the page asked for before signing in, if it is one of ours.

    Browsers read a backslash as a slash and leave out tabs and line ends (WHATWG URL section 4.4):
    each could turn a path into another host's address.
    """
    is_path = path.startswith("/") and not path.startswith("//")
    is_ours = is_path and "\\" not in path and path.isprintable()
    return path if is_ours else url_for("home.start")


def _load(identity: str) -> SignedIn | None:
    """Return the account of a cookie, None where it may not be used any more."""
    user_id, _, epoch = identity.partition(":")
    if not (user_id.isdigit() and epoch.isdigit()):
        return None
    with db.transaction(context.current().sessions) as database:
        key = session.get(_SESSION_KEY, "")
        user = sessions.user(database, int(user_id), int(epoch), key)
        if user is None:
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
        password_is_temporary=user.password_is_temporary,
    )
