"""Estimated glomerular filtration rate from a creatinine result."""

from worklist.language.text import _

ADULT_AGE = 18
_SCHWARTZ = 0.413


def ckd_epi_2021(creatinine: float, age: int, *, female: bool) -> float:
    """Return eGFR of an adult in mL/min/1.73 m², not rounded.

    Source: CKD-EPI creatinine equation without race (Inker et al., N Engl J Med 2021;385:1737).

    Args:
        creatinine: Standardised serum creatinine in mg/dL.
        age: Completed years.
        female: The sex that the equation's coefficients belong to.

    Raises:
        ValueError: the creatinine is not above zero.
    """
    _check_positive("creatinine", creatinine, "mg/dL")
    kappa, alpha, factor = (0.7, -0.241, 1.012) if female else (0.9, -0.302, 1.0)
    ratio = creatinine / kappa
    shape: float = min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200
    return 142 * shape * 0.9938**age * factor


def schwartz(creatinine: float, height_cm: float) -> float:
    """Return eGFR of a child in mL/min/1.73 m², not rounded.

    Source: bedside Schwartz equation (Schwartz et al., J Am Soc Nephrol 2009;20:629).

    Args:
        creatinine: Serum creatinine in mg/dL (enzymatic).
        height_cm: Body height in cm.

    Raises:
        ValueError: creatinine or height is not above zero.
    """
    _check_positive("creatinine", creatinine, "mg/dL")
    _check_positive("height", height_cm, "cm")
    return _SCHWARTZ * height_cm / creatinine


def egfr(
    creatinine: float, age: int, sex: str | None, height_cm: float | None = None
) -> float | None:
    """Return eGFR in mL/min/1.73 m², None where a figure that the equation needs is not known.

    Adults by CKD-EPI 2021, under 18 by the bedside Schwartz equation.

    Args:
        creatinine: Serum creatinine in mg/dL.
        age: Completed years.
        sex: HL7 table 0001; only ``F`` and ``M`` have an adult equation.
        height_cm: Body height, needed under 18.

    Raises:
        ValueError: creatinine or height is not above zero.
    """
    if age < ADULT_AGE:
        return None if height_cm is None else schwartz(creatinine, height_cm)
    if sex not in {"F", "M"}:
        return None
    return ckd_epi_2021(creatinine, age, female=sex == "F")


def _check_positive(name: str, number: float, unit: str) -> None:
    if not number > 0:
        raise ValueError(
            _(
                "The %(name)s must be above zero, in %(unit)s; it is %(number)s.",
                name=name,
                unit=unit,
                number=f"{number:g}",
            )
        )
