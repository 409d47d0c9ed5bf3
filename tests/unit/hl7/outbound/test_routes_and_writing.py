"""Who hears of what, and how a message goes over the wire."""

from typing import Any

import pytest

from tests.support.outbound import (
    make_audience,
    make_event,
    make_peer,
    make_requested,
    make_subject,
)
from worklist.audit.announced import ANNOUNCED
from worklist.hl7.outbound import routes
from worklist.hl7.outbound.segments import Draft
from worklist.hl7.outbound.writing import UnwritableError, write
from worklist.hl7.peers.models import MessageChoice


def test_every_announced_action_may_become_a_message_and_no_other() -> None:
    assert frozenset().union(*routes.ACTIONS.values()) == ANNOUNCED
    assert set(routes.ACTIONS) == set(MessageChoice)


def test_a_peer_hears_what_it_chose() -> None:
    peer = make_peer(sends=["appointment", "procedure", "order_cancelled"])
    assert routes.choices(make_event("exam.canceled"), peer) == [
        *("appointment", "procedure", "order_cancelled"),
    ]
    assert routes.choices(make_event("exam.no_show"), peer) == ["appointment", "procedure"]
    assert routes.choices(make_event("exam.arrived"), peer) == []


def test_what_a_peer_did_it_is_not_told_again() -> None:
    peer = make_peer(
        sends=["appointment", "procedure", "order_cancelled"], senders=[{"application": "EPR"}]
    )
    for actor in ("peer:HIS", "peer:EPR"):
        event = make_event("exam.canceled", actor=actor)
        assert routes.choices(event, peer) == ["procedure"]
    other = make_event("exam.canceled", actor="peer:OTHER")
    assert len(routes.choices(other, peer)) == 3


@pytest.mark.parametrize(
    ("issuers", "order", "heard"),
    [
        ([], {}, True),
        (["HIS"], {}, True),
        (["CLINIC"], {}, False),
        (["CLINIC"], {"placer_order_number": None, "placer_issuer": ""}, True),
    ],
)
def test_a_peer_hears_of_the_orders_of_its_issuers(
    issuers: list[str], order: dict[str, Any], *, heard: bool
) -> None:
    subject = make_subject("exam.scheduled", requested=make_requested(**order))
    audience = make_audience(placer_issuers=issuers)
    draft = routes.draft(MessageChoice.APPOINTMENT, subject, audience)
    assert (draft is not None) is heard


DRAFT = Draft("SIU^S12^SIU_S12", "S12", ("PID|1||4711||ØRSTED^ÅSE", "PV1|1|I"))


def test_msh_is_ours_by_the_peers_profile() -> None:
    audience = make_audience(version="2.4", character_set="8859/1", own_application="RIS&1")
    written = write(DRAFT, audience)
    assert written.payload.decode("latin-1") == (
        "MSH|^~\\&|RIS\\T\\1|RADIOLOGY|HIS|GENERAL|20261124100001+0100||SIU^S12^SIU_S12"
        f"|{written.control_id}|P|2.4||||||8859/1\r"
        "PID|1||4711||ØRSTED^ÅSE\rPV1|1|I\r"
    )
    assert (written.type, written.control) == ("SIU^S12", "S12")
    assert len(written.control_id) == 20
    assert written.control_id != write(DRAFT, audience).control_id


def test_the_profiles_overrides_come_last() -> None:
    audience = make_audience(
        sent_values={"PV1-2": {"I": "IP"}},
        sent_moves=[{"target": "PID-4", "source": "PID-3"}, {"target": "MSH-6", "value": "X"}],
    )
    lines = write(DRAFT, audience).payload.decode().split("\r")
    assert lines[0].split("|")[5] == "X"
    assert lines[1:3] == ["PID|1||4711|4711|ØRSTED^ÅSE", "PV1|1|IP"]


def test_a_character_that_the_peer_cannot_have_is_an_error_that_names_it() -> None:
    with pytest.raises(UnwritableError, match=r"'Ø' is not in the character set ASCII of HIS"):
        write(DRAFT, make_audience(character_set="ASCII"))
