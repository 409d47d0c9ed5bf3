"""Which entries a query finds, in the real database (PS3.4 section C.2.2.2 and Table K.6-1)."""

from datetime import UTC, date, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import DataElement, Dataset
from pydicom.config import IGNORE
from pydicom.datadict import dictionary_VR, tag_for_keyword
from sqlalchemy import event, literal, select
from sqlalchemy.orm import Session

from tests.support.department import ACTOR, make_patient, make_procedure, make_room, make_site
from tests.support.dicom import schedule
from worklist.catalogue.models import Station
from worklist.dicom import identifier, matching, patterns, stations
from worklist.dicom.entries import read_entries
from worklist.dicom.entry import Entry
from worklist.dicom.identifier import IdentifierError
from worklist.dicom.stations import StationList, read_stations
from worklist.orders.models import ScheduledProcedureStep
from worklist.orders.status import StepStatus
from worklist.patients import facts
from worklist.patients.details import FactDetails
from worklist.patients.models import FactKind, FactOrigin, PatientIdentifier
from worklist.vocabulary import Priority

VIENNA = ZoneInfo("Europe/Vienna")
DAY = datetime(2026, 11, 24, tzinfo=VIENNA)


def query_of(keys: dict[str, object]) -> Dataset:
    """Keys of the step sequence are those that start with ``step.``."""
    dataset, step = Dataset(), Dataset()
    for name, value in keys.items():
        target = step if name.startswith("step.") else dataset
        tag = tag_for_keyword(name.removeprefix("step."))
        assert tag is not None
        target.add(DataElement(tag, dictionary_VR(tag), value, validation_mode=IGNORE))
    dataset.ScheduledProcedureStepSequence = [step]
    return dataset


def station_list(session: Session) -> StationList:
    return read_stations(session)


def find(session: Session, **keys: object) -> list[Entry]:
    return find_of(session, {name.replace("step_", "step."): one for name, one in keys.items()})


def find_of(session: Session, keys: dict[str, object]) -> list[Entry]:
    known = station_list(session)
    match = matching.build(identifier.read(query_of(keys)), known, default_zone="UTC")
    return read_entries(session, match, known, default_zone="UTC", with_facts=True)


def found(session: Session, **keys: object) -> str:
    """The letters with which the patients' names begin, in order."""
    return "".join(entry.patient_name[0] for entry in find(session, **keys))


@pytest.fixture
def department(session: Session) -> Session:
    """A to H: two CT rooms, an MR, an ultrasound room with two machines, in Vienna."""
    site = make_site(session, time_zone="Europe/Vienna")
    site.name = "Main hospital"
    ct1, ct2 = (make_room(session, site, code) for code in ("CT01", "CT02"))
    mr = make_room(session, site, "MR01", modality="MR")
    for code, modality in (("71250", "CT"), ("70551", "MR")):
        make_procedure(session, code, modality=modality)
    ct1.stations[0].modality = "CT"
    rows = [
        ("Ábel^Anna", ct1, "71250", 9, StepStatus.SCHEDULED),
        ("Brown^Bob", ct1, "71250", 10, StepStatus.ARRIVED),
        ("Cole^Cat", ct2, "71250", 11, StepStatus.READY),
        ("Dorn^Dan", mr, "70551", 24 + 10, StepStatus.SCHEDULED),
        ("Eve^E", ct1, "71250", 13, StepStatus.STARTED),
        ("Fox^F", ct1, "71250", 14, StepStatus.COMPLETED),
        ("Gates^Gil", mr, "70551", 48 + 18, StepStatus.SCHEDULED),
    ]
    for name, room, procedure, hour, status in rows:
        schedule(
            session,
            room,
            DAY + timedelta(hours=hour),
            status=status,
            patient=make_patient(session, name),
            procedure=procedure,
        ).performing_physician = f"Doctor^{name[0]}"
    session.flush()
    return session


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        # Universal: what waits for a scanner, in order of time.
        ({}, "ÁBCDG"),
        ({"step_ScheduledStationAETitle": "*"}, "ÁBCDG"),
        ({"step_ScheduledStationAETitle": "CT01"}, "ÁB"),
        ({"step_ScheduledStationAETitle": "CT02"}, "C"),
        ({"step_ScheduledStationAETitle": "CT0?"}, "ÁBC"),
        ({"step_ScheduledStationAETitle": ["CT02", "MR01"]}, "CDG"),
        ({"step_ScheduledStationAETitle": "NOBODY"}, ""),
        ({"step_Modality": "MR"}, "DG"),
        ({"step_Modality": ["MR", "CT"]}, "ÁBCDG"),
        ({"step_Modality": "C*"}, "ÁBC"),
        ({"step_ScheduledProcedureStepStartDate": "20261124"}, "ÁBC"),
        ({"step_ScheduledProcedureStepStartDate": "20261124-20261125"}, "ÁBCD"),
        ({"step_ScheduledProcedureStepStartDate": "20261125-"}, "DG"),
        ({"step_ScheduledProcedureStepStartDate": "-20261124"}, "ÁBC"),
        ({"step_ScheduledProcedureStepStartTime": "1000-1100"}, "BCD"),
        (
            {
                "step_ScheduledProcedureStepStartDate": "20261124-20261126",
                "step_ScheduledProcedureStepStartTime": "1030-1800",
            },
            "CDG",
        ),
        (
            {
                "step_ScheduledProcedureStepStartDate": "20261124",
                "step_ScheduledProcedureStepStartTime": "10",
            },
            "B",
        ),
        # 09:00 in Vienna is 08:00 UTC.
        (
            {
                "TimezoneOffsetFromUTC": "+0000",
                "step_ScheduledProcedureStepStartDate": "20261124",
                "step_ScheduledProcedureStepStartTime": "0800-0900",
            },
            "ÁB",
        ),
        ({"step_ScheduledProcedureStepStatus": "STARTED"}, "E"),
        ({"step_ScheduledProcedureStepStatus": ["ARRIVED", "COMPLETED"]}, "BF"),
        ({"step_ScheduledProcedureStepStatus": "*"}, "ÁBCDG"),
        ({"step_ScheduledPerformingPhysicianName": "DOCTOR^C"}, "C"),
        ({"step_ScheduledPerformingPhysicianName": "Nobody"}, ""),
        ({"PatientName": "abel*"}, "Á"),
        ({"PatientName": "ABEL^ANNA"}, "Á"),
        ({"PatientName": "abel"}, ""),
        ({"PatientName": "*^B*"}, "B"),
        ({"PatientName": "C?le^*"}, "C"),
        ({"PatientName": "50%*"}, ""),
        ({"InstitutionName": "Main*"}, "ÁBCDG"),
        ({"InstitutionName": "Other"}, ""),
        ({"PatientSex": "M", "PatientBirthDate": "19810504"}, "ÁBCDG"),
        ({"PatientBirthDate": "19810505-"}, ""),
        ({"PatientBirthDate": "-19810504"}, "ÁBCDG"),
    ],
)
def test_matching(department: Session, keys: dict[str, object], expected: str) -> None:
    assert found(department, **keys) == expected


@pytest.mark.parametrize(
    ("keyword", "field"),
    [
        ("AccessionNumber", "accession_number"),
        ("PatientID", "patient_id"),
        ("RequestedProcedureID", "requested_procedure_id"),
        ("StudyInstanceUID", "study_instance_uid"),
        ("step_ScheduledProcedureStepID", "scheduled_procedure_step_id"),
    ],
)
def test_numbers_match_by_value_list_and_wild_card(
    department: Session, keyword: str, field: str
) -> None:
    entries = find(department)
    values = [str(getattr(entry, field)) for entry in entries]
    one, two = values[:2]
    assert found(department, **{keyword: one}) == "Á"
    assert found(department, **{keyword: [one, two]}) == "ÁB"
    assert found(department, **{keyword: f"{one}9"}) == ""
    if keyword == "StudyInstanceUID":
        return
    # The underscore is not a wild card.
    for pattern in (f"{one[:-1]}?", f"*{one[-3:]}", f"{one[:2]}*", f"{one[:-2]}_*"):
        expected = [
            entry.patient_name[0]
            for entry, value in zip(entries, values, strict=True)
            if fnmatchcase(value, pattern)
        ]
        assert found(department, **{keyword: pattern}) == "".join(expected)


def test_codes_match(department: Session) -> None:
    code = Dataset()
    code.CodeValue = "70551"
    assert found(department, RequestedProcedureCodeSequence=[code]) == "DG"
    assert found(department, step_ScheduledProtocolCodeSequence=[code]) == "DG"


def test_the_patient_is_found_and_told_by_the_number_asked_for(department: Session) -> None:
    patient_id = find(department)[0].internal_patient_number
    department.add(PatientIdentifier(patient_id=patient_id, value="X1", issuer="ELSEWHERE"))
    department.flush()
    entries = find(department, PatientID="X1", IssuerOfPatientID="ELSEWHERE")
    assert [(one.patient_id, one.patient_id_issuer) for one in entries] == [("X1", "ELSEWHERE")]
    assert found(department, PatientID="X1", IssuerOfPatientID="TEST") == ""
    assert [one.patient_id_issuer for one in find(department)] == ["TEST"] * 5


def test_an_empty_value_matches_only_a_universal_key(department: Session) -> None:
    assert found(department, AdmissionID="?*") == ""
    assert found(department, AdmissionID="*") == "ÁBCDG"


def test_unsupported_keys_are_named(department: Session) -> None:
    query = query_of({"EthnicGroup": "X", "PatientID": "1", "MedicalAlerts": ""})
    match = matching.build(identifier.read(query), station_list(department), default_zone="UTC")
    assert match.unsupported == ["EthnicGroup"]


def test_what_is_kept_nowhere_matches_no_value(department: Session) -> None:
    known = station_list(department)
    study = Dataset()
    study.ReferencedSOPInstanceUID = "1.2.3"
    query = query_of({})
    query.ReferencedStudySequence = [study]
    match = matching.build(identifier.read(query), known, default_zone="UTC")
    found_ = read_entries(department, match, known, default_zone="UTC", with_facts=True)
    assert (match.unsupported, found_) == ([], [])
    assert found(department, ConfidentialityConstraintOnPatientDataDescription="VIP") == ""
    assert found(department, ConfidentialityConstraintOnPatientDataDescription="") == "ÁBCDG"


@pytest.fixture
def one_with_everything(department: Session) -> Session:
    """The first exam gets a value for every optional key; the others keep theirs empty."""
    known: list[tuple[FactKind, str, dict[str, Any]]] = [
        (FactKind.WEIGHT, "", {"number": 80.5}),
        (FactKind.HEIGHT, "", {"number": 180}),
        (FactKind.PREGNANCY, "", {"answer": False}),
        (FactKind.CONTRAST_REACTION, "iodinated", {"severity": "severe"}),
        (FactKind.CONDITION, "asthma", {}),
        (FactKind.NEED, "interpreter", {}),
    ]
    exam = department.scalars(
        select(ScheduledProcedureStep).order_by(ScheduledProcedureStep.starts_at)
    ).first()
    assert exam is not None
    order = exam.order
    order.placer_issuer, order.transport = "HIS", "WHLC"
    order.priority, order.danger_code = Priority.STAT, "Combative"
    order.reason, order.clinical_information = "Cough", "Since May"
    order.admission_id, order.current_location = "ADM1", "Ward 3"
    order.referring_physician, order.ordering_physician = "Grün^Eva", "Weiß^Max"
    procedure = make_procedure(
        department, "RARE", contrast="iodinated", contrast_route="oral", needs_sedation=True
    )
    exam.requested_procedure.procedure = procedure
    facts.record(
        department,
        exam.patient_id,
        [
            FactDetails(
                kind=kind, subject=subject, value=value, observed_at=DAY, origin=FactOrigin.DESK
            )
            for kind, subject, value in known
        ],
        actor=ACTOR,
        now=DAY,
    )
    department.flush()
    return department


# The optional matching keys of PS3.4 Table K.6-1 beside those above, and IHE's additional ones.
@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("PatientWeight", "80.50"),
        ("PatientSize", "1.8"),
        ("PregnancyStatus", 1),
        ("Allergies", "iodinated contrast*severe"),
        ("MedicalAlerts", "*asthma*"),
        ("SpecialNeeds", "interpreter"),
        ("PatientState", "Combative"),
        ("RequestedProcedurePriority", "STAT"),
        ("PatientTransportArrangements", "Wheel*"),
        ("ReasonForTheRequestedProcedure", "Cough"),
        ("RequestedProcedureComments", "Since*"),
        ("AdmissionID", "ADM1"),
        ("CurrentPatientLocation", "Ward ?"),
        ("ReferringPhysicianName", "grun*"),
        ("RequestingPhysician", "WEISS^MAX"),
        ("step_PreMedication", "Sedation"),
        ("step_RequestedContrastAgent", "Iodinated*"),
    ],
)
def test_optional_keys_match(one_with_everything: Session, keyword: str, value: object) -> None:
    assert found(one_with_everything, **{keyword: value}) == "Á"
    assert found(one_with_everything, **{keyword: 99 if value == 1 else "9"}) == ""


@pytest.mark.parametrize(
    ("keyword", "value", "expected"),
    [
        ("WorklistLabel", "MAIN", "ÁBCDG"),
        ("WorklistLabel", "OTHER", ""),
        ("InstitutionalDepartmentName", "Radio*", "ÁBCDG"),
        ("step_ScheduledStationName", "CT02", "C"),
        ("step_ScheduledProcedureStepLocation", "MR0*", "DG"),
        ("step_ScheduledProcedureStepDescription", "*70551", "DG"),
        ("RequestedProcedureDescription", "*70551", "DG"),
        ("BodyPartExamined", "CHEST", "ÁBCDG"),
        ("IssuerOfPatientID", "TEST", "ÁBCDG"),
    ],
)
def test_keys_of_place_and_procedure_match(
    department: Session, keyword: str, value: str, expected: str
) -> None:
    assert found(department, **{keyword: value}) == expected


def test_sequences_of_issuers_match(one_with_everything: Session) -> None:
    issuer = Dataset()
    issuer.LocalNamespaceEntityID = "HIS"
    assert found(one_with_everything, OrderPlacerIdentifierSequence=[issuer]) == "Á"
    issuer.LocalNamespaceEntityID = "MAIN"
    assert found(one_with_everything, IssuerOfAccessionNumberSequence=[issuer]) == "ÁBCDG"


@pytest.mark.parametrize(
    ("keys", "tag"),
    [
        ({"step.ScheduledProcedureStepStartDate": "2026"}, 0x00400002),
        ({"step.ScheduledProcedureStepStartTime": "2200-0600"}, 0x00400003),
        ({"TimezoneOffsetFromUTC": "CET"}, 0x00080201),
        ({"PatientBirthDate": "may"}, 0x00100030),
    ],
)
def test_what_cannot_be_understood_is_named(
    department: Session, keys: dict[str, object], tag: int
) -> None:
    with pytest.raises(IdentifierError) as caught:
        find_of(department, keys)
    assert caught.value.tag == tag


def test_several_items_of_a_step_sequence_are_refused(session: Session) -> None:
    query = Dataset()
    query.ScheduledProcedureStepSequence = [Dataset(), Dataset()]
    with pytest.raises(IdentifierError, match="one item"):
        matching.build(identifier.read(query), station_list(session), default_zone="UTC")


def test_an_exam_without_a_station_is_offered_to_those_of_its_room(session: Session) -> None:
    site = make_site(session)
    hybrid = make_room(session, site, "PT01", modality="PT")
    session.add(Station(room_id=hybrid.id, ae_title="NM09", name="NM09", modality="NM"))
    make_procedure(session, "71250")
    make_procedure(session, "78815", modality="PT")
    session.flush()
    session.refresh(hybrid)
    schedule(session, hybrid, DAY, patient=make_patient(session, "Ct^C"))
    exam = schedule(session, hybrid, DAY, patient=make_patient(session, "Pet^P"), procedure="78815")
    exam.station = None
    session.flush()
    assert found(session, step_ScheduledStationAETitle="PT01") == "CP"
    assert found(session, step_ScheduledStationAETitle="NM09") == "C"
    both = {entry.patient_name: list(entry.station_ae_titles) for entry in find(session)}
    assert both == {"Ct^C": ["NM09", "PT01"], "Pet^P": ["PT01"]}


def test_one_statement_a_query_whatever_is_asked(department: Session) -> None:
    counted: list[str] = []
    known = station_list(department)
    query = identifier.read(query_of({"PatientName": "*", "step.Modality": "CT"}))
    match = matching.build(query, known, default_zone="UTC")
    connection = department.connection()

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(connection, "before_cursor_execute", count)
    entries = read_entries(department, match, known, default_zone="UTC", with_facts=True)
    assert len(entries) == 3
    assert len(counted) == 1


@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(pattern=st.text("ab*?%_\\", max_size=6), text=st.text("ab%_\\", max_size=6))
def test_wild_cards_in_sql_match_as_in_python(session: Session, pattern: str, text: str) -> None:
    like = literal(text).like(patterns.like(pattern), escape="\\")
    assert session.scalar(select(like)) == patterns.matches(pattern, text)


def test_ranges_against_the_local_clock_through_the_change_of_clocks(session: Session) -> None:
    """Every half hour around 25 October 2026, when 02:00 to 03:00 happens twice in Vienna."""
    site = make_site(session, time_zone="Europe/Vienna")
    room = make_room(session, site, "CT01")
    make_procedure(session)
    patient = make_patient(session)
    begin = datetime(2026, 10, 24, 20, 15, tzinfo=UTC)
    moments = [begin + timedelta(minutes=30 * index) for index in range(24)]
    for moment in moments:
        schedule(session, room, moment, patient=patient, priority=Priority.ROUTINE)
    days = st.sampled_from([date(2026, 10, day) for day in (24, 25, 26)])
    minutes = st.times().map(lambda one: f"{one:%H%M}")

    @settings(max_examples=60)
    @given(st.lists(days, min_size=2, max_size=2), minutes, minutes)
    def check(both: list[date], first: str, last: str) -> None:
        low, high = (f"{day:%Y%m%d}" for day in sorted(both))
        if low == high and first > last:
            return
        entries = find(
            session,
            step_ScheduledProcedureStepStartDate=f"{low}-{high}",
            step_ScheduledProcedureStepStartTime=f"{first}-{last}",
        )
        expected = [
            moment
            for moment in moments
            if low + first <= f"{moment.astimezone(VIENNA):%Y%m%d%H%M}" <= high + last
        ]
        assert [entry.starts_at for entry in entries] == expected

    check()


def test_stations_are_read_again_after_a_while(session: Session) -> None:
    moment = [0.0]
    directory = stations.Directory(
        lambda: _Borrowed(session),  # type: ignore[arg-type]
        max_age_seconds=2,
        monotonic=lambda: moment[0],
    )
    assert not directory.stations().knows("CT01")
    make_room(session, make_site(session), "CT01")
    assert not directory.stations().knows("CT01")
    moment[0] = 2.0
    assert directory.stations().knows("CT01")


class _Borrowed:
    """A session that the directory may not close."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def __enter__(self) -> Session:
        return self._session

    def __exit__(self, *_: object) -> None: ...
