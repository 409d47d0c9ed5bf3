"""Data types of FHIR R4 (section 2.24) that several resources use, as JSON values."""

import json
from datetime import datetime
from hashlib import sha256
from typing import Any
from urllib.parse import quote

from worklist.vocabulary import Priority

Json = dict[str, Any]

DICOM_MODALITY = "http://dicom.nema.org/resources/ontology/DCM"
DICOM_UID = "urn:dicom:uid"
IDENTIFIER_TYPE = "http://terminology.hl7.org/CodeSystem/v2-0203"
ACCESSION = "urn:worklist:accession-number"
PLACER = "urn:worklist:placer-order-number"
FILLER = "urn:worklist:filler-order-number"
ROOM = "urn:worklist:room"
PROCEDURE = "urn:worklist:procedure"
STEP_ID = "urn:worklist:scheduled-procedure-step-id"
_VERSION_LENGTH = 16

# Value set RequestPriority. Our URGENT is sooner than our ASAP; there "asap" comes before "urgent".
PRIORITIES = {
    Priority.STAT: "stat",
    Priority.URGENT: "asap",
    Priority.ASAP: "urgent",
    Priority.ROUTINE: "routine",
}


def without_empty(**elements: object) -> Json:
    """Return the elements that have a value: FHIR allows no empty ones (R4 section 2.6.2)."""
    return {name: value for name, value in elements.items() if value not in (None, "", [], {})}


def with_meta(resource: Json, updated: datetime | None) -> Json:
    """Return the resource with its version, which is another whenever it says something else.

    ``updated`` is when it changed last, None where that is not known.
    """
    content = json.dumps(resource, sort_keys=True).encode()
    version = sha256(content).hexdigest()[:_VERSION_LENGTH]
    meta = without_empty(versionId=version, lastUpdated=instant(updated))
    return {"resourceType": resource["resourceType"], "id": resource["id"], "meta": meta} | resource


def instant(moment: datetime | None) -> str | None:
    """Return a time with its offset."""
    return moment.isoformat() if moment else None


def identifier(system: str, value: str | None, type_code: str = "") -> Json | None:
    """Return an Identifier, None where there is no value."""
    if not value:
        return None
    kind = {"coding": [{"system": IDENTIFIER_TYPE, "code": type_code}]} if type_code else None
    return without_empty(type=kind, system=system, value=value)


def issuer_system(issuer: str) -> str:
    """Return the system of a patient's identifier: its assigning authority as a URI."""
    return f"urn:worklist:issuer:{quote(issuer, safe='')}"


def reference(kind: str, row_id: int | str, display: str = "") -> Json:
    """Return a Reference to a resource of this server."""
    return without_empty(reference=f"{kind}/{row_id}", display=display)


def concept(system: str, code: str, text: str = "") -> Json:
    """Return a CodeableConcept with one coding."""
    return without_empty(coding=[without_empty(system=system, code=code, display=text)], text=text)


def human_name(name: str, *, use: str = "official") -> Json | None:
    """Return a HumanName of a DICOM PN component group, None for an empty one."""
    family, given, middle, prefix, suffix, *_ = [*name.split("^"), "", "", "", "", ""]
    if not (family or given):
        return None
    return without_empty(
        use=use,
        family=family,
        given=[part for part in (given, middle) if part],
        prefix=[prefix] if prefix else None,
        suffix=[suffix] if suffix else None,
    )
