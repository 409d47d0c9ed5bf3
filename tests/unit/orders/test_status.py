import pytest

from worklist.orders.status import (
    ALLOWED,
    FINAL,
    IllegalTransitionError,
    OrderStatus,
    StepStatus,
    check_transition,
    order_status,
)

S = StepStatus


def test_every_status_has_its_transitions() -> None:
    assert set(ALLOWED) == set(StepStatus)


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        (S.STARTED, S.CANCELED),  # a started exam is discontinued, never cancelled
        (S.COMPLETED, S.CANCELED),
        (S.COMPLETED, S.DISCONTINUED),
        (S.CANCELED, S.STARTED),
        (S.STARTED, S.SCHEDULED),
    ],
)
def test_illegal_transitions_are_refused(present: StepStatus, wanted: StepStatus) -> None:
    with pytest.raises(IllegalTransitionError, match=f"{present} cannot become {wanted}"):
        check_transition(present, wanted)


@pytest.mark.parametrize("status", sorted(set(StepStatus) - FINAL - {S.STARTED, S.DEPARTED}))
def test_whatever_has_not_started_can_be_cancelled(status: StepStatus) -> None:
    check_transition(status, S.CANCELED)


@pytest.mark.parametrize(
    ("steps", "expected"),
    [
        ([S.CANCELED, S.CANCELED], OrderStatus.CANCELED),
        ([S.CANCELED, S.COMPLETED], OrderStatus.COMPLETED),
        ([S.COMPLETED, S.STARTED], OrderStatus.IN_PROGRESS),
        ([S.SCHEDULED, S.HELD], OrderStatus.PENDING),
        ([S.SCHEDULED, S.ARRIVED], OrderStatus.SCHEDULED),
        ([S.COMPLETED, S.DISCONTINUED], OrderStatus.COMPLETED),
        ([S.DISCONTINUED], OrderStatus.DISCONTINUED),
        ([S.COMPLETED, S.SCHEDULED], OrderStatus.SCHEDULED),
    ],
)
def test_order_is_as_far_as_its_steps(steps: list[StepStatus], expected: OrderStatus) -> None:
    assert order_status(steps) is expected
