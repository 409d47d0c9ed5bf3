"""Dose and contrast of a performed step (PS3.3 C.4.16)."""

from pydicom import Dataset

from worklist.dicom.performed_dose import read_contrast, read_dose
from worklist.dicom.performed_step import to_json
from worklist.performing.reports import Dose, GivenContrast


def item(**values: object) -> Dataset:
    dataset = Dataset()
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    return dataset


def test_a_ct_tells_ctdi_and_dlp() -> None:
    report = item(
        ExposureDoseSequence=[item(CTDIvol=4.5), item(CTDIvol=12.25)],
        CommentsOnRadiationDose="TotalDLP=312.5 mGy*cm Event=1 DLP=100 Event=2 DLP=212,5",
        TotalNumberOfExposures=2,
    )
    assert read_dose(to_json(report)) == Dose(ctdi_vol_mgy=12.25, dlp_mgy_cm=312.5, exposures=2)


def test_parts_are_added_where_no_total_is_told() -> None:
    report = item(CommentsOnRadiationDose="DLP=100 CTDIvol=3 DLP: 50,5")
    assert read_dose(to_json(report)) == Dose(ctdi_vol_mgy=3.0, dlp_mgy_cm=150.5)


def test_fluoroscopy_tells_area_and_time() -> None:
    report = item(ImageAndFluoroscopyAreaDoseProduct=1.75, TotalTimeOfFluoroscopy=83)
    assert read_dose(to_json(report)) == Dose(dap_dgy_cm2=1.75, fluoroscopy_seconds=83)


def test_contrast_is_told_by_series_and_supplies_each_once() -> None:
    series = item(ContrastBolusAgent="Iomeron 400", ContrastBolusVolume=80, ContrastBolusRoute="IV")
    supply = item(BillingItemSequence=[item(CodeMeaning="Barium contrast, cup")])
    report = item(
        PerformedSeriesSequence=[series, series], BillingSuppliesAndDevicesSequence=[supply]
    )
    assert list(read_contrast(to_json(report))) == [
        GivenContrast(agent="Iomeron 400", route="IV", volume_ml=80),
        GivenContrast(agent="Barium contrast, cup"),
    ]


def test_nothing_told_is_nothing_kept() -> None:
    assert read_dose(to_json(item(StudyID="1", CommentsOnRadiationDose="none"))) is None
