"""Why an exam is, or is not, on a scanner's list: the scanner's last query asked again.

Every key, the window, the status and each line of the station's profile is asked of the one exam.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from zoneinfo import ZoneInfo

from pydicom.uid import UID, ImplicitVRLittleEndian
from pynetdicom.dsutils import decode, encode
from sqlalchemy import select
from sqlalchemy.orm import Session

from worklist.catalogue.profiles import LeavesList
from worklist.dicom import answered_values, entries, identifier, matching, query_log
from worklist.dicom.client import worklist_query
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import Key, Query
from worklist.dicom.listing import ASKED_AT
from worklist.dicom.matching import Match
from worklist.dicom.models import WorklistQuery
from worklist.dicom.profile import Profile
from worklist.dicom.stations import StationList, read_stations
from worklist.errors import NotFoundError
from worklist.language.clock_times import written
from worklist.language.text import Text, _, ngettext
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)

_LEAVES = {
    LeavesList.AT_START: _("The exam is %(status)s; the station lists exams until they start."),
    LeavesList.AT_END: _("The exam is %(status)s; the station lists exams until they end."),
    LeavesList.HOURS_AFTER_END: _(
        "The exam is %(status)s; the station lists exams until %(hours)s hours after they end."
    ),
}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is asked of the exam, and whether it holds."""

    name: str
    text: str
    holds: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """Whether a station's query finds an exam, line by line, and what it finds now.

    ``asked_at`` is when the station asked that query last, None where it has asked none that is
    kept: then it is the query of a console that asks for its own exams.
    """

    exam: ScheduledProcedureStep
    station: str
    asked_at: datetime | None
    lines: list[Line]
    listed: list[Entry] = field(default_factory=list)

    @property
    def is_listed(self) -> bool:
        """True where nothing keeps the exam off."""
        return all(line.holds for line in self.lines)

    @property
    def reasons(self) -> list[Line]:
        """The lines that keep the exam off."""
        return [line for line in self.lines if not line.holds]


def exams_of(session: Session, accession_number: str) -> list[ScheduledProcedureStep]:
    """Return the exams of an order, whose number may be padded as scanners show it (PS3.5 6.2, SH).

    Raises:
        NotFoundError: there is no such accession number.
    """
    accession_number = accession_number.strip()
    found = session.scalars(
        select(ScheduledProcedureStep)
        .join(ScheduledProcedureStep.requested_procedure)
        .join(RequestedProcedure.order)
        .where(ImagingServiceRequest.accession_number == accession_number)
        .order_by(ScheduledProcedureStep.id)
    ).all()
    if not found:
        raise NotFoundError(
            _(
                "There is no order with accession number %(accession_number)s.",
                accession_number=accession_number,
            )
        )
    return list(found)


def explain(
    session: Session,
    exam: ScheduledProcedureStep,
    station: str,
    *,
    now: datetime,
    default_zone: str,
) -> Explanation:
    """Explain why an exam is, or is not, on a station's list.

    Raises:
        NotFoundError: there is no such station.
        IdentifierError: the station's last query cannot be understood.
    """
    stations = read_stations(session)
    if not stations.knows(station):
        raise NotFoundError(_("There is no station with AE title %(station)s.", station=station))
    asked = query_log.latest(session, station)
    asking = _asking(asked, station, stations, default_zone=default_zone)
    lines = [
        _of_station(stations, station),
        _of_slot(exam),
        *_of_query(session, exam, asking, stations, now=now, default_zone=default_zone),
    ]
    return Explanation(
        exam=exam,
        station=station,
        asked_at=asked.last_asked_at if asked is not None else None,
        lines=lines,
        listed=entries.read_entries(
            session,
            asking.match,
            stations,
            default_zone=default_zone,
            with_facts=True,
            asked_at=now,
            most=asking.profile.answer_limit,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Asking:
    match: Match
    keys: dict[answered_values.Path, Key]
    profile: Profile


def _asking(
    asked: WorklistQuery | None, station: str, stations: StationList, *, default_zone: str
) -> _Asking:
    """Return what a station asks for as its profile has it: last time, else by default."""
    profile = stations.profile(station)
    query = profile.forced(_query(asked, station), station)
    match = matching.build(
        query,
        stations,
        default_zone=default_zone,
        profile=profile,
        fuzzy_names=asked.fuzzy_names if asked is not None else False,
    )
    return _Asking(match, dict(matching.matching_keys(query)), profile)


def _query(asked: WorklistQuery | None, station: str) -> Query:
    if asked is None:
        asked_by_default = encode(worklist_query(station=station), True, True)  # noqa: FBT003 - as pynetdicom has it
        return _read(asked_by_default or b"", ImplicitVRLittleEndian)
    return _read(asked.identifier, asked.transfer_syntax)


def _read(data: bytes, transfer_syntax: str) -> Query:
    syntax = UID(transfer_syntax)
    return identifier.read(decode(BytesIO(data), syntax.is_implicit_VR, syntax.is_little_endian))


def _of_station(stations: StationList, station: str) -> Line:
    active = stations.caller(station) is not None
    return Line(
        "station",
        _("%(station)s is in use.", station=station)
        if active
        else _("%(station)s is out of use: it is not let in.", station=station),
        active,
    )


def _of_slot(exam: ScheduledProcedureStep) -> Line:
    if exam.starts_at is None:
        text = _("The exam is %(status)s and has no slot yet.", status=exam.status)
        return Line("slot", text, holds=False)
    return Line("slot", _("The exam has a slot."), holds=True)


def _of_query(
    session: Session,
    exam: ScheduledProcedureStep,
    asking: _Asking,
    stations: StationList,
    *,
    now: datetime,
    default_zone: str,
) -> Iterator[Line]:
    entry = entries.entry_of(session, exam.id, stations, default_zone=default_zone)
    if entry is None:
        return
    held: dict[str, bool] = {}
    if asking.match.conditions:
        row = session.execute(entries.verdicts(exam.id, asking.match), {ASKED_AT: now}).one()
        for condition, holds in zip(asking.match.conditions, row, strict=True):
            held[condition.name] = held.get(condition.name, True) and bool(holds)
    for predicate in asking.match.predicates:
        held[predicate.name] = held.get(predicate.name, True) and predicate.holds(entry)
    for name, holds in held.items():
        yield Line(name, _text(name, entry, asking), holds)


def _text(name: str, entry: Entry, asking: _Asking) -> str:
    profile = asking.profile
    if name == matching.ON_LIST:
        told_of = {"status": entry.status, "hours": profile.linger_hours}
        return Text.of(_LEAVES[profile.leaves_list].message, None, 1, told_of)
    if name == matching.WINDOW:
        before, after = profile.window_hours_before, profile.window_hours_after
        return _(
            "The exam starts %(start)s; the profile's window is %(before)s before to %(after)s "
            "after now.",
            start=_local(entry),
            before=_hours(before),
            after=_hours(after),
        )
    if name == matching.START:
        asked = _asked(asking, matching.START_DATE, matching.START_TIME)
        return _(
            "The exam starts %(start)s; the scanner asks for %(asked)s.",
            start=_local(entry),
            asked=asked,
        )
    if name == matching.NUMBER:
        asked = _asked(asking, ("PatientID",), ("IssuerOfPatientID",))
        return _(
            "The patient's number is %(number)s; the scanner asks for %(asked)s.",
            number=entry.patient_id,
            asked=asked,
        )
    path = tuple(name.split("."))
    return _(
        "%(key)s: the exam has %(value)s; the scanner asks for %(asked)s.",
        key=path[-1],
        value=", ".join(answered_values.values(path, entry)) or _("nothing"),
        asked=_asked(asking, path),
    )


def _asked(asking: _Asking, *paths: answered_values.Path) -> str:
    values = (value for path in paths if path in asking.keys for value in asking.keys[path].values)
    return ", ".join(values)


def _local(entry: Entry) -> str:
    local = entry.starts_at.astimezone(ZoneInfo(entry.time_zone))
    return f"{local:%Y-%m-%d} {written(local)}"


def _hours(hours: int | None) -> str:
    return _("any time") if hours is None else ngettext("%(num)s hour", "%(num)s hours", hours)
