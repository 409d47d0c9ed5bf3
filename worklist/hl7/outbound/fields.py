"""Plain values to HL7 data types, already escaped (HL7 v2.5 chapter 2.A)."""

from collections.abc import Mapping
from datetime import date, datetime, tzinfo

from worklist.hl7 import escapes
from worklist.hl7.escapes import Encoding
from worklist.language.catalogues import SOURCE
from worklist.language.tags import language_name
from worklist.patients.models import Patient, PatientIdentifier
from worklist.vocabulary import Priority

ENCODING = Encoding()

_PRIORITIES = {
    Priority.STAT: "S",
    Priority.URGENT: "T",
    Priority.ASAP: "A",
    Priority.ROUTINE: "R",
}


def segment(name: str, fields: Mapping[int, str]) -> str:
    """Return a segment with the fields at their numbers, without empty ones at its end."""
    values = [fields.get(number, "") for number in range(1, max(fields, default=0) + 1)]
    return "|".join([name, *values]).rstrip("|")


def text(value: str | None) -> str:
    """Escape text."""
    return escapes.encode(value or "", ENCODING)


def components(*parts: str) -> str:
    """Join components that are escaped already."""
    return "^".join(parts).rstrip("^")


def moment(value: datetime | None, zone: tzinfo) -> str:
    """Write a TS: the zone's wall-clock time with its offset from UTC."""
    return value.astimezone(zone).strftime("%Y%m%d%H%M%S%z") if value else ""


def day(value: date | None) -> str:
    """Write a DT."""
    return value.strftime("%Y%m%d") if value else ""


def entity(number: str | None, namespace: str) -> str:
    """Write an EI: a number and who gave it."""
    return components(text(number), text(namespace)) if number else ""


def coded(code: str, meaning: str = "", scheme: str = "") -> str:
    """Write a CE or CWE."""
    return components(text(code), text(meaning), text(scheme))


def person_name(name: str) -> str:
    """Write a PN component group as the first components of an XPN.

    DICOM has prefix before suffix, HL7 suffix before prefix.
    """
    family, given, middle, prefix, suffix, *_ = [*name.split("^"), "", "", "", "", ""]
    return components(*map(text, (family, given, middle, suffix, prefix)))


def patient_name(patient: Patient) -> str:
    """Write PID-5: the legal name, once for each representation that there is."""
    forms = {
        "A": patient.name,
        "I": patient.name_ideographic,
        "P": patient.name_phonetic,
    }
    given = {code: name for code, name in forms.items() if name}
    if set(given) <= {"A"}:
        return f"{_padded(person_name(patient.name), 6)}^L"
    return "~".join(f"{_padded(person_name(name), 6)}^L^{code}" for code, name in given.items())


def physician(name: str) -> str:
    """Write a PN component group as an XCN without a number."""
    return f"^{person_name(name)}" if name else ""


def interpreter(name: str) -> str:
    """Write a PN component group as an NDL: its first component is a CNN."""
    family, given, middle, prefix, suffix, *_ = [*name.split("^"), "", "", "", "", ""]
    return "&".join(map(text, ("", family, given, middle, suffix, prefix))).rstrip("&")


def identifier(one: PatientIdentifier) -> str:
    """Write a CX."""
    return components(text(one.value), "", "", text(one.issuer), text(one.type_code))


def telecommunication(patient: Patient, version: tuple[int, ...]) -> str:
    """Write PID-13: telephone number and mail address.

    A number as it is written stands in XTN.1, from version 2.6 on in XTN.12.
    """
    phone = text(patient.phone)
    if phone and version >= (2, 6):
        phone = components("", "PRN", "PH", *[""] * 8, phone)
    mail = components("", "NET", "Internet", text(patient.email)) if patient.email else ""
    return "~".join(filter(None, (phone, mail)))


def language(code: str) -> str:
    """Write PID-15 by the code of ISO 639, which HL7 table 0296 suggests."""
    return coded(code, language_name(code, SOURCE), "ISO639") if code else ""


def priority(value: Priority) -> str:
    """Write a priority (HL7 table 0485)."""
    return _PRIORITIES[value]


def timing(
    starts_at: datetime | None, ends_at: datetime | None, urgency: Priority | None, zone: tzinfo
) -> str:
    """Write a TQ: quantity 1, start, end and priority."""
    code = priority(urgency) if urgency else ""
    return components("1", "", "", moment(starts_at, zone), moment(ends_at, zone), code)


def _padded(value: str, count: int) -> str:
    """Fill up to ``count`` components."""
    return value + "^" * (count - 1 - value.count("^"))
