"""Facts and thresholds of every kind, drawn by hypothesis."""

from datetime import UTC, date, datetime
from typing import Any

from hypothesis import strategies as st

from worklist.rules.facts import (
    ContrastReaction,
    ExamFacts,
    Implant,
    ImplantSafety,
    Measurement,
    PastExam,
    PatientFacts,
    Pregnancy,
    RenalFunction,
    RoomFacts,
    Severity,
    Treatment,
)
from worklist.rules.parameters import Parameter, parameters, with_changes
from worklist.vocabulary import Contrast, ContrastRoute, OperatingMode

moments = st.datetimes(
    min_value=datetime(2016, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2036, 1, 1),  # noqa: DTZ001 - the same
    timezones=st.just(UTC),
)
modalities = st.sampled_from(["CT", "MR", "DX", "CR", "US", "MG", "NM", "PT", "XA", "RF", "OT"])
body_parts = st.sampled_from(["CHEST", "ABDOMEN", "PELVIS", "THYROID", "ORBIT", ""])
capabilities = st.frozensets(
    st.sampled_from(["shielded", "isotope_licence", "1.5T", "3T", "wide_bore", "paediatric"])
)
tesla = st.sampled_from([0.55, 1.5, 3.0])
figures = st.floats(min_value=0.1, max_value=500)
answers = st.none() | st.booleans()
bleeding_risks = st.sampled_from([None, "low", "high"])


def words(*known: str) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(known))


past_exams = st.builds(
    PastExam,
    procedure_code=st.sampled_from(["71260", "77067", "70030"]),
    modality=modalities,
    body_part=body_parts,
    contrast=st.sampled_from(Contrast),
    starts_at=moments,
    dose_msv=st.floats(min_value=0, max_value=120),
    laterality=st.sampled_from([None, "L", "R", "B", ""]),
    duration_minutes=st.integers(min_value=5, max_value=240),
    bleeding_risk=bleeding_risks,
)
measurements = st.none() | st.builds(Measurement, number=figures, observed_at=moments)
patients = st.builds(
    PatientFacts,
    birth_date=st.none() | st.dates(min_value=date(1906, 1, 1), max_value=date(2036, 1, 1)),
    sex=st.sampled_from([None, "F", "M", "O", "U"]),
    weight_kg=st.none() | figures,
    renal_function=st.none() | st.builds(RenalFunction, egfr=figures, observed_at=moments),
    acute_kidney_injury=answers,
    dialysis=answers,
    reactions=st.lists(
        st.builds(
            ContrastReaction,
            agent=st.sampled_from(["iodinated", "gadolinium"]),
            severity=st.sampled_from(Severity),
        ),
        max_size=3,
    ).map(tuple),
    implants=st.lists(
        st.builds(
            Implant,
            name=st.text(min_size=1, max_size=8),
            safety=st.sampled_from(ImplantSafety),
            conditional_tesla=st.lists(tesla, max_size=2).map(tuple),
            excluded_parts=st.lists(body_parts, max_size=2).map(tuple),
            cardiac=st.booleans(),
            card_seen=st.booleans(),
        ),
        max_size=3,
        unique_by=lambda one: one.name,
    ).map(tuple),
    mr_screened_at=st.none() | moments,
    metal_eye_injury=answers,
    pregnancy=st.none()
    | st.builds(
        Pregnancy,
        pregnant=st.booleans(),
        observed_at=moments,
        weeks=st.none() | st.integers(min_value=0, max_value=45),
    ),
    girth_cm=st.none() | figures,
    last_period_at=st.none() | moments,
    inr=measurements,
    platelets=measurements,
    treatments=st.lists(
        st.builds(
            Treatment,
            name=st.sampled_from(["g_csf", "chemotherapy", "radiotherapy", "surgery"]),
            last_at=moments,
        ),
        max_size=2,
    ).map(tuple),
    no_shows=st.integers(min_value=0, max_value=5),
    glucose_mg_dl=st.none() | figures,
    conditions=words(
        "diabetes", "hypertension", "hyperthyroidism", "claustrophobia", "breastfeeding"
    ),
    medications=words("metformin", "anticoagulant"),
    needs=words("wheelchair", "interpreter", "bed", "sedation"),
    isolation=st.sampled_from([None, "airborne", "contact", "droplet", "", "other"]),
    exams=st.lists(past_exams, max_size=3).map(tuple),
)
exams = st.builds(
    ExamFacts,
    procedure_code=st.sampled_from(["71260", "77067", "70553"]),
    modality=modalities,
    body_part=body_parts,
    contrast=st.sampled_from(Contrast),
    contrast_route=st.sampled_from(ContrastRoute),
    ionising=st.booleans(),
    irradiates_pelvis=st.booleans(),
    dose_msv=st.floats(min_value=0, max_value=100),
    duration_minutes=st.integers(min_value=5, max_value=240),
    priority=st.sampled_from(["STAT", "URGENT", "ASAP", "ROUTINE"]),
    patient_class=st.sampled_from(["I", "E", "O"]),
    ordered_at=moments,
    screening=st.booleans(),
    radiopharmaceutical=st.sampled_from([None, "F-18 FDG", "Tc-99m MDP", "I-131 iodide", ""]),
    needs_sedation=st.booleans(),
    power_injection=st.booleans(),
    first_pass_renal=st.booleans(),
    premedication_started_at=st.none() | moments,
    oral_contrast=st.booleans(),
    uptake_minutes=st.sampled_from([0, 60, 180]),
    bleeding_risk=bleeding_risks,
    operating_mode=st.none() | st.sampled_from(OperatingMode),
)
rooms = st.builds(
    RoomFacts,
    code=st.just("R1"),
    modalities=st.just(frozenset()),
    capabilities=capabilities,
    table_limit_kg=st.none() | figures,
    bore_cm=st.sampled_from([None, 60, 70]),
    field_strength_tesla=st.none() | tesla,
)


def own_value(parameter: Parameter) -> st.SearchStrategy[Any]:
    """A value that a department may choose: a number at either bound or between, a choice."""
    value, least, most = parameter.value, parameter.least, parameter.most
    if isinstance(value, bool):
        return st.booleans()
    if least is None or most is None or not isinstance(value, int | float):
        return st.just(value)
    if isinstance(value, int):
        return st.integers(min_value=int(least), max_value=int(most))
    return st.floats(min_value=least, max_value=most)


departments = st.fixed_dictionaries(
    {name: own_value(one) for name, one in parameters().items()}
).map(with_changes)
