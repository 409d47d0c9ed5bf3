"""ADT^A08 and A40 (IHE RAD-12), and reports as ORU^R01."""

from dataclasses import replace
from typing import Any

from tests.support.outbound import (
    HAPPENED,
    make_audience,
    make_patient_subject,
    make_person,
    make_subject,
)
from worklist.hl7.outbound.patient_messages import patient
from worklist.hl7.outbound.report_messages import report
from worklist.hl7.outbound.segments import pid
from worklist.hl7.outbound.subject import Subject
from worklist.orders.status import StepStatus
from worklist.patients.models import Patient
from worklist.reading.critical.models import CriticalFinding, Means
from worklist.reading.models import Report, ReportKind
from worklist.vocabulary import Category


def test_changed_demographics_are_an_a08() -> None:
    draft = patient(make_patient_subject("patient.updated", changed=["name"]), make_audience())
    assert draft is not None
    assert (draft.type, draft.control) == ("ADT^A08^ADT_A01", "A08")
    assert draft.segments == (
        "EVN|A08|20261124100001+0100||||20261124100000+0100",
        (
            "PID|1||4711^^^GENERAL^MR~A1^^^CITY^MR||ROE^JANE^ANN^MSC^DR^^L||19700315|F"
            "|||Lake Street 1, 1010 Vienna||(555)123-4567~^NET^Internet^jane@example.org"
        ),
        "PV1|1|N",
    )


def test_the_language_is_told_by_its_code_of_iso_639() -> None:
    """PID-15 is a CE (HL7 2.5.1 section 3.4.2.15), its table 0296 suggests ISO 639."""
    subject = make_patient_subject("patient.updated", changed=["language"])
    subject.patient.language = "tr"
    assert pid(subject, make_audience()).endswith("jane@example.org||tr^Turkish^ISO639")


def test_a_merge_is_an_a40_that_names_the_survivor_first() -> None:
    subject = make_patient_subject("patient.merged", survivor=1, merged=2)
    draft = patient(subject, make_audience())
    assert draft is not None
    assert (draft.type, draft.control) == ("ADT^A40^ADT_A39", "A40")
    assert draft.segments[0] == "EVN|A40|20261124100001+0100||||20261124100000+0100"
    assert draft.segments[1].startswith("PID|1||4711^^^GENERAL^MR~A1^^^CITY^MR||ROE^JANE^ANN")
    assert draft.segments[2] == "MRG|4712^^^GENERAL^MR||||||ROE^J^^^^^L"


def test_the_merged_patients_own_entry_is_not_told_again() -> None:
    subject = make_patient_subject("patient.merged", survivor=9, merged=1)
    assert patient(subject, make_audience()) is None


def test_a_new_number_is_an_a47_that_names_the_old_one() -> None:
    old = {"value": "0815", "issuer": "GENERAL", "type_code": "MR"}
    subject = make_patient_subject("patient.updated", changed=["identifiers"], replaced=[old])
    draft = patient(subject, make_audience())
    assert draft is not None
    assert draft.type == "ADT^A47^ADT_A30"
    assert draft.segments[1].startswith("PID|1||4711^^^GENERAL^MR~A1^^^CITY^MR||ROE^JANE")
    assert draft.segments[2] == "MRG|0815^^^GENERAL^MR||||||ROE^JANE^ANN^MSC^DR^^L"


def test_a_merge_taken_back_tells_each_patient_as_it_is() -> None:
    for patient_id in (1, 2):
        subject = make_patient_subject("patient.merge_undone", survivor=1, merged=2)
        subject.event.patient_id = patient_id
        draft = patient(subject, make_audience())
        assert draft is not None
        assert (draft.control, draft.segments[-1]) == ("A08", "PV1|1|N")


def subject_of(person: Patient) -> Subject:
    return replace(make_patient_subject("patient.updated"), patient=person)


def test_names_in_three_scripts_are_three_repetitions() -> None:
    person = make_person(
        name="YAMADA^TARO", name_ideographic="山田^太郎", name_phonetic="やまだ^たろう"
    )
    assert pid(subject_of(person), make_audience()).split("|")[5] == (
        "YAMADA^TARO^^^^^L^A~山田^太郎^^^^^L^I~やまだ^たろう^^^^^L^P"
    )


def test_unknown_sex_and_birth_date() -> None:
    fields = pid(subject_of(make_person(sex=None, birth_date=None)), make_audience()).split("|")
    assert (fields[7], fields[8]) == ("", "U")


def make_report(identifier: int, kind: ReportKind, content: str) -> Report:
    return Report(
        id=identifier, kind=kind, content=content, reader="READER^ROBIN^^Dr", written_at=HAPPENED
    )


def make_finding(**fields: Any) -> CriticalFinding:
    values = {
        "category": Category.MINUTES,
        "content": "Pneumothorax | right",
        "recipient": "Dr House",
        "raised_at": HAPPENED,
        "acknowledged_at": None,
        "withdrawn_at": None,
    }
    return CriticalFinding(**values | fields)


PRELIMINARY = make_report(1, ReportKind.PRELIMINARY, "No bleeding.")
FINAL = make_report(2, ReportKind.FINAL, "Normal brain.\nNo fracture | no bleeding.")
ADDENDUM = make_report(3, ReportKind.ADDENDUM, "Compared with 2020.")


def test_a_final_report() -> None:
    subject = make_subject(
        "report.final", status=StepStatus.COMPLETED, reports=(PRELIMINARY, FINAL), report_id=2
    )
    draft = report(subject, make_audience())
    assert draft is not None
    assert (draft.type, draft.control) == ("ORU^R01^ORU_R01", "RE")
    orc, obr, uid, text = draft.segments[2:]
    assert orc.split("|")[:6] == ["ORC", "RE", "P100^HIS", "F00000009^WORKLIST", "", "CM"]
    fields = obr.split("|")
    assert (fields[18], fields[22], fields[24], fields[25], fields[32]) == (
        "A00000005",
        "20261124100000+0100",
        "CT",
        "F",
        "&READER&ROBIN&&&Dr",
    )
    assert uid == "OBX|1|ST|113014^DICOM Study^DCM|1|1.2.3.4||||||F"
    assert text == (
        "OBX|2|FT|18748-4^Diagnostic Imaging Report^LN|2"
        "|Normal brain.\\.br\\No fracture \\F\\ no bleeding.||||||F|||20261124100000+0100"
    )


def test_a_preliminary_report() -> None:
    subject = make_subject("report.preliminary", reports=(PRELIMINARY,), report_id=1)
    draft = report(subject, make_audience())
    assert draft is not None
    assert draft.segments[2].split("|")[5] == ""
    assert draft.segments[3].split("|")[25] == "P"
    assert draft.segments[5].split("|")[11] == "P"


def test_an_addendum_comes_with_what_it_adds_to() -> None:
    subject = make_subject("report.addendum", reports=(PRELIMINARY, FINAL, ADDENDUM), report_id=3)
    draft = report(subject, make_audience())
    assert draft is not None
    assert draft.segments[3].split("|")[25] == "C"
    texts = [one.split("|")[3:6:2] for one in draft.segments[5:]]
    assert texts == [
        [
            "18748-4^Diagnostic Imaging Report^LN",
            "Normal brain.\\.br\\No fracture \\F\\ no bleeding.",
        ],
        ["121078^Addendum^DCM", "Compared with 2020."],
    ]


def test_nothing_reported_is_no_message() -> None:
    assert report(make_subject("exam.completed"), make_audience()) is None


def test_from_version_2_6_on_a_telephone_number_is_in_xtn_12() -> None:
    fields = pid(subject_of(make_person(email="")), make_audience(version="2.6")).split("|")
    assert fields[13] == "^PRN^PH^^^^^^^^^(555)123-4567"


_CRITICAL = "FT|73568-8^Communication of Critical Results^LN"


def test_a_critical_finding_goes_out_before_there_is_a_report() -> None:
    draft = report(
        make_subject("critical.raised", findings=(make_finding(),), finding_id=1), make_audience()
    )
    assert draft is not None
    fields = draft.segments[3].split("|")
    assert (fields[22], fields[25]) == ("20261124100000+0100", "P")
    assert draft.segments[5] == (
        f"OBX|2|{_CRITICAL}|2|To be told within minutes: Pneumothorax \\F\\ right\\.br\\"
        "Not acknowledged yet; must be told: Dr House.|||AA|||F|||20261124100000+0100"
    )


def test_a_report_tells_who_was_told_of_its_critical_finding() -> None:
    told = make_finding(
        acknowledged_at=HAPPENED, acknowledged_by="Nurse Hathaway", means=Means.IN_PERSON
    )
    subject = make_subject("report.final", reports=(FINAL,), findings=(told,), report_id=2)
    draft = report(subject, make_audience())
    assert draft is not None
    assert [one.split("|")[3] for one in draft.segments[4:]] == [
        "113014^DICOM Study^DCM",
        "18748-4^Diagnostic Imaging Report^LN",
        "73568-8^Communication of Critical Results^LN",
    ]
    assert "Nurse Hathaway was told (in person) at 2026-11-24 10:00." in draft.segments[6]


def test_what_was_not_found_after_all_is_a_deleted_observation() -> None:
    subject = make_subject("critical.withdrawn", findings=(make_finding(withdrawn_at=HAPPENED),))
    draft = report(subject, make_audience())
    assert draft is not None
    assert draft.segments[5].split("|")[11] == "D"


def test_nothing_to_report_is_no_message() -> None:
    assert report(make_subject("critical.raised"), make_audience()) is None
