"""Who may do what: one table of roles and permissions."""

from collections.abc import Collection, Iterable
from enum import StrEnum


class UserRole(StrEnum):
    """What a person does in the department; an account may have several."""

    FRONT_DESK = "front_desk"
    TECHNOLOGIST = "technologist"
    RADIOLOGIST = "radiologist"
    NUCLEAR_PHYSICIAN = "nuclear_physician"
    MR_SAFETY_OFFICER = "mr_safety_officer"
    MANAGER = "manager"
    ADMINISTRATOR = "administrator"


class Permission(StrEnum):
    """Something that a page or an action needs."""

    SEE_SCHEDULE = "see_schedule"
    BOOK = "book"
    CHECK_IN = "check_in"
    PERFORM = "perform"
    SEE_READING = "see_reading"
    READ = "read"
    ASSIGN_READING = "assign_reading"
    SEE_MESSAGES = "see_messages"
    SEE_STATISTICS = "see_statistics"
    ADMINISTER = "administer"


_P = Permission

PERMISSIONS: dict[UserRole, frozenset[Permission]] = {
    UserRole.FRONT_DESK: frozenset({_P.SEE_SCHEDULE, _P.BOOK, _P.CHECK_IN}),
    UserRole.TECHNOLOGIST: frozenset({_P.SEE_SCHEDULE, _P.CHECK_IN, _P.PERFORM}),
    UserRole.RADIOLOGIST: frozenset({_P.SEE_SCHEDULE, _P.SEE_READING, _P.READ}),
    UserRole.NUCLEAR_PHYSICIAN: frozenset({_P.SEE_SCHEDULE, _P.SEE_READING, _P.READ}),
    UserRole.MR_SAFETY_OFFICER: frozenset({_P.SEE_SCHEDULE, _P.CHECK_IN}),
    UserRole.MANAGER: frozenset(
        {
            _P.SEE_SCHEDULE,
            _P.SEE_MESSAGES,
            _P.SEE_STATISTICS,
            _P.SEE_READING,
            _P.ASSIGN_READING,
        }
    ),
    UserRole.ADMINISTRATOR: frozenset(Permission),
}


def permissions(roles: Iterable[str]) -> frozenset[Permission]:
    """Return what an account with these roles may do."""
    return frozenset[Permission]().union(*(PERMISSIONS[UserRole(role)] for role in roles))


def may_answer(roles: Collection[str], asked: str) -> bool:
    """Return whether an account may answer or override a question that a rule asks of ``asked``.

    ``asked`` is a role of ``rules.findings.Role``; each has its namesake here.
    """
    return asked in roles or UserRole.ADMINISTRATOR in roles
