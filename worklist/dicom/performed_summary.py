"""What a performed procedure step says of series, images and dose, for people to read.

The data set is in the DICOM JSON model (PS3.18 annex F); the attributes are those of PS3.3 C.4.15
(image acquisition results) and C.4.16 (radiation dose).
"""

from dataclasses import dataclass

from worklist.dicom.report_check import Attributes, first_of, items_of

# Keyword, what it is called, factor to the unit shown, unit. Area dose comes in dGy.cm2.
_DOSES = (
    ("ImageAndFluoroscopyAreaDoseProduct", "dose-area product", 0.1, "Gy·cm²"),
    ("EntranceDoseInmGy", "entrance dose", 1.0, "mGy"),
    ("TotalTimeOfFluoroscopy", "fluoroscopy", 1.0, "s"),
    ("TotalNumberOfExposures", "exposures", 1.0, ""),
)


@dataclass(frozen=True, slots=True)
class PerformedSummary:
    """What a step says.

    The protocols of the series in their order, how many series and images, dose in words, and
    whom and which order it was for, as the scanner knows them.
    """

    protocols: tuple[str, ...]
    series: int
    images: int
    dose: tuple[str, ...]
    patient_name: str
    patient_number: str
    birth_date: str
    accession_number: str


def summarise(attributes: Attributes) -> PerformedSummary:
    """Return what the data set says; what is missing is left out."""
    series = _items(attributes, "PerformedSeriesSequence")
    names = [first_of(one, "SeriesDescription") or first_of(one, "ProtocolName") for one in series]
    scheduled = _items(attributes, "ScheduledStepAttributesSequence")
    accession_numbers = (first_of(one, "AccessionNumber") for one in scheduled)
    images = sum(
        len(_items(one, "ReferencedImageSequence"))
        + len(_items(one, "ReferencedNonImageCompositeSOPInstanceSequence"))
        for one in series
    )
    return PerformedSummary(
        tuple(dict.fromkeys(str(name) for name in names if name)),
        len(series),
        images,
        tuple(_dose(attributes)),
        _person(first_of(attributes, "PatientName")),
        str(first_of(attributes, "PatientID") or ""),
        str(first_of(attributes, "PatientBirthDate") or ""),
        next((str(one) for one in accession_numbers if one), ""),
    )


def _person(value: object) -> str:
    """Return the alphabetic group of a person's name in the JSON model, else the first there is."""
    groups = value if isinstance(value, dict) else {}
    return str(groups.get("Alphabetic") or next(iter(groups.values()), ""))


def _dose(attributes: Attributes) -> list[str]:
    lines = [
        f"{name} {_number(value, factor)} {unit}".strip()
        for keyword, name, factor, unit in _DOSES
        if (value := first_of(attributes, keyword)) not in {None, ""}
    ]
    indices = [
        _number(value, 1.0)
        for exposure in _items(attributes, "ExposureDoseSequence")
        if (value := first_of(exposure, "CTDIvol")) not in {None, ""}
    ]
    if indices:
        lines.append(f"CTDIvol {', '.join(indices)} mGy")
    comment = first_of(attributes, "CommentsOnRadiationDose")
    return [*lines, str(comment).strip()] if comment else lines


def _number(value: object, factor: float) -> str:
    """Write a number of VR DS, FD or US; what a scanner sent as no number is shown as it is."""
    try:
        return f"{float(str(value)) * factor:.4g}"
    except ValueError:
        return str(value)


def _items(attributes: Attributes, keyword: str) -> list[Attributes]:
    return [one for one in items_of(attributes, keyword) if isinstance(one, dict)]
