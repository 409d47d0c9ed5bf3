"""What a scanner reports of an exam that it performs."""

from typing import Any

from tests.support.department import NOW
from worklist import identifiers
from worklist.performing.reports import PerformedReport


def make_report(**fields: Any) -> PerformedReport:
    """Make the report of a CT that begins now and names no exam."""
    values: dict[str, Any] = {
        "sop_instance_uid": identifiers.new_uid(),
        "performed_procedure_step_id": "PPS1",
        "station_ae_title": "CT01",
        "modality": "CT",
        "started_at": NOW,
        "links": (),
        "attributes": {},
    }
    return PerformedReport(**values | fields)
