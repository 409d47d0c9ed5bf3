"""Rules, numbers that a department may change, and their history, as files for spreadsheets."""

from collections.abc import Mapping, Sequence

from flask import Response

from worklist.language.text import Text, _
from worklist.rulebook.models import Change
from worklist.rules import describe
from worklist.rules.parameters import Parameter, parameters
from worklist.web.language import tell
from worklist.web.rules import quantities
from worklist.web.rules.shown import Shown
from worklist.web.spreadsheet import as_file
from worklist.web.words import word

MOST_CHANGES = 100_000  # of a file: what people ever changed by hand


def rules() -> Response:
    """Return what each rule does, with the thresholds that it goes by and its sources."""
    heading = (
        _("Rule"),
        _("Area"),
        _("What it does"),
        _("Effects"),
        _("Thresholds"),
        _("Source"),
    )
    rows = (
        (
            one.id,
            tell(describe.AREAS[one.id[:2]]),
            tell(one.text),
            [word(effect) for effect in describe.effect_names(one)],
            [name for name, threshold in parameters().items() if one.id in threshold.rules],
            "; ".join(map(tell, one.sources)),
        )
        for one in describe.rules()
    )
    return as_file("rules", heading, rows)


def numbers(name: str, kind: Text, found: Sequence[Shown]) -> Response:
    """Return every number, with what is in use and what is shipped."""
    heading = (
        kind,
        _("In words"),
        _("In use"),
        _("Shipped"),
        _("Changed"),
        _("Rules"),
        _("Source"),
    )
    rows = (
        (
            one.parameter.name,
            tell(one.parameter.text),
            tell(quantities.quantity(one.value, one.parameter)),
            tell(quantities.quantity(one.parameter.value, one.parameter)),
            one.is_own,
            list(one.parameter.rules),
            tell(one.parameter.source),
        )
        for one in found
    )
    return as_file(name, heading, rows)


def history(
    name: str, kind: Text, found: Sequence[Change], known: Mapping[str, Parameter]
) -> Response:
    """Return who changed which number, when, from what to what and why."""
    heading = (_("When"), kind, _("Before"), _("After"), _("Who"), _("Why"))
    rows = (
        (
            one.changed_at,
            one.name,
            tell(quantities.of_name(one.before, known, one.name)),
            tell(
                _("as shipped")
                if one.after is None
                else quantities.of_name(one.after, known, one.name)
            ),
            one.actor.partition(":")[2],
            one.reason,
        )
        for one in found
    )
    return as_file(name, heading, rows)
