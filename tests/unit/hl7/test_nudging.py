"""Nudges behind the sender's back: in order, together where they wait, none in the sender's way."""

import threading

from worklist.hl7.nudging import BackgroundTransport


class Broker:
    """Holds the first nudge until it is let go."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, ...]] = []
        self.free = threading.Event()
        self.reached = threading.Event()

    def send_task(self, _name: str, *arguments: int) -> None:
        self.reached.set()
        self.free.wait(10)
        self.sent.append(arguments)

    def publish(self, _channel: str, _message: str) -> None: ...


def test_ids_that_wait_are_sent_together_in_their_order() -> None:
    broker = Broker()
    transport = BackgroundTransport(broker)
    transport.send_task("process", 1)
    broker.reached.wait(10)
    for number in range(2, 12):
        transport.send_task("process", number)
    broker.free.set()
    transport.close()
    assert broker.sent == [(1,), (2, 3, 4, 5), (6, 7, 8, 9), (10, 11)]


def test_a_nudge_that_nothing_is_before_is_sent_alone() -> None:
    broker = Broker()
    broker.free.set()
    transport = BackgroundTransport(broker)
    transport.send_task("process", 1)
    transport.close()
    assert broker.sent == [(1,)]
