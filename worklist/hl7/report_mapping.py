"""OBR and OBX of an ORU to reports, as a dictation system sends them."""

from collections.abc import Iterator

from worklist.hl7 import values
from worklist.hl7.content import OrderNumbers, Origin, ReportRequest, ReportStatus
from worklist.hl7.errors import ErrorCode, MessageError
from worklist.hl7.message import Message, Segment
from worklist.language.text import _

# HL7 table 0123. R is stored and not verified, A some and I no results yet: nothing to read.
_STATUSES = {
    "P": ReportStatus.PRELIMINARY,
    "R": ReportStatus.PRELIMINARY,
    "S": ReportStatus.PRELIMINARY,
    "F": ReportStatus.FINAL,
    "": ReportStatus.FINAL,
    "C": ReportStatus.CORRECTED,
    "K": ReportStatus.CORRECTED,
    "D": ReportStatus.DELETED,
    "X": ReportStatus.DELETED,
}
# HL7 table 0074: sections whose results are not reports of images.
_LABORATORY = frozenset(
    {"BG", "BLB", "CG", "CH", "CP", "CTH", "HM", "ICU", "IMM", "LAB", "MB", "MCB", "MYC", "OTH",
     "PHR", "SP", "SR", "TX", "URN", "VR"}
)  # fmt: skip
_TEXTS = frozenset({"TX", "FT", "ST", "CE", "CWE", ""})


def report_requests(message: Message, origin: Origin) -> tuple[ReportRequest, ...]:
    """Read each OBR that names an order and has text, if it is not a laboratory's.

    Raises:
        MessageError: 103, a result status that HL7 table 0123 does not have.
    """
    found = (_request(orc, obr, texts, origin) for orc, obr, texts in _groups(message))
    return tuple(one for one in found if one is not None)


def _groups(message: Message) -> Iterator[tuple[Segment | None, Segment, list[str]]]:
    orc: Segment | None = None
    obr: Segment | None = None
    texts: list[str] = []
    for segment in message.segments:
        if segment.name in {"ORC", "OBR"} and obr is not None:
            yield orc, obr, texts
            obr, texts = None, []
            orc = None if segment.name == "ORC" else orc
        if segment.name == "ORC":
            orc = segment
        elif segment.name == "OBR":
            obr = segment
        elif segment.name == "OBX" and obr is not None:
            texts += _text(segment)
    if obr is not None:
        yield orc, obr, texts


def _text(obx: Segment) -> list[str]:
    """Return the lines of a textual observation; repetitions are lines."""
    if obx.text(2).upper() not in _TEXTS:
        return []
    if obx.text(2).upper() in {"CE", "CWE"}:
        return [one.text(2) or one.text(1) for one in obx.repetitions(5)]
    return [one.whole() for one in obx.repetitions(5)]


def _request(
    orc: Segment | None, obr: Segment, texts: list[str], origin: Origin
) -> ReportRequest | None:
    if obr.text(24).upper() in _LABORATORY:
        return None
    numbers = _numbers(orc, obr, origin)
    if numbers is None:
        return None
    code = obr.text(25).upper()
    if code in {"A", "I", "O"}:
        return None
    if code not in _STATUSES:
        raise MessageError(
            _(
                "The result status %(code)s in OBR-25 is not in HL7 table 0123: send P, F or C.",
                code=repr(code[:8]),
            ),
            code=ErrorCode.TABLE_VALUE_NOT_FOUND,
            location=obr.at(25),
        )
    return ReportRequest(
        order=numbers,
        status=_STATUSES[code],
        text="\n".join(texts).strip(),
        reader=_reader(obr),
        location=obr.at(2),
    )


def _numbers(orc: Segment | None, obr: Segment, origin: Origin) -> OrderNumbers | None:
    placers = [one for one in (obr, orc) if one is not None and one.text(2)]
    placer = placers[0] if placers else None
    filler = obr.text(3) or (orc.text(3) if orc else "")
    accession = obr.text(18)
    if placer is None and not filler and not accession:
        return None
    return OrderNumbers(
        placer=placer.text(2) if placer else None,
        placer_issuer=(placer.text(2, 2) or origin.facility) if placer else "",
        filler=filler or None,
        accession=accession or None,
    )


def _reader(obr: Segment) -> str:
    """Return OBR-32, an NDL: the person stands in subcomponents, or, wrongly, in components."""
    family, given = obr.text(32, 1, 2), obr.text(32, 1, 3)
    if family or given:
        return "^".join(filter(None, (family, given)))
    return values.pn(obr.repetition(32), first=2)
