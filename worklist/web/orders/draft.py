"""An order that is being made: what the form says, checked."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from werkzeug.datastructures import MultiDict

from worklist.errors import DomainError
from worklist.language.text import _
from worklist.orders.details import OrderDetails
from worklist.scheduling.visit import Gaps
from worklist.vocabulary import PatientClass, Priority
from worklist.web import context
from worklist.web.day_parts import NAMES, USUAL

MOST_EXAMS = 4
LONGEST_REST = 8 * 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What the form says; ``procedure_codes`` are the exams of one visit, each its own order.

    One exam is searched for in a ``part`` of the day, or ``around`` a time of the day wanted; of
    several, ``in_order`` says whether they follow each other as given, ``rest`` how long between.
    """

    procedure_codes: tuple[str, ...]
    priority: Priority
    patient_class: PatientClass
    reason: str
    ordering_physician: str
    laterality: str
    wanted_on: date | None
    part: str
    room_id: int | None
    around: time | None = None
    in_order: bool = False
    rest: Gaps = field(default_factory=Gaps)

    def details(self, now: datetime) -> list[OrderDetails]:
        """Return the orders, one for each exam."""
        return [
            OrderDetails(
                procedure_code=code,
                priority=self.priority,
                patient_class=self.patient_class,
                ordered_at=now,
                reason=self.reason,
                ordering_physician=self.ordering_physician,
                laterality=self.laterality,
                wanted_at=self.wanted_at,
            )
            for code in self.procedure_codes
        ]

    @property
    def wanted_at(self) -> datetime | None:
        """The first moment of the day wanted."""
        if self.wanted_on is None:
            return None
        return datetime.combine(self.wanted_on, time(), tzinfo=context.zone())


def read(form: MultiDict[str, str]) -> Draft:
    """Return what the form says.

    Raises:
        DomainError: a field holds what it cannot; the text names it.
    """
    codes = tuple(code for code in form.getlist("procedure") if code)
    if not 1 <= len(codes) <= MOST_EXAMS:
        raise DomainError(
            _("Choose one exam, or up to %(most_exams)s for one visit.", most_exams=MOST_EXAMS)
        )
    part, room = form.get("part", USUAL), form.get("room_id", "")
    if part not in NAMES:
        raise DomainError(_("%(part)s is not a part of the day.", part=repr(part)))
    if room and not room.isdigit():
        raise DomainError(_("There is no such room."))
    side = form.get("laterality", "")
    try:
        return Draft(
            procedure_codes=codes,
            priority=Priority(form.get("priority", Priority.ROUTINE)),
            patient_class=PatientClass(form.get("patient_class", PatientClass.OUTPATIENT)),
            reason=form.get("reason", "").strip(),
            ordering_physician=_person_name(form.get("ordering_physician", "")),
            laterality=side if side in {"L", "R"} else "",
            wanted_on=date.fromisoformat(form["wanted_on"]) if form.get("wanted_on") else None,
            part=part,
            around=time.fromisoformat(form["around"]) if form.get("around") else None,
            room_id=int(room) if room else None,
            in_order=bool(form.get("in_order")),
            rest=_rest(form),
        )
    except ValueError as error:
        raise DomainError(
            _("The form holds a value that cannot be read: %(error)s.", error=error)
        ) from error


def _rest(form: MultiDict[str, str]) -> Gaps:
    """Return how long the patient rests between two exams, where the form says so."""
    least, most = form.get("rest_least", ""), form.get("rest_most", "")
    return rest_between(int(least) if least else None, int(most) if most else None)


def rest_between(least: int | None, most: int | None) -> Gaps:
    """Return the rest between two exams of a visit, in minutes; the usual where None is said.

    Raises:
        DomainError: there is no such rest.
    """
    usual = Gaps()
    rest = Gaps(
        least=usual.least if least is None else timedelta(minutes=least),
        most=usual.most if most is None else timedelta(minutes=most),
    )
    if not timedelta(0) <= rest.least <= rest.most <= timedelta(minutes=LONGEST_REST):
        raise DomainError(
            _(
                "The longest rest is no shorter than the shortest, and at most %(most)s minutes.",
                most=LONGEST_REST,
            )
        )
    return rest


def _person_name(text: str) -> str:
    """Return ``Huber, Maria`` or ``Maria Huber`` as a DICOM PN (PS3.5 section 6.2.1.2)."""
    family, comma, given = text.strip().partition(",")
    if not comma:
        given, _, family = text.strip().rpartition(" ")
    return f"{family.strip()}^{given.strip()}".rstrip("^").replace("\\", "")
