"""Allergies to other things than contrast media as clinical facts."""

from alembic import op

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None

_BEFORE = (
    "egfr", "creatinine", "glucose", "weight", "height", "pregnancy", "contrast_reaction",
    "implant", "condition", "medication", "need", "isolation", "acute_kidney_injury", "dialysis",
    "mr_screening", "metal_eye_injury", "girth", "inr", "platelets", "last_period", "treatment",
    "premedication", "contrast_screening",
)


def upgrade() -> None:
    """Allow the new kind."""
    _allow((*_BEFORE, "allergy"))


def downgrade() -> None:
    """Forget facts of the new kind."""
    op.execute("DELETE FROM clinical_facts WHERE kind = 'allergy'")
    _allow(_BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_clinical_facts_factkind"), "clinical_facts", type_="check")
    op.create_check_constraint(
        op.f("ck_clinical_facts_factkind"), "clinical_facts", f"kind IN ({words})"
    )
