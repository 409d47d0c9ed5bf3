"""Reports: ORU^R01 (HL7 v2.5 section 7.3; IHE RAD TF-2 4.28 for the study's UID)."""

from datetime import datetime, tzinfo

from worklist.hl7.outbound.fields import interpreter, moment, segment, text
from worklist.hl7.outbound.segments import Draft, obr, orc, pid, pv1
from worklist.hl7.outbound.subject import Audience, OrderSubject
from worklist.language.clock_times import written
from worklist.reading.critical.models import CriticalFinding
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
# LOINC's section of imaging reports for it (as DICOM PS3.20 uses it); OBX-8 is of table 0078.
_CRITICAL = "73568-8^Communication of Critical Results^LN"
_VERY_ABNORMAL = "AA"


def report(subject: OrderSubject, audience: Audience) -> Draft | None:
    """Send a preliminary or final report, or an addendum together with what it adds to.

    Critical findings go with it, with who was told; one that is raised before there is a report
    goes out by itself, as preliminary.
    """
    newest = subject.reports[-1] if subject.reports else None
    if newest is None and not subject.findings:
        return None
    requested = subject.requested
    is_complete = newest is not None and newest.kind is not ReportKind.PRELIMINARY
    told_at = newest.written_at if newest else subject.event.occurred_at
    more = {
        18: text(subject.order.accession_number),
        22: moment(told_at, audience.zone),
        24: text(requested.procedure.modality),
        25: _RESULT_STATUSES[newest.kind if newest else ReportKind.PRELIMINARY],
        32: interpreter(newest.reader) if newest else "",
    }
    return Draft(
        "ORU^R01^ORU_R01",
        "RE",
        (
            pid(subject, audience),
            pv1(subject.order),
            orc(subject, audience, control="RE", status="CM" if is_complete else ""),
            obr(subject, audience, more),
            *_observations(subject, audience),
        ),
    )


def _observations(subject: OrderSubject, audience: Audience) -> list[str]:
    reports = subject.reports
    addendum = bool(reports) and reports[-1].kind is ReportKind.ADDENDUM
    sent = _final_and_after(reports) if addendum else list(reports[-1:])
    uid = _obx(1, "ST", _STUDY, text(subject.requested.study_instance_uid), "F")
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
    when = subject.event.occurred_at
    findings = [
        _obx(
            number,
            "FT",
            _CRITICAL,
            text(_told(one, when, audience.zone)),
            "D" if one.withdrawn_at and one.withdrawn_at <= when else "F",
            observed_at=moment(one.raised_at, audience.zone),
            abnormal=_VERY_ABNORMAL,
        )
        for number, one in enumerate(subject.findings, 2 + len(texts))
    ]
    return [uid, *texts, *findings]


def _told(finding: CriticalFinding, when: datetime, zone: tzinfo) -> str:
    """Return the finding with whom it has to reach or whom it had reached at a moment."""
    lines = [f"To be told within {finding.category}: {finding.content}"]
    if finding.acknowledged_at is not None and finding.acknowledged_at <= when:
        local = finding.acknowledged_at.astimezone(zone)
        at = f"{local:%Y-%m-%d} {written(local)}"
        how = str(finding.means).replace("_", " ")
        lines.append(f"{finding.acknowledged_by} was told ({how}) at {at}.")
    else:
        lines.append(f"Not acknowledged yet; must be told: {finding.recipient}.")
    return "\n".join(lines)


def _final_and_after(reports: tuple[Report, ...]) -> list[Report]:
    return [one for one in reports if one.kind is not ReportKind.PRELIMINARY]


def _obx(
    number: int,
    kind: str,
    code: str,
    value: str,
    status: str,
    *,
    observed_at: str = "",
    abnormal: str = "",
) -> str:
    fields = {1: str(number), 2: kind, 3: code, 4: str(number), 5: value, 8: abnormal, 11: status}
    return segment("OBX", fields | {14: observed_at})
