"""From the first byte of an order's HL7 message to the exam being found by C-FIND.

Orders are sent over one MLLP connection at a steady rate, as an interface engine does, whether or
not earlier ones are done. A scanner asks for each patient every 50 ms until the exam is listed,
less often for one that waits long: a time may be up to 50 ms or a tenth too long.
"""

import itertools
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from bench import servers
from bench._dicom_load import Load, associate, encoded, find, units
from bench.measure import Table, milliseconds, percentile
from config import Settings
from worklist.dicom.client import worklist_query
from worklist.hl7.mllp_client import MllpClient

TITLE = "Order to worklist"

_RATES = (5, 20)  # orders a second
_SECONDS = 15
_PATIENCE_SECONDS = 60
_POLL_SECONDS = 0.05
_POLL_SHARE = 0.1  # of the time that an order has waited: questions must not become the load
# X-ray, CT without and with contrast, ultrasound: what nothing holds for a person.
_PROCEDURES = ("71046", "73562", "71046", "71250", "71260", "72100", "76700", "70450")


@dataclass
class Order:
    """One order and when (monotonic seconds) what happened to it."""

    number: str
    code: str
    sent: float = 0.0
    asked: float = 0.0
    acknowledged: float = 0.0
    found: float = 0.0

    @property
    def message(self) -> bytes:
        """The ORM^O01."""
        now = time.strftime("%Y%m%d%H%M%S+0000", time.gmtime())
        segments = [
            f"MSH|^~\\&|BENCH|BENCH|WORKLIST|RADIOLOGY|{now}||ORM^O01|{self.number}|P|2.3.1",
            f"PID|1||{self.number}^^^BENCH^MR||BENCH^{self.number}||19600101|M",
            "PV1|1|I|W3",
            f"ORC|NW|{self.number}^BENCH|||||1^^^{now}^^A||{now}",
            f"OBR|1|{self.number}^BENCH||{self.code}^X^C4",
            f"OBX|1|NM|98979-8^eGFR^LN||90|mL/min/{{1.73_m2}}|||||F|||{now}",
        ]
        return ("\r".join(segments) + "\r").encode()


@dataclass
class Run:
    """Orders on their way; the sender adds to ``pending``, the scanner takes from it."""

    settings: Settings
    orders: list[Order]
    pending: dict[str, Order] = field(default_factory=dict)
    sender_done: threading.Event = field(default_factory=threading.Event)


def run() -> Iterable[Table]:
    """Measure at several rates, one after the other in one department that fills up."""
    rows = []
    numbers = itertools.count(1)
    with servers.stack() as stack:
        measure(stack.settings, _orders(numbers, 20), rate=10)  # warm-up
        for rate in _RATES:
            before = stack.cpu_seconds()
            orders = measure(stack.settings, _orders(numbers, rate * _SECONDS), rate=rate)
            rows.append(_row(rate, orders, stack.cpu_seconds() - before))
    columns = (
        *("orders/s", "orders", "ACK p50", "ACK p95"),
        *("listed p50", "p95", "max", "lost", "processor time per order"),
    )
    note = (
        "Targets at 20 orders/s: ACK p50 within 5 ms, listed p95 within 1000 ms. Processor time is "
        "that of the whole department, scanner's questions included."
    )
    yield Table(columns, rows, note)


def measure(settings: Settings, orders: list[Order], *, rate: float) -> list[Order]:
    """Send the orders at so many a second and wait until the scanner has found each."""
    one = Run(settings, orders)
    scanner = threading.Thread(target=_scan, args=(one,))
    scanner.start()
    begin = time.monotonic()
    with MllpClient(settings.bind, settings.mllp_port) as client:
        for index, order in enumerate(orders):
            time.sleep(max(0.0, begin + index / rate - time.monotonic()))
            message = order.message
            order.sent = order.asked = time.monotonic()
            one.pending[order.number] = order
            answer = client.send(message)
            order.acknowledged = time.monotonic()
            assert b"MSA|AA|" in answer, answer
    one.sender_done.set()
    scanner.join()
    return orders


def _orders(numbers: Iterator[int], count: int) -> list[Order]:
    return [
        Order(f"B{number:06}", _PROCEDURES[number % len(_PROCEDURES)])
        for number in itertools.islice(numbers, count)
    ]


def _scan(one: Run) -> None:
    request, _, release = units(Load(one.settings.dicom_port, "", called=one.settings.ae_title))
    queries = {
        order.number: encoded(worklist_query(patient_id=order.number)) for order in one.orders
    }
    deadline = time.monotonic() + len(one.orders) + _PATIENCE_SECONDS
    with associate(one.settings.dicom_port, request) as association:
        while (one.pending or not one.sender_done.is_set()) and time.monotonic() < deadline:
            now = time.monotonic()
            for order in list(one.pending.values()):
                if now - order.asked < max(_POLL_SECONDS, _POLL_SHARE * (now - order.sent)):
                    continue
                order.asked = time.monotonic()
                if find(association, queries[order.number]):
                    order.found = time.monotonic()
                    del one.pending[order.number]
            time.sleep(0.002)
        association.sendall(release)


def _row(rate: float, orders: list[Order], cpu_seconds: float) -> list[object]:
    acks = [order.acknowledged - order.sent for order in orders]
    listed = [order.found - order.sent for order in orders if order.found]
    return [
        rate,
        len(orders),
        milliseconds(percentile(acks, 0.5)),
        milliseconds(percentile(acks, 0.95)),
        milliseconds(percentile(listed, 0.5)),
        milliseconds(percentile(listed, 0.95)),
        milliseconds(max(listed)),
        len(orders) - len(listed),
        milliseconds(cpu_seconds / len(orders)),
    ]
