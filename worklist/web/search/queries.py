"""Find patients by name, number, birth date or phone, and exams by accession or order number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Select,
    and_,
    any_,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
    union,
)
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload

from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients import names
from worklist.patients.models import PHONE_BACKWARDS, Patient, PatientIdentifier
from worklist.web.paging import BY_PATIENT, Column, Key, Personal, Sorting

MOST = 50
# Of a short text that a great part of the patients fits, so many are looked at and sorted.
MOST_LOOKED_AT = 5_000
_LONGEST = 200  # characters that are looked at: no name or number is longer
_SHORTEST_NAME = 2
_TRIGRAM = 3  # letters that the index finds anywhere in a name; fewer where a word begins
_WRITTEN_OUT = re.compile(r"([aou])e")
_SHORTEST_PHONE = 6
_PHONE = re.compile(r"[+\d\s/().-]+")
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})$")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})$")
_BEST_FIRST = "fit"
_LAST_EXAM = (
    select(func.max(ScheduledProcedureStep.started_at))
    .where(ScheduledProcedureStep.patient_id == Patient.id)
    .correlate(Patient)
    .scalar_subquery()
)
# Whose birth date nobody knows comes behind all others, who was never examined before them.
_COLUMNS: dict[str, Key] = {
    _BEST_FIRST: Patient.id,
    "name": BY_PATIENT,
    "born": func.coalesce(Patient.birth_date, date(9999, 1, 1)),
    "exam": func.coalesce(_LAST_EXAM, datetime(1, 1, 1, tzinfo=UTC)),
}
_AS_USUAL = Sorting.of("", _COLUMNS, Patient.id)


@dataclass(frozen=True, slots=True)
class _Shown:
    """Which page of the patients is shown, of how many rows, and how they are sorted."""

    sorting: Sorting
    after: int | None
    rows: int


@dataclass(frozen=True, slots=True)
class Found:
    """What fits, best first where no other ``sorting`` of the patients is asked for.

    The next page of patients begins behind the one ``after``, that of exams behind ``exams_after``.
    More patients fit than were looked at where it ``is_cut``.
    """

    patients: Sequence[Patient]
    exams: Sequence[ScheduledProcedureStep]
    after: int | None = None
    exams_after: int | None = None
    sorting: Sorting = _AS_USUAL
    is_cut: bool = False

    @property
    def crowd(self) -> int | None:
        """Return how many of those who fit were looked at, None where all were."""
        return MOST_LOOKED_AT if self.is_cut else None

    @property
    def more(self) -> bool:
        """Return whether there is more than is shown."""
        return self.after is not None or self.exams_after is not None


def find(
    session: Session,
    text: str,
    *,
    after: int | None = None,
    exams_after: int | None = None,
    sort: str = "",
    rows: int | None = None,
) -> Found:
    """Return a page of the patients that fit the text, and one of the exams with that number.

    Nothing for an empty text; ``after`` is the last patient of the page before, ``exams_after``
    the last exam: the page that follows one of the two lists has no other. A page has `MOST` rows
    where nothing else is said. Patients are sorted by ``name``, ``born`` or the last ``exam`` that
    began, with a minus backwards. Of those whose name fits `MOST_LOOKED_AT` are looked at.

    Raises:
        DomainError: patients are not sorted by that.
    """
    wanted, sorting = text.strip()[:_LONGEST], Sorting.of(sort, _COLUMNS, Patient.id)
    if not wanted:
        return Found([], [], sorting=sorting)
    rows = rows or MOST
    exams = _exams(session, wanted, exams_after, rows) if after is None else []
    shown = _Shown(sorting, after, rows)
    patients, is_cut = _patients(session, wanted, shown) if exams_after is None else ([], False)
    return Found(
        patients[:rows],
        exams[:rows],
        _last(patients, rows),
        _last(exams, rows),
        sorting,
        is_cut,
    )


def last_exams(session: Session, patients: Sequence[Patient]) -> dict[int, datetime]:
    """Return when the last exam of each patient began, by the patient's id."""
    exam = ScheduledProcedureStep
    rows = session.execute(
        select(exam.patient_id, func.max(exam.started_at))
        .where(exam.patient_id.in_([one.id for one in patients]))
        .group_by(exam.patient_id)
    )
    return {patient_id: began for patient_id, began in rows if began}


def _last(found: Sequence[Patient] | Sequence[ScheduledProcedureStep], rows: int) -> int | None:
    """Return the id behind which the next page begins, None where there is none."""
    return found[rows - 1].id if len(found) > rows else None


def as_birth_date(text: str) -> date | None:
    """Read ``1981-05-04``, ``19810504`` or ``4.5.1981``; None where it is not a date."""
    try:
        if found := _DAY_FIRST.match(text):
            return date(int(found[3]), int(found[2]), int(found[1]))
        if found := _COMPACT.match(text):
            return date(int(found[1]), int(found[2]), int(found[3]))
        return date.fromisoformat(text)
    except ValueError:
        return None


def _patients(session: Session, wanted: str, shown: _Shown) -> tuple[Sequence[Patient], bool]:
    """Look for a birth date, else a number, else a name; tell whether more fit than are looked at.

    Few share a birth date or a number, but a great part of all may share two letters.
    """
    born = as_birth_date(wanted)
    by_name = (Patient.search_name, Patient.id)
    if born is not None:
        return _page(session, Patient.birth_date == born, by_name, shown), False
    numbered = _page(session, _by_number(wanted), (Patient.id,), shown)
    return (numbered, False) if numbered else _by_name(session, wanted, shown)


def _page(
    session: Session,
    fits: ColumnElement[bool],
    usual: Sequence[Column],
    shown: _Shown,
) -> Sequence[Patient]:
    """Return those who fit, behind the one ``after``; one more than a page has.

    They are in the ``usual`` order, the best first, where no other sorting is asked for.
    """
    order, descending, sorting = usual, False, shown.sorting
    if sorting.name != _BEST_FIRST:
        order = [one.column if isinstance(one, Personal) else one for one in sorting.keys]
        descending = sorting.descending
    statement = select(Patient).where(Patient.merged_into_id.is_(None), fits)
    if shown.after is not None:
        last = select(*order).where(Patient.id == shown.after).correlate(None)
        here, there = tuple_(*order), last.scalar_subquery()
        statement = statement.where(here < there if descending else here > there)
    directed = [one.desc() if descending else one.asc() for one in order]
    return session.scalars(
        statement.options(selectinload(Patient.identifiers))
        .order_by(*directed)
        .limit(shown.rows + 1)
    ).all()


def _by_number(wanted: str) -> ColumnElement[bool]:
    """A number that was given to the patient, or the end of the phone number however written.

    Each is looked up in its own index: an OR of the two would read every patient.
    """
    numbered = [select(PatientIdentifier.patient_id).where(PatientIdentifier.value == wanted)]
    digits = re.sub(r"\D", "", wanted).lstrip("0")
    if len(digits) >= _SHORTEST_PHONE and _PHONE.fullmatch(wanted):
        backwards = PHONE_BACKWARDS.like(f"{digits[::-1]}%")
        numbered.append(select(Patient.id).where(backwards))
    return Patient.id.in_(union(*numbered))


def _by_name(session: Session, wanted: str, shown: _Shown) -> tuple[Sequence[Patient], bool]:
    """Every word must occur in the name or be near to a part of it: accents and slips forgiven."""
    normal = names.normalise(wanted.replace(",", " "))
    if len(normal) < _SHORTEST_NAME:
        return [], False
    # Umlauts are often written out: Mueller is looked for as Muller too, as names are kept.
    spellings = list(dict.fromkeys((normal, _WRITTEN_OUT.sub(r"\1", normal))))
    ids = session.scalars(whose_name_fits(spellings).limit(MOST_LOOKED_AT + 1)).all()
    near = func.greatest(*(func.word_similarity(one, Patient.search_name) for one in spellings))
    best_first = (-near, Patient.search_name, Patient.id)
    looked_at = literal(list(ids[:MOST_LOOKED_AT]), ARRAY(BigInteger))
    found = _page(session, Patient.id == any_(looked_at), best_first, shown)
    return found, len(ids) > MOST_LOOKED_AT


def whose_name_fits(spellings: Sequence[str]) -> Select[int]:
    """Select the ids of the patients whose name one of the spellings fits, in no order.

    Each condition is one that the trigrams of the index answer.
    """
    name = Patient.search_name
    fits = [name.op("%>")(one) for one in spellings] + [
        and_(*(_occurs(word) for word in one.split())) for one in spellings
    ]
    return select(Patient.id).where(Patient.merged_into_id.is_(None), or_(*fits))


def _occurs(word: str) -> ColumnElement[bool]:
    """Anywhere in the name; of few letters only where a part of the name begins."""
    name = Patient.search_name
    if len(word) >= _TRIGRAM:
        return name.contains(word, autoescape=True)
    return or_(name.startswith(word, autoescape=True), name.contains(f" {word}", autoescape=True))


def _exams(
    session: Session, wanted: str, after: int | None, rows: int
) -> Sequence[ScheduledProcedureStep]:
    """Each number is looked up in its own index: together they would read every order.

    One more than a page has, the newest first.
    """
    order = ImagingServiceRequest
    older = true() if after is None else ScheduledProcedureStep.id < after
    numbered = union(
        select(order.id).where(order.accession_number == wanted.upper()),
        select(order.id).where(order.filler_order_number == wanted.upper()),
        select(order.id).where(order.placer_order_number == wanted),
    )
    return (
        session.scalars(
            select(ScheduledProcedureStep)
            .join(ScheduledProcedureStep.requested_procedure)
            .join(RequestedProcedure.order)
            .where(order.id.in_(numbered), older)
            .options(
                contains_eager(ScheduledProcedureStep.requested_procedure).contains_eager(
                    RequestedProcedure.order
                ),
                joinedload(ScheduledProcedureStep.patient),
            )
            .order_by(ScheduledProcedureStep.id.desc())
            .limit(rows + 1)
        )
        .unique()
        .all()
    )
