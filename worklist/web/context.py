"""What every page needs: the settings, a transaction, the time, the site and who is asking."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Flask, current_app, g, request
from flask_login import AnonymousUserMixin, current_user
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from config import Settings
from worklist import db
from worklist.auth.models import User
from worklist.catalogue.models import Site
from worklist.catalogue.sites import IN_USE_FIRST
from worklist.clock import Clock
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _

_KEY = "worklist"
_YEARS_SHOWN = 100


class NoDepartmentError(NotFoundError):
    """Nobody has made a site yet: no page about a day, a room or a queue has anything to show."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Nothing can be booked or read before there is a site with its rooms. An "
                "administrator makes it under Administration, where the first steps are listed, "
                "or loads a file with `worklist catalogue load FILE`."
            )
        )


@dataclass(frozen=True, slots=True)
class WebContext:
    """What the application was made with."""

    settings: Settings
    engine: Engine
    sessions: db.SessionFactory
    clock: Clock


def install(app: Flask, context: WebContext) -> None:
    """Keep the context with the application."""
    app.extensions[_KEY] = context


def current() -> WebContext:
    """Return the context of the application that serves this request."""
    context: WebContext = current_app.extensions[_KEY]
    return context


def provider_name() -> str | None:
    """Return what people call the identity provider, where there is one."""
    settings = current().settings
    return settings.oidc_label if settings.oidc_issuer else None


@contextmanager
def transaction() -> Iterator[Session]:
    """Open a session for this request: commit at the end, roll back on any exception."""
    with db.transaction(current().sessions) as session:
        yield session


def now() -> datetime:
    """Return one time for the whole request, aware, in UTC."""
    if "now" not in g:
        g.now = current().clock()
    moment: datetime = g.now
    return moment


def actor() -> str:
    """Return who is asking, as the audit trail names people."""
    return f"user:{current_user.username}"


def address() -> str:
    """Return where the request came from, as far as the proxies before us are believed."""
    return request.remote_addr or ""


def user(session: Session) -> User:
    """Return the account that is signed in."""
    return session.get_one(User, current_user.user_id)


def go_on_as_nobody() -> None:
    """Write the page that says so for nobody, where the account itself cannot be looked up."""
    if "_login_user" not in g:
        g._login_user = AnonymousUserMixin()  # noqa: SLF001 - where Flask-Login keeps it


def site(session: Session) -> Site:
    """Return the site that the page is about: ``?site=CODE``, else the first one in use.

    Raises:
        NotFoundError: there is no such site.
        NoDepartmentError: there is none at all yet.
    """
    if "site" not in g:
        code = request.args.get("site")
        statement = select(Site).order_by(*IN_USE_FIRST).limit(1)
        found = session.scalar(statement.where(Site.code == code) if code else statement)
        if found is None:
            if code:
                raise NotFoundError(_("There is no site %(code)s.", code=repr(code)))
            raise NoDepartmentError
        use_site(found)
    here: Site = g.site
    return here


def set_zone(session: Session) -> None:
    """Tell times of this request in the zone of its site, also on pages about no site."""
    named = (Site.code == request.args.get("site", "")).desc()
    key = session.scalar(select(Site.time_zone).order_by(named, *IN_USE_FIRST).limit(1))
    if key is not None:
        g.zone = ZoneInfo(key)


def use_site(found: Site) -> None:
    """Make the page be about this site, whatever its address says."""
    g.site, g.zone = found, ZoneInfo(found.time_zone)


def zone() -> ZoneInfo:
    """Return the zone in which this page tells times: its site's, else the settings'."""
    told: ZoneInfo = g.get("zone") or ZoneInfo(current().settings.time_zone)
    return told


def today() -> date:
    """Return the day that it is in the page's zone."""
    return now().astimezone(zone()).date()


def day() -> date:
    """Return the day that the page is about: ``?day=YYYY-MM-DD``, else today in the page's zone.

    Raises:
        DomainError: it is not a day, or one of another century.
    """
    given = request.args.get("day", "")
    return day_of(given) if given else today()


def day_of(given: str) -> date:
    """Return the day that a text names: ``YYYY-MM-DD``.

    Raises:
        DomainError: it is not a day, or one of another century.
    """
    try:
        wanted = date.fromisoformat(given)
    except ValueError as error:
        raise DomainError(
            _("%(given)s is not a day: write it as 2026-11-25.", given=repr(given))
        ) from error
    if abs(wanted.year - now().year) > _YEARS_SHOWN:
        raise DomainError(
            _("There is no calendar for %(given)s: choose a day nearer to today.", given=given)
        )
    return wanted


def day_bounds(wanted: date) -> tuple[datetime, datetime]:
    """Return a day's first moment and the next day's: 23, 24 or 25 hours apart."""
    return (
        datetime.combine(wanted, time(), tzinfo=zone()),
        datetime.combine(wanted + timedelta(days=1), time(), tzinfo=zone()),
    )


def version() -> int | None:
    """Return the version of the row that the page showed when it was submitted."""
    return request.form.get("version", type=int)
