"""Lists of the catalogue and of its changes as files for spreadsheets."""

from functools import partial
from typing import Any

from flask import Response, request

from worklist.audit.changes import AdministrativeChange
from worklist.auth.roles import Permission
from worklist.catalogue.editing.kinds import KINDS
from worklist.errors import NotFoundError
from worklist.language.text import _
from worklist.web.administration import columns, queries
from worklist.web.administration.fields import FORMS
from worklist.web.administration.value_words import value_words
from worklist.web.permissions import require
from worklist.web.spreadsheet import Pages, list_as_file
from worklist.web.words import word


@require(Permission.ADMINISTER)
def listing(kind: str) -> Response:
    """Return the list of a kind, all pages of it, as it is filtered and sorted."""
    if kind not in KINDS:
        raise NotFoundError(_("There is nothing called %(name)s to administer.", name=kind))
    known, form = KINDS[kind], FORMS[kind]
    sorting = columns.sorting(known, request.args.get("sort", ""))
    shown = [form.fields[0].name, *(one for one in form.listed if one != form.fields[0].name)]

    labels = [one.label for name in shown for one in form.fields if one.name == name]

    pages = partial(
        queries.listing,
        kind=known,
        sorting=sorting,
        text=request.args.get("q", "").strip(),
        everything=request.args.get("all") == "yes",
    )

    def cells(row: Any) -> list[object]:  # noqa: ANN401 - of any kind's table
        values = known.values(row)
        return [*(_cell(values[name], name) for name in shown), known.is_active(row)]

    return list_as_file(kind, [*labels, _("In use")], pages, cells)


def _cell(value: object, name: str) -> object:
    """Return what a cell holds: numbers, days and yes or no are the file's to write."""
    return value_words(value, name) if value and isinstance(value, str | list) else value


@require(Permission.ADMINISTER)
def changes() -> Response:
    """Return what was changed, all pages of it, as it is filtered and sorted."""
    pages = partial(
        queries.recent,
        wanted=queries.WantedChanges.of(request.args),
        sorting=queries.changes_by(request.args.get("sort", "")),
    )
    return changes_as_file("changes", pages)


def changes_as_file(name: str, pages: Pages[AdministrativeChange]) -> Response:
    """Return changes of whatever is administered as a file of this name."""
    heading = (_("When"), _("Who"), _("What"), _("Code"), _("Before"), _("After"))
    return list_as_file(name, heading, pages, _told)


def _told(change: AdministrativeChange) -> list[object]:
    who = change.actor.partition(":")[2] or change.actor
    before, after = change.before or {}, change.after or {}
    names = change.names if change.before and change.after else [*(before or after)]
    return [
        change.changed_at,
        who,
        word(change.kind),
        change.code,
        *(
            "; ".join(f"{word(one)}: {value_words(side[one], one)}" for one in names if one in side)
            for side in (before, after)
        ),
    ]
