"""The FHIR server as a program uses it: a token, requests, resources."""

import json
from dataclasses import dataclass
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.support.department import NOW
from worklist.orders.models import ScheduledProcedureStep
from worklist.performing.models import PerformedProcedureStep, PerformedStatus

MEDIA_TYPE = "application/fhir+json"
# Two series of a performed step, of two images and one other object (PS3.18 annex F).
SERIES = {
    "00400340": {
        "vr": "SQ",
        "Value": [
            {
                "0020000E": {"vr": "UI", "Value": ["1.2.3"]},
                "0008103E": {"vr": "LO", "Value": ["Lung"]},
                "00081140": {"vr": "SQ", "Value": [{}, {}]},
            },
            {"0020000E": {"vr": "UI", "Value": ["1.2.4"]}, "00400220": {"vr": "SQ", "Value": [{}]}},
        ],
    }
}


@dataclass(frozen=True)
class FhirProgram:
    """A program with the token of an account of its own."""

    client: FlaskClient
    token: str

    def __call__(self, address: str, body: object = None) -> tuple[int, dict[str, Any]]:
        """Read or search, or create where there is a body; return status and JSON."""
        answer = self.send("GET" if body is None else "POST", address, body)
        assert answer.content_type == MEDIA_TYPE
        return answer.status_code, json.loads(answer.text)

    def send(
        self,
        method: str,
        address: str,
        body: object = None,
        *,
        content_type: str = MEDIA_TYPE,
        **headers: str,
    ) -> TestResponse:
        """Send a request; ``If_Match`` is the header ``If-Match``."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.open(
            f"/fhir/{address}",
            method=method,
            headers={"Authorization": f"Bearer {self.token}", **named},
            data=None if body is None else json.dumps(body),
            content_type=content_type,
        )


def found(bundle: dict[str, Any], mode: str = "match") -> list[dict[str, Any]]:
    """Return a Bundle's resources; one without any has no entry, for no array is empty."""
    assert bundle.get("entry") != []
    entries = bundle.get("entry", [])
    return [one["resource"] for one in entries if one["search"]["mode"] == mode]


def make_performed(exam: ScheduledProcedureStep) -> PerformedProcedureStep:
    """Return what a scanner reported of an exam, with two series."""
    return PerformedProcedureStep(
        sop_instance_uid="1.2.9",
        status=PerformedStatus.COMPLETED,
        performed_procedure_step_id="P1",
        performed_station_ae_title="CT01",
        modality="CT",
        study_instance_uid=exam.requested_procedure.study_instance_uid,
        started_at=NOW,
        attributes=SERIES,
        received_at=NOW,
        waits=False,
        exams=[exam],
    )
