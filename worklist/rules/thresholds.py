"""The numbers that rules compare with: every one a department's own, kept as data.

Their shipped values, units, meanings and sources stand in ``rules.toml``.
"""

from dataclasses import dataclass
from datetime import time


@dataclass(frozen=True, slots=True, kw_only=True)
class TracerDelivery:
    """Doses that arrive every day at a time of the site; MBq of one dose at that time."""

    at: time
    activity_mbq: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """What the rules compare with; ``rules.toml`` says unit and meaning of each."""

    egfr_valid_days_outpatient: int
    egfr_valid_days_inpatient: int
    egfr_low: float
    egfr_moderate: float
    contrast_age_at_risk: int
    hydration_minutes: int
    premedication_hours: int
    premedication_hours_urgent: int
    observation_minutes: int
    observation_minutes_at_risk: int
    injection_by_nurse: bool
    difficult_veins_minutes: int
    iodinated_interval_hours: int
    iodinated_interval_preferred_hours: int
    iodinated_interval_hours_low_egfr: int
    iodinated_interval_hours_dialysis: int
    gadolinium_interval_hours: int
    gadolinium_interval_hours_low_egfr: int
    thyroid_scan_after_contrast_days: int
    thyroid_scan_ask_days: int
    contrast_fasting_hours: int
    pregnancy_age_from: int
    pregnancy_age_to: int
    pregnancy_answer_valid_days: int
    pregnancy_weeks_longest: int
    pregnancy_high_dose_msv: float
    high_dose_cycle_days: int
    cycle_days: int
    fetal_dose_mgy: dict[str, float]
    first_trimester_weeks: int
    cumulative_dose_msv: float
    cumulative_dose_years: int
    repeat_days: dict[str, int]
    mammography_age_from: int
    mammography_age_to: int
    paediatric_age: int
    mr_wide_bore_kg: float
    bore_margin_cm: int
    mr_form_before_booking: bool
    mr_normal_mode_sar_w_kg: float
    mr_first_level_sar_w_kg: float
    mr_limited_minutes: int
    claustrophobia_minutes: int
    induction_minutes: int
    recovery_minutes: int
    sedation_clear_fluid_hours: int
    sedation_light_meal_hours: int
    sedation_full_meal_hours: int
    glucose_limit_mg_dl: float
    fdg_fasting_hours: int
    diabetes_fdg_until: time
    half_life_minutes: dict[str, float]
    tracer_deliveries: dict[str, tuple[TracerDelivery, ...]]
    tracer_least_mbq: dict[str, float]
    bone_scan_wait_hours: tuple[int, int]
    radioactive_contact_hours: int
    pet_wait_days: dict[str, int]
    breastfeeding_hours: dict[str, float]
    breastfeeding_ends: tuple[str, ...]
    oral_contrast_minutes: int
    ultrasound_fasting_hours: int
    ultrasound_until: time
    bladder_ml: int
    barium_wait_hours: int
    inr_limit_high_risk: float
    inr_limit_low_risk: float
    platelets_limit_high_risk: float
    platelets_limit_low_risk: float
    coagulation_valid_days: int
    bed_transport_minutes: int
    help_minutes: int
    help_minutes_several: int
    help_age: int
    contact_cleaning_minutes: int
    airborne_cleaning_minutes: int
    airborne_from: time
    no_shows_warned: int
    never_overridden: tuple[str, ...]
