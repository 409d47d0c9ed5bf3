"""What an acknowledgement makes of the message that it answers."""

import pytest

from worklist.hl7.outbound.answers import Outcome, read

HEADER = "MSH|^~\\&|PACS|IMG|WORKLIST|RAD|20261124100000||ACK^O23^ACK|77|P|2.5\r"


def answer(*segments: str, header: str = HEADER) -> bytes:
    return (header + "".join(f"{one}\r" for one in segments)).encode()


@pytest.mark.parametrize(
    ("segments", "outcome", "text"),
    [
        (("MSA|AA|1",), Outcome.DELIVERED, ""),
        (("MSA|CA|1",), Outcome.DELIVERED, ""),
        (("MSA|AE|1|Unknown patient",), Outcome.REFUSED, "AE: Unknown patient"),
        (("MSA|CE|1",), Outcome.REFUSED, "CE: no reason is given"),
        (
            ("MSA|AE|1", "ERR||PID^1^3|204^Unknown key identifier^HL70357|E||||No such patient"),
            Outcome.REFUSED,
            "AE: No such patient (PID 1 3)",
        ),
        (
            ("MSA|AE|1", "ERR|PID^1^3^204&Unknown key identifier&HL70357"),
            Outcome.REFUSED,
            "AE: Unknown key identifier",
        ),
        (("MSA|AR|1|Database down",), Outcome.AGAIN, "AR: Database down"),
        (("MSA|CR|1",), Outcome.AGAIN, "CR: no reason is given"),
        (
            ("MSA|AR|1", "ERR||MSH^1^9|200^Unsupported message type^HL70357|E"),
            Outcome.REFUSED,
            "AR: Unsupported message type (MSH 1 9)",
        ),
        (("MSA|AR|1", "ERR|MSH^1^9^201"), Outcome.REFUSED, "AR: 201"),
        (("MSA|XX|1",), Outcome.AGAIN, "The answer has the unknown code 'XX' in MSA-1."),
        (("MSA|AA|2",), Outcome.AGAIN, "The answer is to the message '2', not to this one."),
        ((), Outcome.AGAIN, "The answer has no MSA segment."),
    ],
)
def test_each_code_has_its_outcome(segments: tuple[str, ...], outcome: Outcome, text: str) -> None:
    found = read(answer(*segments), "1")
    assert (found.outcome, found.text) == (outcome, text)


def test_rubbish_is_no_answer() -> None:
    found = read(b"HTTP/1.1 200 OK", "1")
    assert found.outcome is Outcome.AGAIN
    assert found.text.startswith("The answer cannot be read:")


@pytest.mark.parametrize(
    ("orc", "placer"),
    [
        ("ORC|NA|P9^HIS|F1^WORKLIST", ("P9", "HIS")),
        ("ORC|NA|P9|F1^WORKLIST", ("P9", "GENERAL")),
        ("ORC|NA||F1^WORKLIST", None),
        ("ORC|OK|P9^HIS|F1", None),
    ],
)
def test_the_placers_number_is_taken_from_its_na(orc: str, placer: tuple[str, str] | None) -> None:
    header = "MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|20261124100000||ORR^O02|77|P|2.3.1\r"
    assert read(answer("MSA|AA|1", orc, header=header), "1").placer == placer
