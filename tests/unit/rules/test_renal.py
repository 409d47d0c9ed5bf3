import pytest

from worklist.rules import renal


# 1.2 mg/dL, man of 55: 71, the National Kidney Foundation's calculator.
# The others by hand from the published coefficients (Inker 2021):
# woman at kappa 0.7, 40 years: 142 x 0.9938^40 x 1.012 = 142 x 0.77977 x 1.012 = 112.06
# man at kappa 0.9, 60 years: 142 x 0.9938^60 = 142 x 0.68856 = 97.78
# woman, 1.4 (twice kappa), 70 years: 142 x 2^-1.2 x 0.9938^70 x 1.012
#   = 142 x 0.435275 x 0.647023 x 1.012 = 40.47
# man, 0.45 (half of kappa), 30 years: 142 x 2^0.302 x 0.9938^30 = 142 x 1.232852 x 0.829798
#   = 145.27
@pytest.mark.parametrize(
    ("creatinine", "age", "sex", "expected"),
    [
        (1.2, 55, "M", 71.4),
        (0.7, 40, "F", 112.1),
        (0.9, 60, "M", 97.8),
        (1.4, 70, "F", 40.5),
        (0.45, 30, "M", 145.3),
    ],
)
def test_adults_by_ckd_epi_2021(
    creatinine: float, age: int, sex: str | None, expected: float
) -> None:
    assert renal.egfr(creatinine, age, sex) == pytest.approx(expected, abs=0.05)


def test_children_by_bedside_schwartz() -> None:
    # 0.413 x 120 / 0.5 = 99.12 by hand
    assert renal.egfr(0.5, 17, "F", 120) == pytest.approx(99.12)
    assert renal.egfr(0.5, 18, "F", 120) != pytest.approx(99.12)


@pytest.mark.parametrize(
    ("age", "sex", "height"), [(17, "F", None), (18, None, 170), (40, "U", 170)]
)
def test_nothing_is_guessed_where_a_figure_is_missing(
    age: int, sex: str | None, height: float | None
) -> None:
    assert renal.egfr(0.8, age, sex, height) is None


@pytest.mark.parametrize(("creatinine", "height"), [(0.0, 120), (-1.0, 120), (0.5, 0.0)])
def test_what_cannot_be_is_refused_by_name(creatinine: float, height: float | None) -> None:
    with pytest.raises(ValueError, match="must be above zero"):
        renal.egfr(creatinine, 10, "M", height)
