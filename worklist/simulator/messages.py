"""The messages that the simulated hospital and the tour send, built with hl7apy.

ADT^A04 and three forms of an order: ORM^O01 of HL7 2.3.1, OMG^O19 and OMI^O23 of 2.5.1
(IHE RAD TF-2 sections 4.1, 4.2 and 4.4).
"""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from hl7apy.core import Group, Message

from worklist import identifiers
from worklist.hl7.escapes import Encoding, encode
from worklist.simulator.demand import SimulatedOrder
from worklist.simulator.people import Name, Person
from worklist.vocabulary import Priority

_ENCODING = Encoding()
_PRIORITY_CODES = {
    Priority.STAT: "S",
    Priority.URGENT: "T",
    Priority.ASAP: "A",
    Priority.ROUTINE: "R",
}
_UNICODE = "UNICODE UTF-8"


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sends, as MSH-3 and MSH-4 say; the facility issues patient and order numbers."""

    application: str
    facility: str


@dataclass(frozen=True, slots=True)
class OrderForm:
    """One of the three messages that carry an order, and where its segments stand in it."""

    trigger: str
    structure: str
    version: str
    detail: tuple[str, ...] = ()

    def path(self, segment: str) -> tuple[str, ...]:
        """Return the groups in which a segment stands."""
        patient, order = f"{self.structure}_PATIENT", f"{self.structure}_ORDER"
        places = {
            "PID": (patient,),
            "PV1": (patient, f"{patient}_VISIT"),
            "AL1": (patient,),
            "ORC": (order,),
            "TQ1": (order, f"{self.structure}_TIMING"),
            "OBR": (order, *self.detail, *((f"{self.structure}_CHOICE",) if self.detail else ())),
            "OBX": (order, *self.detail, f"{self.structure}_OBSERVATION"),
            "IPC": (order,),
        }
        return places[segment]


ORM = OrderForm("ORM^O01", "ORM_O01", "2.3.1", ("ORM_O01_ORDER_DETAIL",))
OMG = OrderForm("OMG^O19^OMG_O19", "OMG_O19", "2.5.1")
OMI = OrderForm("OMI^O23^OMI_O23", "OMI_O23", "2.5.1")


def registration(person: Person, sender: Sender, now: datetime) -> bytes:
    """Return the ADT^A04 that registers a patient."""
    message = _message("ADT_A01", "2.5.1", "ADT^A04^ADT_A01", sender, now)
    _add(message, (), f"EVN|A04|{_time(now)}")
    _add(message, (), _pid(person, sender))
    _add(message, (), "PV1|1|O")
    return _bytes(message)


def order(
    form: OrderForm, control: str, one: SimulatedOrder, sender: Sender, now: datetime
) -> bytes:
    """Return a new (``NW``) or changed (``XO``) order."""
    message = _message(form.structure, form.version, form.trigger, sender, now)
    for segment in _order_segments(form, control, one, sender):
        path = form.path(segment[:3])
        _add(message, path, segment, new_group=segment.startswith("OBX"))
    return _bytes(message)


def cancellation(one: SimulatedOrder, reason: str, sender: Sender, now: datetime) -> bytes:
    """Return the ORM^O01 that cancels an order."""
    message = _message(ORM.structure, ORM.version, ORM.trigger, sender, now)
    _add(message, ORM.path("PID"), _pid(one.person, sender))
    orc = f"ORC|CA|{one.number}^{sender.facility}{'|' * 14}^{_escaped(reason)}"
    _add(message, ORM.path("ORC"), orc)
    return _bytes(message)


def _order_segments(
    form: OrderForm, control: str, one: SimulatedOrder, sender: Sender
) -> Iterable[str]:
    number = f"{one.number}^{sender.facility}"
    priority, wanted = _PRIORITY_CODES[one.priority], _time(one.wanted_at)
    timing = f"1^^^{wanted}^^{priority}" if form is ORM else ""
    visit = f"V{one.number[1:]}"
    yield _pid(one.person, sender)
    yield f"PV1|1|{one.patient_class}|{one.location}{'|' * 16}{visit}"
    if one.allergy:
        substance, group, severity = one.allergy.split("^")
        yield f"AL1|1|DA|^{substance} {group}|{severity}|Rash"
    yield f"ORC|{control}|{number}|||||{timing}||{_time(one.ordered_at)}|||{_PHYSICIAN}"
    if form is not ORM:
        yield f"TQ1|1||||||{wanted}||{priority}"
    code = f"{one.procedure.code}^{_escaped(one.procedure.name)}^{one.procedure.coding_scheme}"
    fields = ["OBR", "1", number, "", code, *[""] * 11, _PHYSICIAN, *[""] * 10, timing]
    yield "|".join([*fields, "", "", one.transport, f"^{_escaped(one.reason)}"])
    for position, observation in enumerate(one.observations, 1):
        code = f"{observation.code}^{observation.text}^LN"
        yield (
            f"OBX|{position}|{observation.kind}|{code}||{observation.value}|{observation.unit}"
            f"|||||F|||{_time(observation.observed_at)}"
        )
    if form is OMI:
        accession, procedure = f"H{one.number[1:]}", one.procedure
        yield (
            f"IPC|{accession}|R{accession}|{identifiers.new_uid()}|P{accession}"
            f"|{procedure.modality}|{code_of(one)}"
        )


_PHYSICIAN = "4410^Amberley^Iris^^^Dr"


def code_of(one: SimulatedOrder) -> str:
    """Return the procedure as a coded element."""
    procedure = one.procedure
    return f"{procedure.code}^{_escaped(procedure.name)}^{procedure.coding_scheme}"


def _message(structure: str, version: str, trigger: str, sender: Sender, now: datetime) -> Message:
    message = Message(structure, version=version)
    message.msh.msh_3 = sender.application
    message.msh.msh_4 = sender.facility
    message.msh.msh_5 = "WORKLIST"
    message.msh.msh_6 = "RADIOLOGY"
    message.msh.msh_7 = _time(now)
    message.msh.msh_9 = trigger
    message.msh.msh_10 = uuid.uuid4().hex[:20]
    message.msh.msh_11 = "P"
    message.msh.msh_18 = _UNICODE
    return message


def _add(message: Message, path: tuple[str, ...], content: str, *, new_group: bool = False) -> None:
    """Put a segment into its groups, the innermost of which may be one of its own."""
    parent: Message | Group = message
    for depth, name in enumerate(path, 1):
        own = new_group and depth == len(path)
        existing = None if own else next(iter(parent.children.get(name) or ()), None)
        parent = existing or parent.add_group(name)
    parent.add_segment(content[:3]).value = content


def _bytes(message: Message) -> bytes:
    text: str = message.to_er7()
    return (text.rstrip("\r") + "\r").encode()


def _pid(person: Person, sender: Sender) -> str:
    number = f"{person.number}^^^{sender.facility}^MR"
    address = f"{_escaped(person.street)}^^{_escaped(person.town)}".rstrip("^")
    return (
        f"PID|1||{number}||{_xpn(person.name)}||{person.birth_date:%Y%m%d}|{person.sex}"
        f"|||{address}||{_escaped(person.phone)}"
    ).rstrip("|")


def _xpn(name: Name) -> str:
    """Write the name in each of its representations (XPN.8: alphabetic, ideographic, phonetic)."""
    forms = [((name.family, name.given), "A"), (name.ideographic, "I"), (name.phonetic, "P")]
    return "~".join(
        f"{_escaped(form[0])}^{_escaped(form[1])}^^^^^L^{code}" for form, code in forms if form
    )


def _time(moment: datetime | None) -> str:
    return moment.strftime("%Y%m%d%H%M%S%z") if moment else ""


def _escaped(text: str) -> str:
    return encode(text, _ENCODING)
