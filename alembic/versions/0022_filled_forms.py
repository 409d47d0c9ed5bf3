"""The screening forms that were filled."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "filled_forms",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.String(length=32), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("filled_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_filled_forms_exam_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_filled_forms_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_filled_forms")),
    )
    op.create_index("ix_filled_forms_exam_id", "filled_forms", ["exam_id", "form", "id"])
    op.create_index(op.f("ix_filled_forms_patient_id"), "filled_forms", ["patient_id"])


def downgrade() -> None:
    """Forget them; the facts stay."""
    op.drop_table("filled_forms")
