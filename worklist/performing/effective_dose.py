"""Effective dose of a CT from its measured dose length product (AAPM Report 96, 2008, Table 3).

Of other modalities the performed step tells nothing that an effective dose could be had from with
one factor for a body part: theirs stays the catalogue's typical value.
"""

from datetime import date

# mSv per mGy·cm, of a newborn, at 1, 5 and 10 years, and of an adult.
_FACTORS: dict[str, tuple[float, float, float, float, float]] = {
    "head and neck": (0.013, 0.0085, 0.0057, 0.0042, 0.0031),
    "head": (0.011, 0.0067, 0.0040, 0.0032, 0.0021),
    "neck": (0.017, 0.012, 0.011, 0.0079, 0.0059),
    "chest": (0.039, 0.026, 0.018, 0.013, 0.014),
    "abdomen and pelvis": (0.049, 0.030, 0.020, 0.015, 0.015),
    "trunk": (0.044, 0.028, 0.019, 0.014, 0.015),
}
_UNTIL_AGE = (0.5, 3, 7.5, 15)
# Body Part Examined (PS3.16 Annex L) to the region whose factor holds.
_REGIONS = {
    "head": {"HEAD", "BRAIN", "SKULL", "SINUS", "ORBIT", "IAC", "EAR", "JAW", "MANDIBLE", "MAXILLA",
             "SELLA", "FACE"},
    "head and neck": {"HEADNECK"},
    "neck": {"NECK", "CSPINE", "THYROID", "LARYNX", "PHARYNX"},
    "chest": {"CHEST", "LUNG", "HEART", "TSPINE", "MEDIASTINUM", "ESOPHAGUS", "RIB", "STERNUM",
              "CORONARYARTERY", "BREAST", "TAORTA"},
    "abdomen and pelvis": {"ABDOMEN", "PELVIS", "ABDOMENPELVIS", "LIVER", "KIDNEY", "PANCREAS",
                           "SPLEEN", "COLON", "STOMACH", "BLADDER", "LSPINE", "SSPINE", "HIP",
                           "PROSTATE", "UTERUS", "AAORTA"},
    "trunk": {"CHESTABDOMEN", "CHESTABDPELVIS", "WHOLEBODY"},
}  # fmt: skip
_DAYS_A_YEAR = 365.25


def of_ct(dlp_mgy_cm: float, body_part: str, *, birth_date: date | None, on: date) -> float | None:
    """Return the effective dose in mSv; None for a body part without a factor.

    Args:
        dlp_mgy_cm: Dose length product in mGy·cm.
        body_part: Body Part Examined.
        birth_date: The patient's; an adult where it is not known.
        on: The day of the exam.
    """
    named = body_part.upper()
    region = next((region for region, parts in _REGIONS.items() if named in parts), None)
    return None if region is None else dlp_mgy_cm * _FACTORS[region][_column(birth_date, on)]


def _column(birth_date: date | None, on: date) -> int:
    if birth_date is None:
        return len(_UNTIL_AGE)
    age = (on - birth_date).days / _DAYS_A_YEAR
    return next((number for number, until in enumerate(_UNTIL_AGE) if age < until), len(_UNTIL_AGE))
