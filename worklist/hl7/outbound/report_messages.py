"""Reports: ORU^R01 (HL7 v2.5 section 7.3; IHE RAD TF-2 4.28 for the study's UID)."""

from worklist.hl7.outbound.fields import interpreter, moment, segment, text
from worklist.hl7.outbound.segments import Draft, obr, orc, pid, pv1
from worklist.hl7.outbound.subject import Audience, OrderSubject
from worklist.orders.models import RequestedProcedure
from worklist.reading.models import Report, ReportKind

# OBR-25 (table 0123); ORC-5 is complete once there is a final text.
_RESULT_STATUSES = {
    ReportKind.PRELIMINARY: "P",
    ReportKind.FINAL: "F",
    ReportKind.ADDENDUM: "C",
}
# OBX-3: DICOM PS3.16 CID 7000 (document title) and CID 7001 (heading).
_REPORT = "18748-4^Diagnostic Imaging Report^LN"
_ADDENDUM = "121078^Addendum^DCM"
_STUDY = "113014^DICOM Study^DCM"


def report(subject: OrderSubject, audience: Audience) -> Draft | None:
    """Send a preliminary or final report, or an addendum together with what it adds to."""
    if not subject.reports:
        return None
    requested = subject.requested
    newest = subject.reports[-1]
    status = "" if newest.kind is ReportKind.PRELIMINARY else "CM"
    more = {
        18: text(subject.order.accession_number),
        22: moment(newest.written_at, audience.zone),
        24: text(requested.procedure.modality),
        25: _RESULT_STATUSES[newest.kind],
        32: interpreter(newest.reader),
    }
    return Draft(
        "ORU^R01^ORU_R01",
        "RE",
        (
            pid(subject, audience),
            pv1(subject.order),
            orc(subject, audience, control="RE", status=status),
            obr(subject, audience, more),
            *_observations(requested, subject.reports, audience),
        ),
    )


def _observations(
    requested: RequestedProcedure, reports: tuple[Report, ...], audience: Audience
) -> list[str]:
    newest = reports[-1]
    sent = [newest] if newest.kind is not ReportKind.ADDENDUM else _final_and_after(reports)
    uid = _obx(1, "ST", _STUDY, text(requested.study_instance_uid), "F")
    texts = [
        _obx(
            number,
            "FT",
            _ADDENDUM if one.kind is ReportKind.ADDENDUM else _REPORT,
            text(one.content),
            "P" if one.kind is ReportKind.PRELIMINARY else "F",
            observed_at=moment(one.written_at, audience.zone),
        )
        for number, one in enumerate(sent, 2)
    ]
    return [uid, *texts]


def _final_and_after(reports: tuple[Report, ...]) -> list[Report]:
    return [one for one in reports if one.kind is not ReportKind.PRELIMINARY]


def _obx(
    number: int, kind: str, code: str, value: str, status: str, *, observed_at: str = ""
) -> str:
    fields = {1: str(number), 2: kind, 3: code, 4: str(number), 5: value, 11: status}
    return segment("OBX", fields | {14: observed_at})
