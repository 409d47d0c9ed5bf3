"""Who may do what (the table itself is the specification: issue and user guides name it)."""

import pytest

from worklist.auth.roles import PERMISSIONS, Permission, UserRole, may_answer, permissions
from worklist.rules.findings import Role

P = Permission


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        (UserRole.FRONT_DESK, {P.BOOK, P.CHECK_IN}, {P.PERFORM, P.READ, P.ADMINISTER}),
        (UserRole.TECHNOLOGIST, {P.CHECK_IN, P.PERFORM}, {P.BOOK, P.READ, P.ADMINISTER}),
        (UserRole.RADIOLOGIST, {P.READ}, {P.BOOK, P.PERFORM, P.ADMINISTER}),
        (UserRole.MANAGER, {P.SEE_MESSAGES}, {P.BOOK, P.PERFORM, P.READ, P.ADMINISTER}),
        (UserRole.ADMINISTRATOR, set(Permission), set()),
    ],
)
def test_each_role_may_do_its_work_and_no_more(
    role: UserRole, may: set[Permission], may_not: set[Permission]
) -> None:
    found = permissions([role])
    assert may <= found
    assert not may_not & found


def test_every_role_has_its_row_and_sees_the_schedule() -> None:
    assert set(PERMISSIONS) == set(UserRole)
    for role in UserRole:
        assert P.SEE_SCHEDULE in permissions([role])


def test_roles_add_up() -> None:
    both = permissions([UserRole.FRONT_DESK, UserRole.RADIOLOGIST])
    assert {P.BOOK, P.READ} <= both
    assert permissions([]) == frozenset()


def test_whom_a_rule_asks_has_a_namesake_who_may_answer() -> None:
    for asked in Role:
        assert UserRole(asked.value) in UserRole
        assert may_answer([asked.value], asked.value)
        assert may_answer([UserRole.ADMINISTRATOR], asked.value)
        others = [str(role) for role in UserRole if role not in {asked.value, "administrator"}]
        assert not may_answer(others, asked.value)
