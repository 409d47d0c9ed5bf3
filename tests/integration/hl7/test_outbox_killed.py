"""A worker that dies between the peer's answer and the commit."""

import os
import signal
import subprocess
import sys
import threading

from tests.support.department import NOW
from tests.support.outbox_department import LATE, Department
from tests.support.receiver import ACCEPT, Receiver
from worklist import db
from worklist.hl7.message import Message
from worklist.hl7.models import OutboxState

_WORKER = """
import sys
from worklist import db
from worklist.clock import system_clock
from worklist.hl7.outbound.delivery import deliver
import worklist.tables
deliver(db.make_session_factory(db.make_engine(sys.argv[1])), int(sys.argv[2]), clock=system_clock)
"""


def test_killed_in_the_middle_it_sends_the_same_message_again_and_goes_on(
    session_factory: db.SessionFactory, database: str, target: Receiver
) -> None:
    department = Department(session_factory)
    peer = department.add_peer(target.port)
    exam = department.order()
    department.book(exam)
    department.book(exam, LATE)
    department.announce()
    arrived, killed = threading.Event(), threading.Event()

    def hold(message: Message) -> bytes | None:
        arrived.set()
        killed.wait(60)
        return ACCEPT(message)

    target.answers = [hold]
    worker = subprocess.Popen([sys.executable, "-c", _WORKER, database, str(peer)])
    assert arrived.wait(60)
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    killed.set()
    assert [one.state for one in department.outbox()] == [OutboxState.WAITING] * 2
    # The database notices that the worker is gone and lets its lock go.
    for _ in range(100):
        department.deliver(peer, NOW)
        if all(one.state is OutboxState.DELIVERED for one in department.outbox()):
            break
        threading.Event().wait(0.1)
    first, second = department.outbox()
    assert target.control_ids == [first.control_id, first.control_id, second.control_id]
    assert str(target.received[0]) == str(target.received[1])
    assert (first.attempts, second.attempts) == (1, 1)
