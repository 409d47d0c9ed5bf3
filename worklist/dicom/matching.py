"""From the keys of a query to the entries that match (PS3.4 section K.6.1.2.2 and Table K.6-1)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    and_,
    any_,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import InstrumentedAttribute, aliased

from worklist.catalogue.models import Resource, Site
from worklist.catalogue.procedures import Procedure
from worklist.catalogue.profiles import LeavesList
from worklist.dicom import answered_values, listing, matching_times, patterns
from worklist.dicom.answered_values import STEP_SEQUENCE, Path
from worklist.dicom.attributes import FROM_FACTS
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import SPECIFIC_CHARACTER_SET, IdentifierError, Key, Query
from worklist.dicom.matching_times import TIMEZONE_OFFSET, offset_of
from worklist.dicom.profile import Profile
from worklist.dicom.stations import RoomShare, StationList
from worklist.orders.models import (
    ImagingServiceRequest,
    RequestedProcedure,
    ScheduledProcedureStep,
)
from worklist.patients.models import Patient, PatientIdentifier

# Names of the conditions that are not those of one key.
ON_LIST, WINDOW, START, NUMBER = "on the list", "window", "start", "patient number"

Column = InstrumentedAttribute[Any]

START_DATE: Path = (STEP_SEQUENCE, "ScheduledProcedureStepStartDate")
START_TIME: Path = (STEP_SEQUENCE, "ScheduledProcedureStepStartTime")
_STATION: Path = (STEP_SEQUENCE, "ScheduledStationAETitle")
_STATUS: Path = (STEP_SEQUENCE, "ScheduledProcedureStepStatus")

RoomResource = aliased(Resource)

# What the index serves, or what is quickly compared; every other key that can be returned is
# matched on the value that would be returned.
_COLUMNS: dict[Path, Column] = {
    ("AccessionNumber",): ImagingServiceRequest.accession_number,
    ("PlacerOrderNumberImagingServiceRequest",): ImagingServiceRequest.placer_order_number,
    ("FillerOrderNumberImagingServiceRequest",): ImagingServiceRequest.filler_order_number,
    ("AdmissionID",): ImagingServiceRequest.admission_id,
    ("CurrentPatientLocation",): ImagingServiceRequest.current_location,
    ("RequestedProcedureID",): RequestedProcedure.requested_procedure_id,
    ("RequestedProcedureDescription",): RequestedProcedure.description,
    ("RequestedProcedureCodeSequence", "CodeValue"): Procedure.code,
    ("RequestedProcedureCodeSequence", "CodingSchemeDesignator"): Procedure.coding_scheme,
    ("StudyInstanceUID",): RequestedProcedure.study_instance_uid,
    ("PatientSex",): Patient.sex,
    ("InstitutionName",): Site.name,
    ("InstitutionalDepartmentName",): Site.department,
    ("WorklistLabel",): Site.code,
    (STEP_SEQUENCE, "ScheduledProcedureStepLocation"): RoomResource.code,
    (STEP_SEQUENCE, "Modality"): ScheduledProcedureStep.modality,
    (STEP_SEQUENCE, "ScheduledProcedureStepID"): (
        ScheduledProcedureStep.scheduled_procedure_step_id
    ),
    (STEP_SEQUENCE, "ScheduledProcedureStepDescription"): ScheduledProcedureStep.description,
    (STEP_SEQUENCE, "ScheduledProtocolCodeSequence", "CodeValue"): Procedure.code,
    (
        STEP_SEQUENCE,
        "ScheduledProtocolCodeSequence",
        "CodingSchemeDesignator",
    ): Procedure.coding_scheme,
    _STATUS: ScheduledProcedureStep.status,
}
_NUMBER_COLUMNS: dict[Path, Column] = {
    ("PatientID",): PatientIdentifier.value,
    ("IssuerOfPatientID",): PatientIdentifier.issuer,
}
_NAMES: dict[Path, Callable[[Entry], Sequence[str]]] = {
    ("PatientName",): lambda entry: entry.patient_name_groups,
    ("ReferringPhysicianName",): lambda entry: entry.referring_physician.split("="),
    ("RequestingPhysician",): lambda entry: entry.ordering_physician.split("="),
    (STEP_SEQUENCE, "ScheduledPerformingPhysicianName"): (
        lambda entry: entry.performing_physician.split("=")
    ),
}


class Condition(NamedTuple):
    """Something that the database compares, and the key or rule that asks it."""

    name: str
    holds: ColumnElement[bool]


class Predicate(NamedTuple):
    """Something asked of an entry that was read, and the key that asks it."""

    name: str
    holds: Callable[[Entry], bool]


@dataclass(slots=True)
class Match:
    """What an entry must fulfil.

    ``conditions`` are SQL; ``identifier_conditions`` concern one and the same number of the
    patient; ``predicates`` are asked of each entry that is read: person names, and values that are
    no column. ``unsupported`` names the keys that were asked to match and cannot (answers carry
    FF01). ``needs_facts`` tells that a predicate reads the patient's clinical facts,
    ``fuzzy_names`` that names need only resemble the key, ``planned_once`` that one plan serves
    whatever the values: stations are named, and the index of what is on their lists is used.
    """

    conditions: list[Condition] = field(default_factory=list)
    identifier_conditions: list[ColumnElement[bool]] = field(default_factory=list)
    predicates: list[Predicate] = field(default_factory=list)
    unsupported: list[str] = field(default_factory=list)
    needs_facts: bool = False
    fuzzy_names: bool = False
    planned_once: bool = False

    def keeps(self, entry: Entry) -> bool:
        """Return whether the predicates hold for an entry that the conditions let through."""
        return all(predicate.holds(entry) for predicate in self.predicates)


def build(
    query: Query,
    stations: StationList,
    *,
    default_zone: str,
    profile: Profile | None = None,
    fuzzy_names: bool = False,
) -> Match:
    """Return what the keys ask for.

    Without a key for the SPS Status, exams match that are on the station's list: SCHEDULED,
    ARRIVED and READY, and others for as long as its profile keeps them there.

    Raises:
        IdentifierError: a date, time or offset is malformed, or a sequence has several items.
    """
    keys = dict(matching_keys(query))
    match = Match(fuzzy_names=fuzzy_names)
    profile = profile or Profile()
    if _STATUS not in keys:
        match.conditions.append(Condition(ON_LIST, listing.on_list(profile)))
    match.planned_once = (
        _STATION in keys
        and _STATUS not in keys
        and profile.leaves_list is not LeavesList.HOURS_AFTER_END
    )
    match.conditions.extend(Condition(WINDOW, one) for one in listing.window(profile))
    start = matching_times.start(
        keys.get(START_DATE), keys.get(START_TIME), offset_of(query), default_zone
    )
    match.conditions.extend(Condition(START, one) for one in start)
    for path, key in keys.items():
        if path not in {START_DATE, START_TIME}:
            _add(match, path, key, stations)
    if match.identifier_conditions:
        number = _patient_with_number(match.identifier_conditions)
        match.conditions.append(Condition(NUMBER, number))
    return match


def _add(match: Match, path: Path, key: Key, stations: StationList) -> None:
    name = ".".join(part or "private" for part in path)
    if path in _COLUMNS:
        match.conditions.append(Condition(name, _text(_COLUMNS[path], key)))
    elif path in _NUMBER_COLUMNS:
        match.identifier_conditions.append(_text(_NUMBER_COLUMNS[path], key))
    elif path in _NAMES:
        _add_name(match, path, key, name)
    elif path == _STATION:
        match.conditions.append(Condition(name, _station(key, stations)))
    elif path == ("PatientBirthDate",):
        match.conditions.append(Condition(name, matching_times.birth_date(key)))
    elif answered_values.is_answered(path):
        match.predicates.append(Predicate(name, partial(answered_values.matches, path, key)))
        match.needs_facts |= key.tag in FROM_FACTS
    else:
        match.unsupported.append(name)


def matching_keys(query: Query, above: Path = ()) -> Iterator[tuple[Path, Key]]:
    """Give each key that is to match with its path from the top.

    Raises:
        IdentifierError: a sequence key has more than one item (PS3.4 section C.2.2.2.6).
    """
    for key in query.values():
        if key.tag in {SPECIFIC_CHARACTER_SET, TIMEZONE_OFFSET}:
            continue
        path = (*above, key.keyword)
        if len(key.items) > 1:
            raise IdentifierError(f"{key.keyword} may have one item as a key.", key.tag)
        for item in key.items:
            yield from matching_keys(item, path)
        if key.values and not key.universal:
            yield path, key


def _patient_with_number(conditions: list[ColumnElement[bool]]) -> ColumnElement[bool]:
    """What the join to the number says too, in a form that the index on the patient serves."""
    patients = select(PatientIdentifier.patient_id).where(PatientIdentifier.active, *conditions)
    return ScheduledProcedureStep.patient_id == any_(func.array(patients.scalar_subquery()))


def _text(column: Column, key: Key) -> ColumnElement[bool]:
    """Single value, list and wild card matching (PS3.4 sections C.2.2.2.1, .2 and .4)."""
    values = [value.upper() if key.vr == "CS" else value for value in key.values]
    if key.vr == "UI":
        return column.in_(values)
    plain = [value for value in values if not patterns.has_wild_card(value)]
    as_text = func.concat(column)
    conditions: list[ColumnElement[bool]] = [
        as_text.like(patterns.like(value), escape="\\")
        for value in values
        if patterns.has_wild_card(value)
    ]
    return or_(*conditions, *([column.in_(plain)] if plain else []))


def _station(key: Key, stations: StationList) -> ColumnElement[bool]:
    ids, shares = stations.select(
        lambda title: any(patterns.matches(value, title) for value in key.values)
    )
    step = ScheduledProcedureStep
    if not ids:
        return false()
    return or_(step.station_id.in_(ids), *map(_share, shares))


def _share(share: RoomShare) -> ColumnElement[bool]:
    step = ScheduledProcedureStep
    return and_(
        step.station_id.is_(None),
        step.room_id == share.room_id,
        or_(step.modality == share.modality, step.modality.not_in(share.others)),
    )


def _add_name(match: Match, path: Path, key: Key, name: str) -> None:
    groups_of = _NAMES[path]
    matches = patterns.fuzzy_name_matches if match.fuzzy_names else patterns.name_matches
    match.predicates.append(
        Predicate(name, lambda entry: any(matches(value, groups_of(entry)) for value in key.values))
    )
    if path == ("PatientName",):
        likes = (_in_search_name(value, fuzzy=match.fuzzy_names) for value in key.values)
        match.conditions.append(Condition(name, or_(*likes)))


def _in_search_name(value: str, *, fuzzy: bool) -> ColumnElement[bool]:
    name = Patient.search_name
    if fuzzy and not patterns.has_wild_card(value):
        resembling = (literal(word).bool_op("<%")(name) for word in patterns.fuzzy_words(value))
        return and_(true(), *resembling)
    likes = (name.like(pattern, escape="\\") for pattern in patterns.name_like(value))
    return and_(true(), *likes)
