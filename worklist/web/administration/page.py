"""``/administration``: the catalogue, one list and form for each kind of thing, and its history."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from zoneinfo import available_timezones

from flask import Blueprint, Response, make_response, render_template, request, url_for
from pydantic import BaseModel
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.auth.roles import Permission
from worklist.catalogue.editing import service
from worklist.catalogue.editing.errors import FieldError
from worklist.catalogue.editing.kind import Kind
from worklist.catalogue.editing.kinds import KINDS
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _
from worklist.web import answers, context
from worklist.web.administration import columns, files, hours, queries, reading
from worklist.web.administration.fields import FORMS, NO_ROOMS
from worklist.web.administration.first_steps import first_steps
from worklist.web.permissions import require

blueprint = Blueprint("administration", __name__, url_prefix="/administration")
hours.install(blueprint)
blueprint.add_url_rule("/changes.csv", "changes_file", files.changes)
blueprint.add_url_rule("/<kind>.csv", "listing_file", files.listing)

_REFUSED = 422


@blueprint.get("")
@require(Permission.ADMINISTER)
def overview() -> str:
    """Show what there is to administer and what was changed last."""
    sorting = queries.changes_by(request.args.get("sort", ""))
    with context.transaction() as session:
        changed = queries.recent(
            session,
            queries.WantedChanges.of(request.args),
            sorting,
            after=request.args.get("after", ""),
        )
        return render_template(
            "administration/overview.html",
            forms=FORMS,
            counts=queries.counts(session),
            steps=first_steps(session),
            page=changed,
            sorting=sorting,
            kinds=queries.changed_kinds(session),
        )


@blueprint.get("/<kind>")
@require(Permission.ADMINISTER)
def listing(kind: str) -> str:
    """List the things of one kind."""
    known = _kind(kind)
    sorting = columns.sorting(known, request.args.get("sort", ""))
    with context.transaction() as session:
        page = queries.listing(
            session,
            known,
            sorting,
            text=request.args.get("q", "").strip(),
            everything=request.args.get("all") == "yes",
            after=request.args.get("after", ""),
        )
        rows = [(known.code(row), known.values(row), known.is_active(row)) for row in page.rows]
        return render_template(
            "administration/list.html",
            kind=kind,
            form=FORMS[kind],
            page=page,
            rows=rows,
            sorting=sorting,
        )


@blueprint.get("/<kind>/new")
@require(Permission.ADMINISTER)
def new(kind: str) -> str:
    """Show an empty form."""
    known = _kind(kind)
    with context.transaction() as session:
        values = {
            name: field.get_default(call_default_factory=True)
            for name, field in known.entry.model_fields.items()
            if not field.is_required()
        }
        if kind == "site":
            values["time_zone"] = context.current().settings.time_zone
        return _form(session, kind, None, values, {})


@blueprint.post("/<kind>/new")
@require(Permission.ADMINISTER)
def create(kind: str) -> Response:
    """Make a thing; a room, bay or member of staff gets the hours of another one."""
    return _save(kind, None)


@blueprint.get("/<kind>/<code>")
@require(Permission.ADMINISTER)
def show(kind: str, code: str) -> str:
    """Show a thing in its form, with its history."""
    known = _kind(kind)
    with context.transaction() as session:
        row = service.find(session, known, code)
        return _form(session, kind, code, known.values(row), {}, active=known.is_active(row))


@blueprint.post("/<kind>/<code>")
@require(Permission.ADMINISTER)
def change(kind: str, code: str) -> Response:
    """Change a thing."""
    return _save(kind, code)


@blueprint.post("/<kind>/<code>/<any(retire, restore, delete):wanted>")
@require(Permission.ADMINISTER)
def change_use(kind: str, code: str, wanted: str) -> Response:
    """Take a thing out of use, back, or away; what still needs it is named first."""
    known = _kind(kind)
    if wanted == "delete":
        with context.transaction() as session:
            called = _called(kind, code, known.values(service.find(session, known, code)))
            service.delete(session, known, code, actor=context.actor(), now=context.now())
        text = _("%(code)s is removed.", code=called)
        return answers.done(text, to=url_for("administration.listing", kind=kind))
    active = wanted == "restore"
    with context.transaction() as session:
        row = service.find(session, known, code)
        still: dict[str, Any] = {}
        if not active and not request.form.get("sure"):
            still = {
                "booked": queries.booked(session, row, now=context.now()),
                "waiting": queries.waiting_for(session, row),
            }
        if not any(still.values()):
            try:
                service.set_active(
                    session, known, code, active=active, actor=context.actor(), now=context.now()
                )
            except DomainError as error:
                still = {"refused": error.text}
        if any(still.values()):
            values, used = known.values(row), known.is_active(row)
            page = _form(session, kind, code, values, {}, active=used, **still)
            return make_response(page, _REFUSED)
    back = _("%(code)s is in use again.", code=code)
    text = back if active else _("%(code)s is out of use.", code=code)
    return answers.done(text, to=url_for("administration.show", kind=kind, code=code))


def _save(kind: str, code: str | None) -> Response:
    known = _kind(kind)
    with context.transaction() as session:
        row = None if code is None else service.find(session, known, code)
        stored = None if row is None else known.values(row)
        values = reading.read(FORMS[kind], request.form, stored)
        entry, wrong = reading.check(known.entry, values)
        if entry is not None:
            try:
                saved = _write(session, known, entry, code)
            except FieldError as error:
                wrong = {error.field: str(error)}
        if wrong:
            active = None if row is None else known.is_active(row)
            page = _form(session, kind, code, values, wrong, active=active)
            return make_response(page, _REFUSED)
    text = _("%(code)s is saved.", code=_called(kind, saved, values))
    return answers.done(text, to=url_for("administration.show", kind=kind, code=saved))


def _called(kind: str, code: str, values: dict[str, Any]) -> str:
    """Return what people call a thing: a holiday has no code but its site and day."""
    return str(values["name"]) if kind == "holiday" else code


def _write(session: Session, known: Kind[Any, Any], entry: BaseModel, code: str | None) -> str:
    """Write the entry; a new thing gets the hours of the one that it is made like.

    Raises:
        FieldError: a field cannot be as it is; nothing is written.
    """
    with session.begin_nested():
        saved = service.save(
            session, known, entry, code=code, actor=context.actor(), now=context.now()
        )
        if code is None and (source := request.form.get("hours_of")):
            service.copy_hours(session, source, saved)
    return saved


def _form(
    session: Session,
    kind: str,
    code: str | None,
    values: dict[str, Any],
    wrong: dict[str, str],
    *,
    active: bool | None = None,
    **still: Any,  # noqa: ANN401 - what stands in the way
) -> str:
    """Show a form; ``still`` are ``booked`` exams, ``waiting`` messages, or why it is refused."""
    has_hours = kind in {"room", "resource"}
    return render_template(
        "administration/form.html",
        called=_called(kind, code, values) if code else None,
        kind=kind,
        form=FORMS[kind],
        code=code,
        values=values,
        wrong=wrong,
        active=active,
        can_be_deleted=KINDS[kind].can_be_deleted,
        has_hours=has_hours,
        hours_sources=queries.resource_codes(session) if has_hours and code is None else (),
        sites=queries.site_codes(session, kept=str(values.get("site", ""))),
        rooms=queries.room_codes(session, kept=str(values.get("room", "")))
        if kind == "station"
        else (),
        zones=_time_zones() if kind == "site" else (),
        phase_kinds=NO_ROOMS,
        history=changes.history(session, kind, code) if code else (),
        **{"booked": (), "waiting": 0, "refused": "", **still},
    )


@cache
def _time_zones() -> Sequence[str]:
    """Return the names of the IANA time zones that a site may be in, by place."""
    return sorted(name for name in available_timezones() if "/" in name or name == "UTC")


def _kind(name: str) -> Kind[Any, Any]:
    if name not in KINDS:
        raise NotFoundError(_("There is nothing called %(name)s to administer.", name=name))
    return KINDS[name]
