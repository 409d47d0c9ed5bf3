"""CapabilityStatement (R4 section 2.1): what this server does, told to whoever asks."""

from collections.abc import Iterable

from worklist.fhir.appointments import APPOINTMENT
from worklist.fhir.elements import Json
from worklist.fhir.people import PATIENT
from worklist.fhir.requests import IMAGING_STUDY, SERVICE_REQUEST
from worklist.fhir.search import Kind
from worklist.fhir.tasks import TASK

KINDS: dict[str, Kind] = {
    kind.name: kind for kind in (PATIENT, SERVICE_REQUEST, IMAGING_STUDY, APPOINTMENT, TASK)
}
_OTHERS = {
    "Schedule": ["active", "identifier"],
    "Slot": ["schedule", "service-request", "start", "status"],
}
# What every kind is searched by as R4 types it; all others are tokens.
_TYPES = {
    **dict.fromkeys(("patient", "subject", "actor", "focus", "based-on", "basedon"), "reference"),
    **dict.fromkeys(("schedule", "service-request"), "reference"),
    **dict.fromkeys(("date", "start", "birthdate", "authored", "authored-on"), "date"),
    **dict.fromkeys(("name", "family", "given"), "string"),
}


def capability_statement(*, address: str, date: str) -> Json:
    """Return the statement of the server at this address."""
    searched = {name: sorted(kind.parameters) for name, kind in KINDS.items()} | _OTHERS
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Worklist"},
        "implementation": {"description": "Worklist", "url": address},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer <API token>"},
                "resource": [_resource(name, names) for name, names in sorted(searched.items())],
            }
        ],
    }


def _resource(name: str, parameters: Iterable[str]) -> Json:
    codes = ["read", "search-type", *(["create"] if name == "Appointment" else [])]
    return {
        "type": name,
        "interaction": [{"code": code} for code in codes],
        "versioning": "no-version",
        "searchParam": [
            {"name": one, "type": _TYPES.get(one, "token")} for one in ("_id", *parameters)
        ],
    }
