"""Make the data sets in which a scanner reports a performed procedure step (PS3.4 F.7.2)."""

from datetime import datetime

from pydicom import Dataset

from worklist import identifiers

_FROM_ENTRY = ("PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex")


def begin(
    entry: Dataset, *, station: str, step_id: str, started_at: datetime, modality: str = ""
) -> Dataset:
    """Return the attributes of the N-CREATE that begins what a worklist entry asks for.

    Args:
        entry: An answer of the worklist.
        station: The scanner's AE title.
        step_id: The scanner's own Performed Procedure Step ID.
        started_at: The start, in the scanner's local time.
        modality: The modality, by default the entry's.
    """
    scheduled = entry.ScheduledProcedureStepSequence[0]
    report = Dataset()
    report.SpecificCharacterSet = entry.get("SpecificCharacterSet", "ISO_IR 192")
    for keyword in _FROM_ENTRY:
        setattr(report, keyword, entry.get(keyword, ""))
    report.ScheduledStepAttributesSequence = [_scheduled(entry, scheduled)]
    report.ReferencedPatientSequence = []
    report.PerformedProcedureStepID = step_id
    report.PerformedStationAETitle = station
    report.PerformedStationName = station
    report.PerformedLocation = ""
    report.PerformedProcedureStepStartDate = started_at.strftime("%Y%m%d")
    report.PerformedProcedureStepStartTime = started_at.strftime("%H%M%S")
    report.PerformedProcedureStepStatus = "IN PROGRESS"
    report.PerformedProcedureStepDescription = scheduled.get(
        "ScheduledProcedureStepDescription", ""
    )
    report.PerformedProcedureTypeDescription = ""
    report.ProcedureCodeSequence = []
    report.PerformedProcedureStepEndDate = ""
    report.PerformedProcedureStepEndTime = ""
    report.Modality = modality or scheduled.Modality
    report.StudyID = entry.get("RequestedProcedureID", "")
    report.PerformedProtocolCodeSequence = []
    report.PerformedSeriesSequence = []
    return report


def complete(*, ended_at: datetime, protocol: str) -> Dataset:
    """Return the modifications of the N-SET that completes a step, with one series."""
    report = _end("COMPLETED", ended_at)
    series = Dataset()
    series.SeriesInstanceUID = identifiers.new_uid()
    series.ProtocolName = protocol
    series.SeriesDescription = protocol
    series.PerformingPhysicianName = ""
    series.OperatorsName = ""
    series.RetrieveAETitle = ""
    series.ReferencedImageSequence = []
    series.ReferencedNonImageCompositeSOPInstanceSequence = []
    report.PerformedSeriesSequence = [series]
    return report


def discontinue(*, ended_at: datetime, code: str, meaning: str) -> Dataset:
    """Return the modifications of the N-SET that discontinues a step.

    Args:
        ended_at: The end, in the scanner's local time.
        code: A code of CID 9300, such as ``110514``.
        meaning: Its meaning.
    """
    report = _end("DISCONTINUED", ended_at)
    reason = Dataset()
    reason.CodeValue = code
    reason.CodingSchemeDesignator = "DCM"
    reason.CodeMeaning = meaning
    report.PerformedProcedureStepDiscontinuationReasonCodeSequence = [reason]
    return report


def _end(status: str, ended_at: datetime) -> Dataset:
    report = Dataset()
    report.PerformedProcedureStepStatus = status
    report.PerformedProcedureStepEndDate = ended_at.strftime("%Y%m%d")
    report.PerformedProcedureStepEndTime = ended_at.strftime("%H%M%S")
    return report


def _scheduled(entry: Dataset, scheduled: Dataset) -> Dataset:
    item = Dataset()
    item.StudyInstanceUID = entry.StudyInstanceUID
    item.ReferencedStudySequence = []
    item.AccessionNumber = entry.get("AccessionNumber", "")
    item.RequestedProcedureID = entry.get("RequestedProcedureID", "")
    item.RequestedProcedureDescription = entry.get("RequestedProcedureDescription", "")
    item.ScheduledProcedureStepID = scheduled.get("ScheduledProcedureStepID", "")
    item.ScheduledProcedureStepDescription = scheduled.get("ScheduledProcedureStepDescription", "")
    item.ScheduledProtocolCodeSequence = []
    return item
