"""Reminders of appointments, by e-mail or telephone, and patients who want none."""

import sqlalchemy as sa
from alembic import op

revision = "0056"
down_revision = "0055"
branch_labels = None
depends_on = None

_KINDS = sa.Enum(
    "SLIP",
    "REMINDER",
    name="mailkind",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    """Add them."""
    op.add_column(
        "patients",
        sa.Column(
            "declines_reminders", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column("slip_mails", sa.Column("kind", _KINDS, server_default="SLIP", nullable=False))
    op.create_table(
        "reminders",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("told_by", sa.String(100), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
        sa.ForeignKeyConstraint(
            ["exam_id"],
            ["scheduled_procedure_steps.id"],
            name=op.f("fk_reminders_exam_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["mail_id"],
            ["slip_mails.id"],
            name=op.f("fk_reminders_mail_id"),
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint("exam_id", "starts_at", name=op.f("uq_reminders_exam_id_starts_at")),
    )
    op.create_index(op.f("ix_reminders_mail_id"), "reminders", ["mail_id"])


def downgrade() -> None:
    """Drop them."""
    op.drop_table("reminders")
    op.drop_column("slip_mails", "kind")
    op.drop_column("patients", "declines_reminders")
