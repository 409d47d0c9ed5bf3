"""Read dose and contrast from a performed step (PS3.3 sections C.4.16 and C.4.17).

CTDIvol comes from the Exposure Dose Sequence, the dose area product, fluoroscopy time and number
of exposures from the step itself. The dose length product has no attribute of its own in the
performed step: scanners write ``TotalDLP=...`` into the Comments on Radiation Dose.
"""

import re
from collections.abc import Iterator
from typing import Any

from worklist.dicom.report_check import Attributes, first_of, items_of
from worklist.performing.reports import Dose, GivenContrast

_DLP = re.compile(r"(Total\s*)?DLP\s*[=:]\s*([0-9]+(?:[.,][0-9]+)?)", re.IGNORECASE)
_CTDI = re.compile(r"CTDI\s*vol\s*[=:]\s*([0-9]+(?:[.,][0-9]+)?)", re.IGNORECASE)
_AGENT_LENGTH = 64
# What is larger is not a dose but damage.
_LARGEST = 1e9


def read_dose(attributes: Attributes) -> Dose | None:
    """Return what a report says of dose, None where it says nothing."""
    comments = str(first_of(attributes, "CommentsOnRadiationDose") or "")
    seconds = _number(first_of(attributes, "TotalTimeOfFluoroscopy"))
    exposures = _number(first_of(attributes, "TotalNumberOfExposures"))
    dose = Dose(
        ctdi_vol_mgy=max(_ctdi(attributes, comments), default=None),
        dlp_mgy_cm=_dlp(comments),
        dap_dgy_cm2=_number(first_of(attributes, "ImageAndFluoroscopyAreaDoseProduct")),
        fluoroscopy_seconds=seconds,
        exposures=int(exposures) if exposures is not None else None,
    )
    return dose if dose != Dose() else None


def _ctdi(attributes: Attributes, comments: str) -> Iterator[float]:
    for item in items_of(attributes, "ExposureDoseSequence"):
        value = _number(first_of(item, "CTDIvol"))
        if value is not None:
            yield value
    yield from (_decimal(found) for found in _CTDI.findall(comments))


def _dlp(comments: str) -> float | None:
    """Return the total, or the sum of the parts where no total is told."""
    found = [(bool(total), _decimal(value)) for total, value in _DLP.findall(comments)]
    totals = [value for is_total, value in found if is_total]
    return totals[-1] if totals else sum(value for _, value in found) if found else None


def read_contrast(attributes: Attributes) -> Iterator[GivenContrast]:
    """Give the media told of the step or one of its series, each once."""
    told = [attributes, *items_of(attributes, "PerformedSeriesSequence")]
    seen = set()
    for item in told:
        agent = str(first_of(item, "ContrastBolusAgent") or "").strip()[:_AGENT_LENGTH]
        if agent and agent not in seen:
            seen.add(agent)
            yield GivenContrast(
                agent=agent,
                route=str(first_of(item, "ContrastBolusRoute") or "").strip()[:_AGENT_LENGTH],
                volume_ml=_number(first_of(item, "ContrastBolusVolume")),
            )
    for item in items_of(attributes, "BillingSuppliesAndDevicesSequence"):
        for code in items_of(item, "BillingItemSequence"):
            agent = str(first_of(code, "CodeMeaning") or "").strip()[:_AGENT_LENGTH]
            if "contrast" in agent.lower() and agent not in seen:
                seen.add(agent)
                yield GivenContrast(agent=agent)


def _number(value: Any) -> float | None:  # noqa: ANN401 - whatever JSON holds
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if 0 <= number < _LARGEST else None


def _decimal(text: str) -> float:
    return float(text.replace(",", "."))
