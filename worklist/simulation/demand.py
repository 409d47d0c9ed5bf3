"""Who is sent to the simulated department: a stream of orders with their patients' facts.

The parameters are defaults for a typical mid-size hospital and may be changed.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from math import log, sqrt
from typing import TypeVar
from zoneinfo import ZoneInfo

from worklist.catalogue.procedures import Procedure
from worklist.rules.facts import (
    ExamFacts,
    Implant,
    ImplantSafety,
    PatientFacts,
    Pregnancy,
    RenalFunction,
)
from worklist.scheduling.exam_facts import exam_facts
from worklist.vocabulary import PatientClass, Priority

# Parts of the busiest hour's rate, from midnight: peaks 9-11 and 13-15, a fifth at night.
_HOURS = (
    *(0.2,) * 7, 0.5, 0.8, 1.0, 1.0, 0.8, 0.7, 1.0, 1.0, 0.8, 0.6, 0.5, 0.4, 0.3, *(0.2,) * 4,
)  # fmt: skip
_MONDAY_TO_FRIDAY = 5
_Thing = TypeVar("_Thing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Shares and rates of the demand.

    Attributes:
        orders_a_day: Orders of a working day; weekends have the hospital's own alone.
        modalities: Shares of the modalities; one that the department lacks gives its to others.
        classes: Shares of the patient classes.
        priorities: Shares of the priorities within each class.
        at_once: Modalities that are there for emergencies, and alone have STAT exams.
        no_show: Share of outpatients who do not come.
        cancelled: Share of outpatients who cancel on the day before.
        late_mean: Minutes by which outpatients are late on average; negative is early.
        late_deviation: Standard deviation of the same.
        variation: Standard deviation of true over booked duration, whose mean is 1.
        long_variation: The same for MR and interventions.
        breakdown_days: A CT or MR stands still once in so many days.
        breakdown_hours: For at least and at most so long.
        accepts: Share of patients on the waiting list who take a sooner time that is offered.
        answers_within: Minutes until they do, at least and at most.
        replan_effort: How much the solver of the nightly plan may do, in its own measure of time.
        several_exams: Share of outpatients' orders that come with a second one for the patient, of
            another modality: our assumption, no study is behind it.
        prefers_site: Share of outpatients who prefer one of several sites, each alike: the same.
    """

    orders_a_day: float = 250
    modalities: Mapping[str, float] = field(
        default_factory=lambda: {
            "DX": 45,
            "CT": 20,
            "US": 16,
            "MR": 9,
            "MG": 6,
            "NM": 1,
            "PT": 1,
            "RF": 1,
            "XA": 1,
        }
    )
    classes: Mapping[PatientClass, float] = field(
        default_factory=lambda: {
            PatientClass.OUTPATIENT: 60,
            PatientClass.INPATIENT: 22,
            PatientClass.EMERGENCY: 18,
        }
    )
    priorities: Mapping[PatientClass, Mapping[Priority, float]] = field(
        default_factory=lambda: {
            PatientClass.EMERGENCY: {Priority.STAT: 42, Priority.URGENT: 58},
            PatientClass.INPATIENT: {
                Priority.STAT: 2,
                Priority.URGENT: 7,
                Priority.ASAP: 41,
                Priority.ROUTINE: 50,
            },
            PatientClass.OUTPATIENT: {Priority.ASAP: 18, Priority.ROUTINE: 82},
        }
    )
    at_once: frozenset[str] = frozenset({"DX", "CT", "US"})
    no_show: float = 0.05
    cancelled: float = 0.06
    late_mean: float = -5.0
    late_deviation: float = 12.0
    variation: float = 0.25
    long_variation: float = 0.35
    breakdown_days: float = 60.0
    breakdown_hours: tuple[float, float] = (2.0, 24.0)
    accepts: float = 0.6
    answers_within: tuple[float, float] = (5.0, 90.0)
    replan_effort: float = 0.1
    several_exams: float = 0.05
    prefers_site: float = 0.3


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One order for one patient; what chance has in store for its day is drawn with it.

    ``site`` is the one that the patient prefers, ``with_order`` the number of the order that this
    one came with.
    """

    number: int
    ordered_at: datetime
    procedure: Procedure
    priority: Priority
    patient_class: PatientClass
    patient: PatientFacts
    comes: bool
    cancels: bool
    late_minutes: float
    true_share: float
    site: str | None = None
    with_order: int | None = None

    @property
    def patient_number(self) -> int:
        """Whose it is: the number of the patient's first order."""
        return self.with_order or self.number

    @property
    def exam(self) -> ExamFacts:
        """What the rules read of the exam."""
        return exam_facts(
            self.procedure,
            priority=self.priority,
            patient_class=self.patient_class,
            ordered_at=self.ordered_at,
        )


def orders(
    procedures: Sequence[Procedure],
    parameters: Parameters,
    *,
    start: datetime,
    days: int,
    zone: ZoneInfo,
    seed: int,
    sites: Sequence[str] = (),
) -> Iterator[Demand]:
    """Yield the orders in order of time; the same seed gives the same orders.

    Of several ``sites`` some patients prefer one.
    """
    chance = random.Random(seed)  # noqa: S311 - a simulation, no secret
    besides = random.Random(seed + 2)  # noqa: S311 - same
    by_modality: dict[str, list[Procedure]] = {}
    for procedure in procedures:
        by_modality.setdefault(procedure.modality, []).append(procedure)
    share = parameters.classes.get(PatientClass.OUTPATIENT, 0) / sum(parameters.classes.values())
    both = 1 + share * parameters.several_exams
    hourly = parameters.orders_a_day / sum(_HOURS) / both
    number = 0
    for when, is_weekend in _arrivals(chance, hourly, start, days, zone):
        number += 1
        made = _order(chance, number, when, by_modality, parameters)
        if made.patient_class is not PatientClass.OUTPATIENT:
            yield made
        elif not is_weekend:
            made = _preferring(besides, made, sites, parameters)
            yield made
            if besides.random() < parameters.several_exams and len(by_modality) > 1:
                number += 1
                yield _second(besides, number, made, by_modality, parameters)


def _arrivals(
    chance: random.Random, hourly: float, start: datetime, days: int, zone: ZoneInfo
) -> Iterator[tuple[datetime, bool]]:
    """Yield when an order comes and whether at a weekend: a Poisson process, hour by hour.

    ``hourly`` are the orders of the busiest hour.
    """
    for hour in range(days * 24):
        moment = start + timedelta(hours=hour)
        local = moment.astimezone(zone)
        rate = hourly * _HOURS[local.hour]
        waited = chance.expovariate(rate)
        while waited < 1:
            yield moment + timedelta(hours=waited), local.isoweekday() > _MONDAY_TO_FRIDAY
            waited += chance.expovariate(rate)


def _order(
    chance: random.Random,
    number: int,
    when: datetime,
    by_modality: Mapping[str, Sequence[Procedure]],
    parameters: Parameters,
) -> Demand:
    patient_class = _drawn(chance, parameters.classes)
    shares = {key: one for key, one in parameters.modalities.items() if key in by_modality}
    if patient_class is PatientClass.EMERGENCY:
        shares = {key: one for key, one in shares.items() if key in parameters.at_once} or shares
    procedure = chance.choice(by_modality[_drawn(chance, shares)])
    priority = _drawn(chance, parameters.priorities[patient_class])
    if priority is Priority.STAT and procedure.modality not in parameters.at_once:
        priority = Priority.URGENT
    outpatient = patient_class is PatientClass.OUTPATIENT
    spread = _spread(procedure, parameters)
    return Demand(
        number=number,
        ordered_at=when.replace(microsecond=0).astimezone(UTC),
        procedure=procedure,
        priority=priority,
        patient_class=patient_class,
        patient=_patient(chance, procedure, when),
        comes=not outpatient or chance.random() >= parameters.no_show,
        cancels=outpatient and chance.random() < parameters.cancelled,
        late_minutes=chance.gauss(parameters.late_mean, parameters.late_deviation),
        true_share=_log_normal(chance, spread),
    )


def _preferring(
    chance: random.Random, demand: Demand, sites: Sequence[str], parameters: Parameters
) -> Demand:
    """Return the order of a patient who may prefer one of the sites."""
    if len(sites) > 1 and chance.random() < parameters.prefers_site:
        return replace(demand, site=chance.choice(sites))
    return demand


def _second(
    chance: random.Random,
    number: int,
    first: Demand,
    by_modality: Mapping[str, Sequence[Procedure]],
    parameters: Parameters,
) -> Demand:
    """Draw what was ordered together with another exam: the patient comes, or cancels, for both."""
    modalities = {
        key: one
        for key, one in parameters.modalities.items()
        if key in by_modality and key != first.procedure.modality
    }
    procedure = chance.choice(by_modality[_drawn(chance, modalities)])
    spread = _spread(procedure, parameters)
    return replace(
        first,
        number=number,
        procedure=procedure,
        true_share=_log_normal(chance, spread),
        with_order=first.number,
    )


def _spread(procedure: Procedure, parameters: Parameters) -> float:
    long = procedure.modality in {"MR", "XA"}
    return parameters.long_variation if long else parameters.variation


def _drawn(chance: random.Random, shares: Mapping[_Thing, float]) -> _Thing:
    return chance.choices(list(shares), list(shares.values()))[0]


def _log_normal(chance: random.Random, variation: float) -> float:
    """Draw a log-normal number of mean 1 with this coefficient of variation."""
    variance = log(1 + variation**2)
    return chance.lognormvariate(-variance / 2, sqrt(variance))


def _patient(chance: random.Random, procedure: Procedure, when: datetime) -> PatientFacts:
    """Draw a patient whose questions are answered: nothing holds the exam."""
    child = chance.random() < 0.08 and not procedure.screening  # noqa: PLR2004 - share of children
    years = chance.randint(2, 15) if child else chance.randint(20, 90)
    is_mr = procedure.modality == "MR"
    implants: tuple[Implant, ...] = ()
    if is_mr and chance.random() < 0.15:  # noqa: PLR2004 - share with a conditional implant
        implants = (
            Implant(
                name="implant",
                safety=ImplantSafety.CONDITIONAL,
                conditional_tesla=(1.5,),
                card_seen=True,
            ),
        )
    claustrophobic = is_mr and chance.random() < 0.1  # noqa: PLR2004 - share
    return PatientFacts(
        birth_date=date(when.year - years, 1, 1),
        sex=chance.choice("FM"),
        weight_kg=max(10.0, chance.gauss(25 if child else 78, 8 if child else 17)),
        renal_function=RenalFunction(egfr=90.0, observed_at=when),
        acute_kidney_injury=False,
        dialysis=False,
        implants=implants,
        mr_screened_at=when,
        metal_eye_injury=False,
        pregnancy=Pregnancy(pregnant=False, observed_at=when),
        glucose_mg_dl=100.0,
        conditions=frozenset({"claustrophobia"}) if claustrophobic else frozenset(),
    )
