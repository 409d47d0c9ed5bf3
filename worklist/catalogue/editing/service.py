"""Every change of the catalogue from a page: it is checked, written and kept in the history."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.audit import changes
from worklist.audit import service as audit
from worklist.catalogue.editing.errors import FieldError
from worklist.catalogue.editing.kind import Kind
from worklist.catalogue.hours import FIELDS, lines_of
from worklist.catalogue.models import OpeningHours, Resource
from worklist.errors import DomainError, NotFoundError
from worklist.language.text import _


def save(
    session: Session,
    kind: Kind[Any, Any],
    entry: BaseModel,
    *,
    code: str | None,
    actor: str,
    now: datetime,
) -> str:
    """Write a new thing, or the one known by ``code`` anew; return what it is known by.

    Raises:
        FieldError: a value names what there is not, or another thing has this code.
        NotFoundError: there is nothing known by ``code``.
    """
    row = None if code is None else find(session, kind, code)
    before = None if row is None else kind.values(row)
    if row is None:
        _require_new(session, kind, entry)
    row = kind.write(session, row, entry)
    _keep(session, kind, row, before, kind.values(row), actor=actor, now=now)
    return kind.code(row)


def set_active(
    session: Session, kind: Kind[Any, Any], code: str, *, active: bool, actor: str, now: datetime
) -> None:
    """Take a thing out of use, or back; what refers to it stays as it is.

    Raises:
        NotFoundError: there is no such thing.
        DomainError: its kind is always in use, or what refers to it does not allow it.
    """
    row = find(session, kind, code)
    was = kind.is_active(row)
    if was is None:
        raise DomainError(_("A %(name)s is always in use.", name=kind.name))
    kind.check_use(session, row, active=active)
    kind.set_active(row, active=active)
    session.flush()
    _keep(session, kind, row, {"active": was}, {"active": active}, actor=actor, now=now)


def delete(session: Session, kind: Kind[Any, Any], code: str, *, actor: str, now: datetime) -> None:
    """Take a thing away that nothing refers to.

    Raises:
        NotFoundError: there is no such thing.
        DomainError: things of this kind are taken out of use instead.
    """
    if not kind.can_be_deleted:
        raise DomainError(_("A %(name)s is never deleted: take it out of use.", name=kind.name))
    row = find(session, kind, code)
    _keep(session, kind, row, kind.values(row), None, actor=actor, now=now)
    session.delete(row)
    session.flush()


def copy_hours(session: Session, source: str, target: str) -> None:
    """Give a new resource the weekly hours of another one; they may be changed afterwards.

    Raises:
        FieldError: there is no such resource to copy from.
    """
    ids = dict(
        session.execute(
            select(Resource.code, Resource.id).where(Resource.code.in_((source, target)))
        ).all()
    )
    if source not in ids:
        raise FieldError(
            "hours_of", _("There is no room, bay or member of staff %(code)s.", code=source)
        )
    session.add_all(
        OpeningHours(resource_id=ids[target], **{name: getattr(line, name) for name in FIELDS})
        for line in lines_of(session, ids[source])
    )
    session.flush()


def find(session: Session, kind: Kind[Any, Any], code: str) -> Any:  # noqa: ANN401 - its table's row
    """Return the row known by ``code``.

    Raises:
        NotFoundError: there is none.
    """
    row = kind.find(session, code)
    if row is None:
        raise NotFoundError(_("There is no %(name)s %(code)s.", name=kind.name, code=repr(code)))
    return row


def _require_new(session: Session, kind: Kind[Any, Any], entry: BaseModel) -> None:
    field = kind.key.key
    if kind.is_taken(session, entry):
        code = str(getattr(entry, field))
        raise FieldError(field, _("%(code)s already exists: choose another one.", code=code))


def _keep(
    session: Session,
    kind: Kind[Any, Any],
    row: Any,  # noqa: ANN401 - its table's row
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    *,
    actor: str,
    now: datetime,
) -> None:
    code = kind.code(row)
    change = changes.record(session, kind.name, code, before, after, actor=actor, now=now)
    if change is not None:
        audit.record(
            session,
            "catalogue.changed",
            actor=actor,
            now=now,
            kind=kind.name,
            code=code,
            changed=change.names,
        )
