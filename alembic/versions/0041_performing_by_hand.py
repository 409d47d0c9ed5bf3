"""Pauses of exams, and radiation that a person writes down."""

import sqlalchemy as sa
from alembic import op

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "exam_pauses",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paused_by", sa.String(length=100), nullable=False),
        sa.Column("resumed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_exam_pauses_exam_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_exam_pauses")),
    )
    op.create_index(
        "uq_exam_pauses_open",
        "exam_pauses",
        ["exam_id"],
        unique=True,
        postgresql_where=sa.text("resumed_at IS NULL"),
    )
    op.create_table(
        "hand_doses",
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("recorded_by", sa.String(length=100), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ctdi_vol_mgy", sa.Double(), nullable=True),
        sa.Column("dlp_mgy_cm", sa.Double(), nullable=True),
        sa.Column("dap_dgy_cm2", sa.Double(), nullable=True),
        sa.Column("fluoroscopy_seconds", sa.Double(), nullable=True),
        sa.Column("exposures", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["exam_id"], ["scheduled_procedure_steps.id"], name=op.f("fk_hand_doses_exam_id")
        ),
        sa.PrimaryKeyConstraint("exam_id", name=op.f("pk_hand_doses")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("hand_doses")
    op.drop_table("exam_pauses")
