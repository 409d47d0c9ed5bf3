"""Search parameters of FHIR R4 (section 3.1.1): tokens, references, dates and strings."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, bindparam, false, not_, or_
from sqlalchemy.orm import InstrumentedAttribute

from worklist.fhir.dates import period, within
from worklist.fhir.errors import FhirError, invalid
from worklist.language.text import _

Condition = ColumnElement[bool]
Matches = Callable[[str], Condition]
Column = InstrumentedAttribute[Any]

_MOST_DIGITS = 18  # surely fit a bigint
_COMMA = re.compile(r"(?<!\\),")
_ESCAPED = re.compile(r"\\([,|$\\])")


class Target(Protocol):
    """What a reference points to: a kind that is searched itself."""

    @property
    def name(self) -> str:
        """Its resource type."""

    def ids_where(self, name: str, value: str) -> ColumnElement[Any]:
        """Return the ids of those that a parameter of theirs matches."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """What a kind is searched by.

    ``matches`` gives the condition of one value; several with commas between them match any.
    ``modifiers`` are what may follow its name behind a colon; ``chained`` what a parameter of the
    resource it refers to asks, as in ``patient.identifier``. ``few`` are codes of what is not done
    yet: so few have them that all those are found before they are sorted.
    """

    type: str
    matches: Matches
    modifiers: Mapping[str, Matches] = field(default_factory=dict)
    chained: Callable[[str, str], Condition] | None = None
    few: frozenset[str] = frozenset()

    def finds_few(self, name: str, value: str) -> bool:
        """Return whether each of the values is a code that few have."""
        return self.few.issuperset(token(one).code for one in split_values(name, value))

    def condition(self, name: str, modifier: str, value: str) -> Condition:
        """Return the condition of the parameter ``name:modifier`` with a value.

        Raises:
            FhirError: the modifier is not supported here, or a value cannot be read.
        """
        if modifier and modifier not in self.modifiers:
            known = ", ".join(f"{name}:{one}" for one in sorted(self.modifiers)) or _("nothing")
            raise invalid(
                _(
                    "%(given)s is not supported: %(name)s may be modified by %(known)s.",
                    given=f"{name}:{modifier}",
                    name=name,
                    known=known,
                )
            )
        matches = self.modifiers[modifier] if modifier else self.matches
        alternatives = or_(*(matches(one) for one in split_values(name, value)))
        return not_(alternatives) if modifier == "not" else alternatives


class Token(NamedTuple):
    """``system|code``; ``system`` is None where the parameter names none."""

    system: str | None
    code: str


def split_values(name: str, value: str) -> list[str]:
    r"""Return the values that have commas between them; ``\,`` is a comma of a value.

    Raises:
        FhirError: one is empty.
    """
    values = [_ESCAPED.sub(r"\1", one) for one in _COMMA.split(value)]
    if not all(values):
        raise invalid(_("%(name)s has an empty value.", name=name))
    return values


def token(value: str) -> Token:
    """Split a token parameter (section 3.1.1.4.10)."""
    system, separator, code = value.rpartition("|")
    return Token(system if separator else None, code)


def row_id(kind: str, value: str) -> int:
    """Return the number of a reference such as ``Patient/7`` or ``7``.

    Raises:
        FhirError: it refers to something else.
    """
    named, _slash, digits = value.rpartition("/")
    found = whole_number(digits)
    if named not in {"", kind} or found is None:
        raise invalid(
            _(
                "%(given)s is not a reference to a %(kind)s: write %(kind)s/7.",
                given=repr(value),
                kind=kind,
            )
        )
    return found


def whole_number(text: str) -> int | None:
    """Return the number that a text is, as far as the database counts; None where it is none."""
    is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
    return int(text) if is_number else None


def references(target: Target, column: Column) -> Parameter:
    """Return a parameter that matches a reference to a row, or to one that is found itself."""

    def refers(value: str) -> Condition:
        return column == row_id(target.name, value)

    return Parameter(
        "reference",
        refers,
        {target.name: refers},
        lambda name, value: column.in_(target.ids_where(name, value)),
    )


def codes(
    name: str,
    words: Mapping[str, Condition],
    *,
    system: str | None = None,
    few: Iterable[str] = (),
) -> Parameter:
    """Return a parameter that matches a code; ``words`` are all codes with what each means.

    ``system`` is the one that may stand before a code; None where codes have none. See `Parameter`
    for ``few``.
    """

    def matches(value: str) -> Condition:
        wanted = token(value)
        if wanted.code not in words:
            raise never(name, wanted.code, words)
        if wanted.system not in {None, "", system}:
            raise invalid(
                _("%(name)s has no codes of %(system)s.", name=name, system=wanted.system)
            )
        return words[wanted.code]

    return Parameter("token", matches, {"not": matches}, few=frozenset(few))


def is_one_of(column: Column, words: Iterable[Any]) -> Condition:
    """Return whether a column has one of the words.

    They are written out, not bound: only then does a plan, whichever it is, know that an index of
    rows with some words alone has them all, and how few have a rare one.
    """
    return column.in_(bindparam(None, sorted(words), expanding=True, literal_execute=True))


def statuses(column: Column, words: Mapping[Any, str]) -> dict[str, Condition]:
    """Return what each of the resource's words for our statuses means."""
    return {
        word: is_one_of(column, (one for one, its in words.items() if its == word))
        for word in dict.fromkeys(words.values())
    }


def texts(*columns: Column, system: str | None = None) -> Parameter:
    """Return a parameter that matches a token which is one of the columns itself."""

    def matches(value: str) -> Condition:
        wanted = token(value)
        fits = wanted.system in {None, system}
        return or_(*(column == wanted.code for column in columns if fits), false())

    return Parameter("token", matches)


def moments(column: Column) -> Parameter:
    """Return a parameter that matches a time by day or moment, with or without a prefix."""
    return Parameter("date", lambda value: within(column, *period(value)), missing(column))


def days(column: Column) -> Parameter:
    """Return a parameter that matches a date column such as a birth date."""

    def matches(value: str) -> Condition:
        wanted = period(value)
        return within(column, wanted.prefix, wanted.start.date(), wanted.end.date())

    return Parameter("date", matches, missing(column))


def missing(column: Column) -> dict[str, Matches]:
    """Return the modifier ``missing`` of a parameter (section 3.1.1.4.4), ``true`` or ``false``."""

    def matches(value: str) -> Condition:
        return column.is_(None) if truth("missing", value) else column.is_not(None)

    return {"missing": matches}


def never(name: str, given: str, known: Iterable[str]) -> FhirError:
    """Return the error for a code that a parameter never has."""
    listed = ", ".join(known)
    return invalid(
        _("%(name)s is never %(given)s: known are %(known)s.", name=name, given=given, known=listed)
    )


def truth(name: str, value: str) -> bool:
    """Return what a boolean says.

    Raises:
        FhirError: it is neither true nor false.
    """
    if value not in {"true", "false"}:
        raise invalid(_("%(name)s is true or false, not %(given)s.", name=name, given=repr(value)))
    return value == "true"
