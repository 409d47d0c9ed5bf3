"""Kinds of fact that more rules read, and how much an intervention may bleed."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_BEFORE = (
    "egfr", "creatinine", "glucose", "weight", "height", "pregnancy", "contrast_reaction",
    "implant", "condition", "medication", "need", "isolation", "acute_kidney_injury", "dialysis",
    "mr_screening", "metal_eye_injury",
)
_ADDED = (
    "girth", "inr", "platelets", "last_period", "treatment", "premedication", "contrast_screening",
)


def upgrade() -> None:
    """Allow the new kinds; keep the risk of bleeding with the procedure."""
    _allow((*_BEFORE, *_ADDED))
    op.add_column("procedures", sa.Column("bleeding_risk", sa.String(length=8), nullable=True))
    op.create_check_constraint(
        op.f("ck_procedures_bleeding_risk"), "procedures", "bleeding_risk IN ('low', 'high')"
    )
    op.execute(
        "UPDATE procedures SET bleeding_risk = 'high' "
        "WHERE modality = 'XA' OR 'biopsy' = ANY(required_capabilities)"
    )


def downgrade() -> None:
    """Forget facts of the new kinds and the risk of bleeding."""
    op.drop_column("procedures", "bleeding_risk")
    kinds = ", ".join(f"'{kind}'" for kind in _ADDED)
    op.execute(f"DELETE FROM clinical_facts WHERE kind IN ({kinds})")
    _allow(_BEFORE)


def _allow(kinds: tuple[str, ...]) -> None:
    words = ", ".join(f"'{kind}'" for kind in kinds)
    op.drop_constraint(op.f("ck_clinical_facts_factkind"), "clinical_facts", type_="check")
    op.create_check_constraint(
        op.f("ck_clinical_facts_factkind"), "clinical_facts", f"kind IN ({words})"
    )
