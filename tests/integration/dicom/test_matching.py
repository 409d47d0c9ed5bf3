"""Which entries a query finds, in the real database (PS3.4 section C.2.2.2 and Table K.6-1)."""

from fnmatch import fnmatchcase

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import Dataset
from sqlalchemy import event, literal, select
from sqlalchemy.orm import Session

from tests.support.department import make_patient, make_procedure, make_room, make_site
from tests.support.dicom import schedule
from tests.support.worklist_queries import DAY, find, find_of, found, query_of
from worklist.catalogue.models import Station
from worklist.dicom import identifier, matching, patterns
from worklist.dicom.entries import read_entries
from worklist.dicom.identifier import IdentifierError
from worklist.dicom.stations import read_stations
from worklist.patients.models import PatientIdentifier


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
def test_matching(seven_exams: Session, keys: dict[str, object], expected: str) -> None:
    assert found(seven_exams, **keys) == expected


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
    seven_exams: Session, keyword: str, field: str
) -> None:
    entries = find(seven_exams)
    values = [str(getattr(entry, field)) for entry in entries]
    one, two = values[:2]
    assert found(seven_exams, **{keyword: one}) == "Á"
    assert found(seven_exams, **{keyword: [one, two]}) == "ÁB"
    assert found(seven_exams, **{keyword: f"{one}9"}) == ""
    if keyword == "StudyInstanceUID":
        return
    # The underscore is not a wild card.
    for pattern in (f"{one[:-1]}?", f"*{one[-3:]}", f"{one[:2]}*", f"{one[:-2]}_*"):
        expected = [
            entry.patient_name[0]
            for entry, value in zip(entries, values, strict=True)
            if fnmatchcase(value, pattern)
        ]
        assert found(seven_exams, **{keyword: pattern}) == "".join(expected)


def test_codes_match(seven_exams: Session) -> None:
    code = Dataset()
    code.CodeValue = "70551"
    assert found(seven_exams, RequestedProcedureCodeSequence=[code]) == "DG"
    assert found(seven_exams, step_ScheduledProtocolCodeSequence=[code]) == "DG"


def test_the_patient_is_found_and_told_by_the_number_asked_for(seven_exams: Session) -> None:
    patient_id = find(seven_exams)[0].internal_patient_number
    seven_exams.add(PatientIdentifier(patient_id=patient_id, value="X1", issuer="ELSEWHERE"))
    seven_exams.flush()
    entries = find(seven_exams, PatientID="X1", IssuerOfPatientID="ELSEWHERE")
    assert [(one.patient_id, one.patient_id_issuer) for one in entries] == [("X1", "ELSEWHERE")]
    assert found(seven_exams, PatientID="X1", IssuerOfPatientID="TEST") == ""
    assert [one.patient_id_issuer for one in find(seven_exams)] == ["TEST"] * 5


def test_an_empty_value_matches_only_a_universal_key(seven_exams: Session) -> None:
    assert found(seven_exams, AdmissionID="?*") == ""
    assert found(seven_exams, AdmissionID="*") == "ÁBCDG"


def test_unsupported_keys_are_named(seven_exams: Session) -> None:
    query = query_of({"EthnicGroup": "X", "PatientID": "1", "MedicalAlerts": ""})
    match = matching.build(identifier.read(query), read_stations(seven_exams), default_zone="UTC")
    assert match.unsupported == ["EthnicGroup"]


def test_what_is_kept_nowhere_matches_no_value(seven_exams: Session) -> None:
    known = read_stations(seven_exams)
    study = Dataset()
    study.ReferencedSOPInstanceUID = "1.2.3"
    query = query_of({})
    query.ReferencedStudySequence = [study]
    match = matching.build(identifier.read(query), known, default_zone="UTC")
    found_ = read_entries(seven_exams, match, known, default_zone="UTC", with_facts=True)
    assert (match.unsupported, found_) == ([], [])
    assert found(seven_exams, ConfidentialityConstraintOnPatientDataDescription="VIP") == ""
    assert found(seven_exams, ConfidentialityConstraintOnPatientDataDescription="") == "ÁBCDG"


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
    seven_exams: Session, keys: dict[str, object], tag: int
) -> None:
    with pytest.raises(IdentifierError) as caught:
        find_of(seven_exams, keys)
    assert caught.value.tag == tag


def test_several_items_of_a_step_sequence_are_refused(session: Session) -> None:
    query = Dataset()
    query.ScheduledProcedureStepSequence = [Dataset(), Dataset()]
    with pytest.raises(IdentifierError, match="one item"):
        matching.build(identifier.read(query), read_stations(session), default_zone="UTC")


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


def test_one_statement_a_query_whatever_is_asked(seven_exams: Session) -> None:
    counted: list[str] = []
    known = read_stations(seven_exams)
    query = identifier.read(query_of({"PatientName": "*", "step.Modality": "CT"}))
    match = matching.build(query, known, default_zone="UTC")
    connection = seven_exams.connection()

    def count(*arguments: object) -> None:
        counted.append(str(arguments[2]))

    event.listen(connection, "before_cursor_execute", count)
    entries = read_entries(seven_exams, match, known, default_zone="UTC", with_facts=True)
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
