"""CapabilityStatement (R4 section 2.1): what this server does, told to whoever asks."""

from collections.abc import Mapping, Sequence

from worklist.fhir import slots
from worklist.fhir.appointments import APPOINTMENT
from worklist.fhir.elements import Json, without_empty
from worklist.fhir.errors import not_found
from worklist.fhir.people import PATIENT
from worklist.fhir.requests import SERVICE_REQUEST
from worklist.fhir.schedules import SCHEDULE
from worklist.fhir.search import Kind
from worklist.fhir.studies import IMAGING_STUDY
from worklist.fhir.tasks import TASK

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (PATIENT, SERVICE_REQUEST, IMAGING_STUDY, APPOINTMENT, TASK, SCHEDULE)
}
NAMES = frozenset({*KINDS, "Slot"})
_READING = ("read", "search-type")
_WRITING = {"Appointment": ("create", "update", "patch")}
# Our own search parameter, which R4 does not have.
_OWN_NAME = "service-request"
_OWN_ID = f"Slot-{_OWN_NAME}"


def capability_statement(*, address: str, date: str) -> Json:
    """Return the statement of the server at this address."""
    resources = [_of_kind(kind) for kind in KINDS.values()] + [_of_slots(address)]
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date,
        "kind": "instance",
        "software": {"name": "Worklist"},
        "implementation": {"description": "Worklist", "url": address},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "json"],
        "patchFormat": ["application/json-patch+json"],
        "rest": [
            {
                "mode": "server",
                "security": {"description": "Authorization: Bearer <API token>"},
                "resource": sorted(resources, key=lambda one: str(one["type"])),
            }
        ],
    }


def search_parameter(identifier: str, *, address: str) -> Json:
    """Return the definition of a search parameter of our own (R4 section 5.4).

    Raises:
        FhirError: it is none of ours.
    """
    if identifier != _OWN_ID:
        raise not_found("SearchParameter", identifier)
    return {
        "resourceType": "SearchParameter",
        "id": _OWN_ID,
        "url": f"{address}/SearchParameter/{_OWN_ID}",
        "name": _OWN_NAME,
        "status": "active",
        "description": "Slots into which the exam of a ServiceRequest can be booked by all rules.",
        "code": _OWN_NAME,
        "base": ["Slot"],
        "type": "reference",
        "target": ["ServiceRequest"],
    }


def _of_kind(kind: Kind) -> Json:
    types = {name: one.type for name, one in kind.known.items()}
    includes = [f"{kind.name}:{name}" for name in kind.includes]
    return _resource(kind.name, types, includes)


def _of_slots(address: str) -> Json:
    resource = _resource("Slot", slots.PARAMETERS, [slots.INCLUDE])
    for one in resource["searchParam"]:
        if one["name"] == _OWN_NAME:
            one["definition"] = f"{address}/SearchParameter/{_OWN_ID}"
    return resource


def _resource(name: str, types: Mapping[str, str], includes: Sequence[str]) -> Json:
    return without_empty(
        type=name,
        interaction=[{"code": code} for code in (*_READING, *_WRITING.get(name, ()))],
        versioning="versioned",
        readHistory=False,
        updateCreate=False if name in _WRITING else None,
        searchInclude=list(includes),
        searchParam=[{"name": one, "type": types[one]} for one in sorted(types)],
    )
