"""From the answers of a form to clinical facts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from worklist.errors import DomainError
from worklist.language.text import _, joined
from worklist.patients.details import FactDetails
from worklist.patients.facts import SHAPES, YesNo
from worklist.patients.models import FactKind, FactOrigin
from worklist.screening.forms import Form, Question

_YES, _NO, _UNKNOWN = "yes", "no", "unknown"
_LONGEST = 64


class AnswerError(DomainError):
    """An answer is missing or cannot be read; the text names every such question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a filled form says.

    ``facts`` hold now; ``denied`` are conditions, medicines, implants and reactions, as kind and
    subject, that the patient says no to; ``answers`` is what was answered, by question.
    """

    facts: tuple[FactDetails, ...]
    denied: tuple[tuple[FactKind, str], ...]
    answers: dict[str, str]


def read(form: Form, given: Mapping[str, str], *, zone: ZoneInfo, now: datetime) -> Outcome:
    """Return what the answers say.

    Args:
        form: Which form.
        given: Answers by question: ``yes``, ``no``, ``unknown``, a choice's code, a number, a day
            as ``2026-11-25``, or text. What is given to questions not asked is left out.
        zone: In which a day is meant.
        now: When the form was filled.

    Raises:
        AnswerError: a question that was asked is not answered, or an answer cannot be read.
    """
    asked = [one for one in form.questions if _is_asked(one, given)]
    answers = {one.code: " ".join(given.get(one.code, "").split()) for one in asked}
    problems = [
        problem for one in asked for problem in _problems(one, answers[one.code], now, zone)
    ]
    if problems:
        raise AnswerError(joined(problems, " "))
    answers = {code: answer for code, answer in answers.items() if answer}
    facts = [fact for one in asked for fact in _facts(one, answers, zone, now)]
    if form.completes is not None:
        facts.append(_fact(form.completes, {"answer": True}, now))
    return Outcome(
        facts=tuple(facts),
        denied=tuple(
            (one.fact.kind, one.fact.subject)
            for one in asked
            if one.fact and SHAPES[one.fact.kind] is not YesNo and answers.get(one.code) == _NO
        ),
        answers=answers,
    )


def _is_asked(question: Question, given: Mapping[str, str]) -> bool:
    return question.asked_if is None or given.get(question.asked_if) == _YES


def _problems(question: Question, answer: str, now: datetime, zone: ZoneInfo) -> Iterator[str]:
    if not answer:
        if question.required:
            yield _("Not answered: %(text)s", text=question.text)
        return
    if question.kind == "number" and _number(answer) is None:
        yield _(
            "%(text)s A number is expected, not %(answer)s.",
            text=question.text,
            answer=repr(answer),
        )
    elif question.kind == "text" and len(answer) > _LONGEST:
        yield _("%(text)s At most %(longest)s characters.", text=question.text, longest=_LONGEST)
    elif question.kind == "day":
        yield from _problems_of_day(question, answer, now, zone)
    else:
        yield from _problems_of_choice(question, answer)


def _problems_of_choice(question: Question, answer: str) -> Iterator[str]:
    wanted = {
        "yes_no": {_YES, _NO},
        "yes_no_unknown": {_YES, _NO, _UNKNOWN},
        "choice": set(question.choices),
    }.get(question.kind)
    if wanted is not None and answer not in wanted:
        yield _(
            "%(text)s One of %(wanted)s is expected, not %(answer)s.",
            text=question.text,
            wanted=", ".join(sorted(wanted)),
            answer=repr(answer),
        )


def _problems_of_day(
    question: Question, answer: str, now: datetime, zone: ZoneInfo
) -> Iterator[str]:
    day = _day(answer)
    if day is None:
        yield _(
            "%(text)s A day such as 2026-11-25 is expected, not %(answer)s.",
            text=question.text,
            answer=repr(answer),
        )
    elif day > now.astimezone(zone).date():
        yield _("%(text)s %(answer)s is in the future.", text=question.text, answer=answer)


def _facts(
    question: Question, answers: Mapping[str, str], zone: ZoneInfo, now: datetime
) -> Iterator[FactDetails]:
    fact, answer = question.fact, answers.get(question.code)
    if fact is None or answer is None or answer == _UNKNOWN:
        return
    if question.kind == "number":
        yield _fact(fact.kind, {"number": _number(answer)}, now)
    elif question.kind == "day":
        day = _day(answer)
        if day is not None:
            noon = datetime.combine(day, time(12), tzinfo=zone)
            yield _fact(fact.kind, {}, min(noon, now), fact.subject)
    elif answer == _YES:
        subject = answers.get(fact.subject_from, "") if fact.subject_from else fact.subject
        value = dict(fact.value) | ({"answer": True} if SHAPES[fact.kind] is YesNo else {})
        for key, other in fact.values_from.items():
            if other in answers:
                number = _number(answers[other])
                value[key] = answers[other] if number is None else int(number)
        yield _fact(fact.kind, value, now, subject)
    elif SHAPES[fact.kind] is YesNo:
        yield _fact(fact.kind, {"answer": False}, now)


def _fact(
    kind: FactKind, value: dict[str, object], observed_at: datetime, subject: str = ""
) -> FactDetails:
    return FactDetails(
        kind=kind,
        value=value,
        observed_at=observed_at,
        origin=FactOrigin.SCREENING_FORM,
        subject=subject,
    )


def _number(text: str) -> float | None:
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
