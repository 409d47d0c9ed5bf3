"""Series, images and dose of a performed step, in words."""

from pydicom import Dataset

from worklist.dicom.performed_summary import summarise


def as_json(dataset: Dataset) -> dict[str, object]:
    return dict(dataset.to_json_dict())


def image() -> Dataset:
    reference = Dataset()
    reference.ReferencedSOPClassUID, reference.ReferencedSOPInstanceUID = "1.2", "1.3"
    return reference


def series(description: str, images: int, protocol: str = "") -> Dataset:
    one = Dataset()
    one.SeriesDescription, one.ProtocolName = description, protocol
    one.ReferencedImageSequence = [image() for _ in range(images)]
    return one


def test_series_and_images_are_counted_and_protocols_told_once() -> None:
    step = Dataset()
    step.PerformedSeriesSequence = [
        series("Thorax native", 40),
        series("", 60, protocol="Thorax KM"),
        series("Thorax native", 2),
    ]
    told = summarise(as_json(step))
    assert told.protocols == ("Thorax native", "Thorax KM")
    assert (told.series, told.images) == (3, 102)


def test_area_dose_is_told_in_gray_square_centimetres() -> None:
    # PS3.3 C.4.16: Image and Fluoroscopy Area Dose Product in dGy.cm2, fluoroscopy in seconds.
    step = Dataset()
    step.ImageAndFluoroscopyAreaDoseProduct = "12.5"
    step.TotalTimeOfFluoroscopy = 84
    assert summarise(as_json(step)).dose == ("dose-area product 1.25 Gy·cm²", "fluoroscopy 84 s")


def test_ct_dose_indices_and_the_comment_are_told() -> None:
    step = Dataset()
    exposures = []
    for index in (7.25, 3.1):
        exposure = Dataset()
        exposure.CTDIvol = index
        exposures.append(exposure)
    step.ExposureDoseSequence = exposures
    step.CommentsOnRadiationDose = "DLP 312 mGy.cm"
    assert summarise(as_json(step)).dose == ("CTDIvol 7.25, 3.1 mGy", "DLP 312 mGy.cm")


def test_a_step_that_says_nothing_is_empty() -> None:
    told = summarise({})
    assert (told.protocols, told.series, told.images, told.dose) == ((), 0, 0, ())
