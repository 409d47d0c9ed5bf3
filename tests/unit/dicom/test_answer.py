"""What a scanner reads: expected values are those of PS3.3, PS3.4 K.6-1 and IHE RAD TF-2."""

from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

import pytest
from pydicom import Dataset
from pynetdicom.dsutils import decode, encode

from worklist.dicom import identifier
from worklist.dicom.answer import Manner, answer
from worklist.dicom.entry import Entry
from worklist.orders.status import StepStatus
from worklist.rules.parameters import with_changes
from worklist.vocabulary import Contrast, ContrastRoute, Priority

STARTS = datetime(2026, 7, 1, 8, 30, tzinfo=UTC)
IMPLICIT = {"is_implicit_vr": True, "is_little_endian": True}


def make_entry(**fields: Any) -> Entry:
    values: dict[str, Any] = {
        "scheduled_procedure_step_id": "SPS00000001",
        "step_description": "CT chest",
        "modality": "CT",
        "status": StepStatus.SCHEDULED,
        "starts_at": STARTS,
        "performing_physician": "House^Gregory",
        "room_code": "CT01",
        "institution": "Main hospital",
        "department": "Radiology",
        "time_zone": "Europe/Vienna",
        "requested_procedure_id": "RP00000001",
        "study_instance_uid": "2.25.1",
        "requested_description": "CT chest with contrast",
        "procedure_code": "71260",
        "coding_scheme": "C4",
        "procedure_name": "CT chest",
        "accession_number": "A00000001",
        "internal_patient_number": 7,
        "patient_name": "Müller^Anna",
        "birth_date": date(1981, 5, 4),
        "sex": "F",
        "patient_id": "4711",
        "patient_id_issuer": "MAIN",
        "station_ae_titles": ("CT01",),
        "station_names": ("Scanner 1",),
    }
    return Entry(**values | fields)


def fact(kind: str, subject: str = "", **value: Any) -> dict[str, Any]:
    observed = (STARTS - timedelta(hours=2)).isoformat()
    return {"kind": kind, "subject": subject, "value": value, "observed_at": observed}


def ask(*keywords: str, step: tuple[str, ...] | None = None) -> Dataset:
    query = Dataset()
    for keyword in keywords:
        setattr(query, keyword, None)
    if step is not None:
        inner = Dataset()
        for keyword in step:
            setattr(inner, keyword, None)
        query.ScheduledProcedureStepSequence = [inner] if step else []
    return query


def told(
    query: Dataset,
    entry: Entry,
    character_set: str = "ISO_IR 192",
    offset: timedelta | None = None,
) -> Dataset:
    """The answer as the scanner decodes it."""
    dataset = answer(
        identifier.read(query), entry, Manner(character_set=character_set, offset=offset)
    )
    encoded = encode(dataset, False, True)  # noqa: FBT003 - explicit, little endian
    assert encoded is not None
    return decode(BytesIO(encoded), is_implicit_vr=False, is_little_endian=True)


def value_of(keyword: str, entry: Entry) -> Any:
    return told(ask(keyword), entry)[keyword].value


@pytest.mark.parametrize(
    ("keyword", "fields", "expected"),
    [
        ("AccessionNumber", {}, "A00000001"),
        ("PatientID", {}, "4711"),
        ("PatientID", {"patient_id": None}, "P7"),
        ("IssuerOfPatientID", {}, "MAIN"),
        ("PatientName", {}, "Müller^Anna"),
        ("PatientBirthDate", {}, "19810504"),
        ("PatientBirthDate", {"birth_date": None}, ""),
        ("PatientSex", {}, "F"),
        ("PatientSex", {"sex": None}, None),
        ("StudyInstanceUID", {}, "2.25.1"),
        ("RequestedProcedureID", {}, "RP00000001"),
        ("RequestedProcedureDescription", {}, "CT chest with contrast"),
        ("RequestedProcedurePriority", {"priority": Priority.STAT}, "STAT"),
        ("RequestedProcedurePriority", {"priority": Priority.URGENT}, "HIGH"),
        ("RequestedProcedurePriority", {"priority": Priority.ASAP}, "HIGH"),
        ("RequestedProcedurePriority", {"priority": Priority.ROUTINE}, "ROUTINE"),
        ("PatientTransportArrangements", {"transport": "WHLC"}, "Wheelchair"),
        ("PatientTransportArrangements", {"transport": "by helicopter"}, "by helicopter"),
        (
            "ReasonForTheRequestedProcedure",
            {"reason": "Pulmonary embolism?"},
            "Pulmonary embolism?",
        ),
        ("ReasonForTheRequestedProcedure", {"reason": "x" * 80}, "x" * 64),
        ("AdmissionID", {"admission_id": "V1"}, "V1"),
        ("CurrentPatientLocation", {"current_location": "Ward 3"}, "Ward 3"),
        ("ReferringPhysicianName", {"referring_physician": "Wilson^James"}, "Wilson^James"),
        ("RequestingPhysician", {"ordering_physician": "Cuddy^Lisa"}, "Cuddy^Lisa"),
        ("PatientState", {"danger_code": "MRSA"}, "MRSA"),
        ("InstitutionName", {}, "Main hospital"),
        ("InstitutionalDepartmentName", {}, "Radiology"),
        ("TimezoneOffsetFromUTC", {}, "+0200"),
        ("PatientWeight", {"facts": [fact("weight", number=82.5)]}, 82.5),
        ("PatientSize", {"facts": [fact("height", number=178)]}, 1.78),
        ("PatientWeight", {}, None),
        ("PregnancyStatus", {"facts": [fact("pregnancy", answer=True)]}, 3),
        ("PregnancyStatus", {"facts": [fact("pregnancy", answer=False)]}, 1),
        ("PregnancyStatus", {}, None),
        ("SpecialNeeds", {"facts": [fact("need", "interpreter")]}, "interpreter"),
        (
            "Allergies",
            {"facts": [fact("contrast_reaction", "iodinated", severity="severe")]},
            "iodinated contrast reaction: severe",
        ),
        (
            "MedicalAlerts",
            {
                "facts": [
                    fact("implant", "Pacemaker", safety="unsafe"),
                    fact("isolation", "contact"),
                ]
            },
            ["Implant: Pacemaker (MR unsafe)", "Isolation: contact"],
        ),
        ("MedicalAlerts", {"facts": [fact("dialysis", answer=False)]}, ""),
        # Requested, not known to the worklist: there, and empty.
        ("ConfidentialityConstraintOnPatientDataDescription", {}, ""),
        ("ReferencedStudySequence", {}, []),
    ],
)
def test_return_keys(keyword: str, fields: dict[str, Any], expected: object) -> None:
    value = value_of(keyword, make_entry(**fields))
    assert (value or None) == (expected or None) or list(value) == expected


@pytest.mark.parametrize(
    ("changes", "keyword", "expected"),
    [
        ({"egfr_low": 35.0}, "MedicalAlerts", "eGFR 33 mL/min/1.73 m2"),
        ({}, "MedicalAlerts", None),
        ({"pregnancy_answer_valid_days": 60}, "PregnancyStatus", 1),
        ({}, "PregnancyStatus", None),
    ],
)
def test_facts_are_told_by_the_thresholds_in_use(
    changes: dict[str, Any], keyword: str, expected: object
) -> None:
    when = {"observed_at": "2026-06-01T09:00:00+00:00"}  # thirty days before the exam
    facts = [fact("egfr", number=33) | when, fact("pregnancy", answer=False) | when]
    entry = make_entry(facts=facts, thresholds=with_changes(changes))
    assert (value_of(keyword, entry) or None) == expected


def test_an_old_no_to_pregnancy_is_not_told() -> None:
    old = fact("pregnancy", answer=False) | {"observed_at": "2024-01-01T00:00:00+00:00"}
    assert value_of("PregnancyStatus", make_entry(facts=[old])) is None


STEP_KEYS = {
    "Modality": "CT",
    "ScheduledStationAETitle": "CT01",
    "ScheduledProcedureStepStartDate": "20260701",
    "ScheduledProcedureStepStartTime": "103000",
    "ScheduledPerformingPhysicianName": "House^Gregory",
    "ScheduledProcedureStepDescription": "CT chest",
    "ScheduledProcedureStepID": "SPS00000001",
    "ScheduledStationName": "Scanner 1",
    "ScheduledProcedureStepLocation": "CT01",
    "PreMedication": "Sedation",
    "RequestedContrastAgent": "Iodinated contrast, intravenous",
    "ScheduledProcedureStepStatus": "SCHEDULED",
}


def contrast_entry() -> Entry:
    return make_entry(
        contrast=Contrast.IODINATED,
        contrast_route=ContrastRoute.INTRAVENOUS,
        needs_sedation=True,
    )


def test_the_step_sequence_with_keys_holds_these() -> None:
    item = told(ask(step=tuple(STEP_KEYS)), contrast_entry()).ScheduledProcedureStepSequence[0]
    assert {keyword: str(item[keyword].value) for keyword in STEP_KEYS} == STEP_KEYS
    assert len(item) == len(STEP_KEYS)


def test_the_step_sequence_without_keys_comes_whole() -> None:
    item = told(ask(step=()), contrast_entry()).ScheduledProcedureStepSequence[0]
    assert {keyword: str(item[keyword].value) for keyword in STEP_KEYS} == STEP_KEYS
    code = item.ScheduledProtocolCodeSequence[0]
    assert (code.CodeValue, code.CodingSchemeDesignator) == ("71260", "C4")


def test_code_sequences() -> None:
    code = told(ask("RequestedProcedureCodeSequence"), make_entry()).RequestedProcedureCodeSequence
    assert [(one.CodeValue, one.CodingSchemeDesignator, one.CodeMeaning) for one in code] == [
        ("71260", "C4", "CT chest")
    ]


def test_a_room_with_several_stations_names_all() -> None:
    entry = make_entry(station_ae_titles=("US01", "US02"))
    item = told(ask(step=("ScheduledStationAETitle",)), entry).ScheduledProcedureStepSequence[0]
    assert list(item.ScheduledStationAETitle) == ["US01", "US02"]


def test_a_room_without_stations_still_has_an_ae_title() -> None:
    entry = make_entry(station_ae_titles=())
    item = told(ask(step=("ScheduledStationAETitle",)), entry).ScheduledProcedureStepSequence[0]
    assert item.ScheduledStationAETitle == "CT01"


def test_times_follow_the_clock_of_the_site_through_the_change_of_clocks() -> None:
    # 25 October 2026, 01:30 UTC is 02:30 for the second time in Vienna.
    entry = make_entry(starts_at=datetime(2026, 10, 25, 1, 30, tzinfo=UTC))
    dataset = told(ask("TimezoneOffsetFromUTC", step=("ScheduledProcedureStepStartTime",)), entry)
    item = dataset.ScheduledProcedureStepSequence[0]
    assert item.ScheduledProcedureStepStartTime == "023000"
    assert dataset.TimezoneOffsetFromUTC == "+0100"


def test_times_are_told_at_the_offset_asked_for() -> None:
    dataset = told(
        ask("TimezoneOffsetFromUTC", step=("ScheduledProcedureStepStartTime",)),
        make_entry(),
        offset=timedelta(hours=-5),
    )
    assert dataset.ScheduledProcedureStepSequence[0].ScheduledProcedureStepStartTime == "033000"
    assert dataset.TimezoneOffsetFromUTC == "-0500"


def test_private_and_unknown_keys_come_back_empty() -> None:
    query = ask("PatientID")
    query.add_new(0x00091010, "LO", "")
    assert told(query, make_entry())[0x00091010].value == ""


@pytest.mark.parametrize(
    ("wanted", "name", "expected"),
    [
        ("ISO_IR 192", "Müller^Anna", "ISO_IR 192"),
        ("ISO_IR 100", "Müller^Anna", "ISO_IR 100"),
        ("ISO_IR 100", "Dvořák^Jan", "ISO_IR 192"),
        ("ISO_IR 101", "Dvořák^Jan", "ISO_IR 101"),
        ("", "Smith^Anna", None),
        ("", "Müller^Anna", "ISO_IR 192"),
        ("NOT A SET", "Smith^Anna", "ISO_IR 192"),
    ],
)
def test_a_name_is_always_readable(wanted: str, name: str, expected: str | None) -> None:
    dataset = told(ask("PatientName"), make_entry(patient_name=name), wanted)
    assert dataset.PatientName == name
    assert dataset.get("SpecificCharacterSet") == expected


def test_three_component_groups() -> None:
    entry = make_entry(
        patient_name="Yamada^Tarou",
        patient_name_ideographic="山田^太郎",
        patient_name_phonetic="やまだ^たろう",
    )
    name = told(ask("PatientName"), entry).PatientName
    assert name == "Yamada^Tarou=山田^太郎=やまだ^たろう"


def test_a_japanese_console_gets_its_own_sets() -> None:
    entry = make_entry(patient_name="Yamada^Tarou", patient_name_ideographic="山田^太郎")
    dataset = told(ask("PatientName"), entry, "\\ISO 2022 IR 87")
    assert list(dataset.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]
    assert dataset.PatientName == "Yamada^Tarou=山田^太郎"


def test_text_is_legal_for_its_vr() -> None:
    entry = make_entry(reason="Cough\\fever\r\nsince\x00 May", room_code="A room with a name")
    query = ask("ReasonForTheRequestedProcedure", step=("ScheduledProcedureStepLocation",))
    dataset = told(query, entry)
    assert dataset.ReasonForTheRequestedProcedure == "Cough/fever since May"
    item = dataset.ScheduledProcedureStepSequence[0]
    assert item.ScheduledProcedureStepLocation == "A room with a na"


@pytest.mark.parametrize(
    ("character_set", "name", "told"),
    [
        ("ISO_IR 100", "Müller^Anna", "Müller^Anna"),
        ("ISO_IR 100", "Nováček^Jiří", "Novácek^Jirí"),
        ("ISO_IR 100", "Łoś^Grażyna", "Los^Grazyna"),
        ("", "Groß^Øyvind", "Gross^Oyvind"),
        ("ISO_IR 100", "Иванова^Юлия", "Ivanova^Yuliya"),
        ("ISO_IR 100", "Παπαδόπουλος^Γιώργος", "Papadopoylos^Giorgos"),
        ("ISO_IR 144", "Иванова^Юлия", "Иванова^Юлия"),
        ("ISO_IR 100", "山田^太郎", "??^??"),
    ],
)
def test_a_name_is_spelled_with_the_letters_that_the_console_knows(
    character_set: str, name: str, told: str
) -> None:
    manner = Manner(character_set=character_set, transliterate=True)
    dataset = answer(identifier.read(ask("PatientName")), make_entry(patient_name=name), manner)
    assert str(dataset.PatientName) == told
    assert dataset.get("SpecificCharacterSet", "") == character_set


def test_multi_byte_sets_are_kept() -> None:
    manner = Manner(character_set="\\ISO 2022 IR 87", transliterate=True)
    entry = make_entry(patient_name="Yamada^Tarou", patient_name_ideographic="山田^太郎")
    dataset = answer(identifier.read(ask("PatientName")), entry, manner)
    again = decode(BytesIO(encode(dataset, **IMPLICIT) or b""), **IMPLICIT)
    assert str(again.PatientName) == "Yamada^Tarou=山田^太郎"
    assert list(again.SpecificCharacterSet) == ["", "ISO 2022 IR 87"]


def test_attributes_are_left_out_and_filled_for_fussy_consoles() -> None:
    query = ask(
        "PatientSex", "PatientWeight", "AccessionNumber", "PregnancyStatus", step=("PreMedication",)
    )
    manner = Manner(
        left_out=("PatientSex",),
        filled=(
            ("PatientWeight", "70"),
            ("PreMedication", "None"),
            ("AccessionNumber", "NO"),
            ("PregnancyStatus", "4"),
        ),
    )
    dataset = answer(identifier.read(query), make_entry(), manner)
    assert "PatientSex" not in dataset
    assert dataset.PatientWeight == 70
    assert dataset.PregnancyStatus == 4
    assert encode(dataset, True, True)  # noqa: FBT003 - legal in bytes too
    assert dataset.ScheduledProcedureStepSequence[0].PreMedication == "None"
    assert dataset.AccessionNumber == "A00000001"
