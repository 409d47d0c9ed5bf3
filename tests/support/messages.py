"""HL7 messages of `tests/hl7`, and short ones made on the spot."""

from pathlib import Path

FOLDER = Path(__file__).parent.parent / "hl7"


def load(name: str) -> bytes:
    """Return a message as it goes over the wire: in its character set, CR after each segment."""
    lines = (FOLDER / f"{name}.hl7").read_text(encoding="utf-8").split("\n")
    codec = "utf-8" if "UNICODE UTF-8" in lines[0] else "latin-1"
    return ("\r".join(line for line in lines if line) + "\r").encode(codec)


def order(
    number: str,
    *,
    control: str = "NW",
    code: str = "71250",
    control_id: str | None = None,
    patient: str = "4711",
    sent: str = "20261124080000",
    status: str = "",
    timing: str = "",
) -> bytes:
    """Return an ORM^O01 with one order."""
    control_id = control_id or f"{control}{number}{sent}"
    segments = [
        f"MSH|^~\\&|HIS|GENERAL|WORKLIST|RAD|{sent}||ORM^O01|{control_id}|P|2.3.1",
        f"PID|1||{patient}^^^GENERAL^MR||ROE^JANE||19700315|F",
        "PV1|1|I|W3",
        f"ORC|{control}|{number}^HIS|||{status}||{timing}",
        f"OBR|1|{number}^HIS||{code}^SOMETHING^C4",
    ]
    return ("\r".join(segments) + "\r").encode()
