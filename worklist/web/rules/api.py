"""Rules, their thresholds and the policy of placement for programs."""

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from worklist.auth.roles import Permission
from worklist.rulebook import queries, service
from worklist.rules import describe
from worklist.rules.parameters import as_json, parameters
from worklist.rules.serialise import EFFECTS, to_json
from worklist.scheduling import policy_file
from worklist.scheduling.policies import queries as policies
from worklist.scheduling.policies import service as policy_service
from worklist.scheduling.policies.parameters import parameters as policy_parameters
from worklist.scheduling.trial import trial
from worklist.web import context
from worklist.web.api.fields import Input, Output, Reason
from worklist.web.api.operations import Operations
from worklist.web.rules.shown import POLICY_NUMBER, THRESHOLD, Put, Shown, numbers, of_name

api = Operations("Rules", "What the rules do, and the numbers that a department may change.")


class RuleTold(Output):
    """A rule: what it does, its effects and its sources."""

    id: str
    text: str
    effects: list[str]
    sources: list[str]


class Number(Output):
    """A number that may be changed: in use, and as shipped; ``least`` and ``most`` bound it."""

    name: str
    value: Any
    shipped: Any
    is_own: bool
    unit: str
    text: str
    rules: list[str]
    source: str
    least: float | None
    most: float | None


class NumberChange(Output):
    """One change of a number; ``after`` is null where it went back to what is shipped."""

    name: str
    before: Any
    after: Any
    reason: str
    actor: str
    changed_at: datetime


class Rulebook(Output):
    """The rules, the thresholds and the newest changes."""

    rules: list[RuleTold]
    thresholds: list[Number]
    history: list[NumberChange]


class PlacementPolicy(Output):
    """The numbers by which exams are placed and the newest changes."""

    numbers: list[Number]
    history: list[NumberChange]


class NewValue(Input):
    """The value to put in use, null for what is shipped, and why."""

    value: Any
    reason: Reason


class TriedValue(Input):
    """The value to try, null for what is shipped."""

    value: Any


class Judged(Output):
    """An exam that would be judged differently: findings that would go, and that would come."""

    exam_id: int | None
    name: str
    at: datetime
    gone: list[dict[str, Any]]
    new: list[dict[str, Any]]


class Counts(Output):
    """How many exams would be so and were not, and the reverse."""

    more: int
    fewer: int


class Tried(Output):
    """What another value would have said about the last exams, the newest first."""

    exams: int
    held: Counts
    blocked: Counts
    differences: list[Judged]


class Changed(Output):
    """The names of the numbers that differ from before."""

    changed: list[str]


@api.get("/rules", Permission.SEE_SCHEDULE, twins="rules.overview")
def read_rules(session: Session) -> Rulebook:
    """Return the rules, their thresholds and who changed them."""
    in_use = as_json(queries.thresholds(session))
    shown = numbers(parameters(), in_use, queries.own_values(session))
    return Rulebook(
        rules=[
            RuleTold(
                id=one.id,
                text=one.text,
                effects=[name for name, kind in EFFECTS.items() if kind in one.effects],
                sources=list(one.sources),
            )
            for one in describe.rules()
        ],
        thresholds=[_number(one) for one in shown],
        history=[NumberChange.model_validate(one) for one in queries.history(session)],
    )


@api.put("/rules/thresholds/<name>", Permission.ADMINISTER, twins="rules.change")
def change_threshold(session: Session, name: str, body: NewValue) -> Changed:
    """Put another value of a threshold in use."""
    of_name(parameters(), name, THRESHOLD)
    return _change(session, name, body, service.change)


@api.post("/rules/thresholds/<name>/try", Permission.ADMINISTER, twins="rules.try_value")
def try_threshold(session: Session, name: str, body: TriedValue) -> Tried:
    """Tell what another value would have said about the exams of the last 30 days; see the page.

    Nothing is changed.
    """
    of_name(parameters(), name, THRESHOLD)
    found = trial(session, {name: body.value}, now=context.now())
    return Tried(
        exams=found.exams,
        held=Counts(more=found.held[0], fewer=found.held[1]),
        blocked=Counts(more=found.blocked[0], fewer=found.blocked[1]),
        differences=[
            Judged(
                exam_id=one.case.exam_id,
                name=one.case.name,
                at=one.case.at,
                gone=[to_json(finding) for finding in one.gone],
                new=[to_json(finding) for finding in one.new],
            )
            for one in found.differences
        ],
    )


@api.get("/policy", Permission.SEE_SCHEDULE, twins="policy.overview")
def read_policy(session: Session) -> PlacementPolicy:
    """Return the numbers by which exams are placed and who changed them."""
    in_use = policy_file.written(policies.in_use(session))
    shown = numbers(policy_parameters(), in_use, policies.own_values(session))
    return PlacementPolicy(
        numbers=[_number(one) for one in shown],
        history=[NumberChange.model_validate(one) for one in policies.history(session)],
    )


@api.put("/policy/<name>", Permission.ADMINISTER, twins="policy.change")
def change_policy(session: Session, name: str, body: NewValue) -> Changed:
    """Put another number of the policy in use."""
    of_name(policy_parameters(), name, POLICY_NUMBER)
    return _change(session, name, body, policy_service.change)


def _change(session: Session, name: str, body: NewValue, put: Put) -> Changed:
    changed = put(
        session, {name: body.value}, reason=body.reason, actor=context.actor(), now=context.now()
    )
    return Changed(changed=changed)


def _number(one: Shown) -> Number:
    parameter = one.parameter
    return Number(
        name=parameter.name,
        value=one.value,
        shipped=parameter.value,
        is_own=one.is_own,
        unit=parameter.unit,
        text=parameter.text,
        rules=list(parameter.rules),
        source=parameter.source,
        least=parameter.least,
        most=parameter.most,
    )
