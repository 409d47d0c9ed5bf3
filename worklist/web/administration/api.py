"""The catalogue for programs: what administrators change, and who changed what."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, StringConstraints
from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.catalogue.editing import service
from worklist.catalogue.editing.kind import Kind
from worklist.catalogue.editing.kinds import KINDS
from worklist.language.text import _
from worklist.web import context
from worklist.web.administration import columns, queries
from worklist.web.api.exams import ExamSummary
from worklist.web.api.fields import (
    After,
    Done,
    Input,
    ListQuery,
    Output,
    Page,
    SortedBy,
    TableQuery,
)
from worklist.web.api.incoming import page_after
from worklist.web.api.operations import Operations
from worklist.web.api.problems import ApiError

api = Operations("Administration", "The catalogue, changed with its history.")

_ADDRESS = f"/catalogue/<any({', '.join(KINDS)}):kind>"


class CatalogueThing(Output):
    """A thing of the catalogue; ``active`` is null where its kind is always in use."""

    kind: str
    code: str
    active: bool | None
    values: dict[str, Any]


class Retirement(Input):
    """``sure`` says that the exams or messages that still need the thing are known."""

    sure: bool = False


class AdministrativeChange(Output):
    """One change: what differed before and after."""

    id: int
    changed_at: datetime
    actor: str
    kind: str
    code: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class ChangesQuery(ListQuery):
    """Which changes; the newest come first.

    ``sort`` is when, who, what or code, with ``-`` backwards; ``who`` is part of a name.
    """

    kind: Annotated[str, StringConstraints(max_length=32)] = ""
    code: Annotated[str, StringConstraints(max_length=64)] = ""
    who: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)] = ""
    sort: SortedBy = ""
    after: After = ""


@api.get(
    _ADDRESS,
    Permission.ADMINISTER,
    twins="administration.listing",
)
def list_catalogue(session: Session, kind: str, query: TableQuery) -> Page[CatalogueThing]:
    """List the things of one kind, by their codes where nothing else is said."""
    known = KINDS[kind]
    found = queries.listing(
        session,
        known,
        columns.sorting(known, query.sort),
        text=query.text,
        everything=query.all,
        after=query.after,
        rows=query.limit,
    )
    return Page(items=[_thing(known, row) for row in found.rows], next=page_after(found.after))


@api.get(
    f"{_ADDRESS}/<code>",
    Permission.ADMINISTER,
    twins="administration.show",
)
def read_catalogue(session: Session, kind: str, code: str) -> CatalogueThing:
    """Return a thing of the catalogue."""
    return _thing(KINDS[kind], service.find(session, KINDS[kind], code))


@api.post(
    f"{_ADDRESS}/<code>/<any(retire, restore):wanted>",
    Permission.ADMINISTER,
    twins="administration.change_use",
)
def use_catalogue(
    session: Session, kind: str, code: str, wanted: str, body: Retirement
) -> CatalogueThing:
    """Take a thing out of use, or back.

    Where exams still need it the answer is 409 with them under `exams`, where messages wait for
    it with their number under `waiting`.
    """
    known = KINDS[kind]
    row = service.find(session, known, code)
    if wanted == "retire" and not body.sure:
        exams = queries.booked(session, row, now=context.now())
        waiting = queries.waiting_for(session, row)
        if exams or waiting:
            raise ApiError(
                409,
                "still-needed",
                _("Exams to come or messages still need it: send it again with sure: true."),
                exams=[ExamSummary.of(one).model_dump(mode="json") for one in exams],
                waiting=waiting,
            )
    service.set_active(
        session,
        known,
        code,
        active=wanted == "restore",
        actor=context.actor(),
        now=context.now(),
    )
    return _thing(known, service.find(session, known, code))


@api.delete("/catalogue/holiday/<code>", Permission.ADMINISTER, twins="administration.change_use")
def delete_holiday(session: Session, code: str) -> Done:
    """Take a public holiday away: the only thing that is ever deleted."""
    service.delete(session, KINDS["holiday"], code, actor=context.actor(), now=context.now())
    return Done(text=_("%(code)s is removed.", code=code))


@api.get("/changes", Permission.ADMINISTER, twins="administration.overview")
def list_changes(session: Session, query: ChangesQuery) -> Page[AdministrativeChange]:
    """List what administrators changed."""
    wanted = queries.WantedChanges(kind=query.kind, code=query.code, who=query.who)
    sorting = queries.changes_by(query.sort)
    found = queries.recent(session, wanted, sorting, after=query.after, rows=query.limit)
    items = [AdministrativeChange.model_validate(one) for one in found.rows]
    return Page(items=items, next=page_after(found.after))


def _offer(known: Kind[Any, Any]) -> None:
    """Offer making and changing things of one kind: each has a body of its own."""

    def create(session: Session, body: BaseModel) -> CatalogueThing:
        code = service.save(
            session, known, body, code=None, actor=context.actor(), now=context.now()
        )
        return _thing(known, service.find(session, known, code))

    def change(session: Session, code: str, body: BaseModel) -> CatalogueThing:
        _require_code(known, code, body)
        service.save(session, known, body, code=code, actor=context.actor(), now=context.now())
        return _thing(known, service.find(session, known, code))

    for view in (create, change):
        view.__doc__ = f"{view.__name__.capitalize()} a {known.name}."
        view.__name__ = f"{view.__name__}_{known.name}"
        view.__annotations__["body"] = known.entry
    address = f"/catalogue/{known.name}"
    api.post(
        address,
        Permission.ADMINISTER,
        creates=f"{address}/{{code}}",
        twins="administration.create administration.new",
    )(create)
    api.put(f"{address}/<code>", Permission.ADMINISTER, twins="administration.change")(change)


def _require_code(known: Kind[Any, Any], code: str, body: BaseModel) -> None:
    """Refuse to give a thing another code: what refers to it would lose it."""
    field = known.key.key
    told = str(getattr(body, field))
    if known.can_be_deleted:
        told = f"{getattr(body, 'site', '')}_{told}"
    if told != code:
        text = _("A thing keeps its code: send the one of the address.")
        raise ApiError(422, "invalid", text, errors=[{"where": f"body.{field}", "what": text}])


def _thing(known: Kind[Any, Any], row: Any) -> CatalogueThing:  # noqa: ANN401 - its table's row
    return CatalogueThing(
        kind=known.name,
        code=known.code(row),
        active=known.is_active(row),
        values=known.values(row),
    )


for _kind in KINDS.values():
    _offer(_kind)
