"""The patient's language, preparations in other languages, and slips that go out by e-mail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0042"
down_revision = "0041"
branch_labels = None
depends_on = None

_STATES = sa.Enum(
    "WAITING",
    "SENT",
    "FAILED",
    "WITHDRAWN",
    name="mailstate",
    native_enum=False,
    create_constraint=True,
    length=32,
)


def upgrade() -> None:
    """Add them."""
    op.add_column(
        "patients", sa.Column("language", sa.String(8), server_default="", nullable=False)
    )
    op.add_column(
        "procedures",
        sa.Column(
            "preparation_translations", postgresql.JSONB(), server_default="{}", nullable=False
        ),
    )
    op.create_table(
        "slip_mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("exam_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(120), nullable=False),
        sa.Column("locale", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(200), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.String(100), nullable=False),
        sa.Column("state", _STATES, nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("next_attempt_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("error_text", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slip_mails")),
        sa.ForeignKeyConstraint(
            ["exam_id"],
            ["scheduled_procedure_steps.id"],
            name=op.f("fk_slip_mails_exam_id"),
        ),
    )
    op.create_index(op.f("ix_slip_mails_exam_id"), "slip_mails", ["exam_id"])
    op.create_index(
        "ix_slip_mails_waiting",
        "slip_mails",
        ["next_attempt_at"],
        postgresql_where=sa.text("state = 'WAITING'"),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("slip_mails")
    op.drop_column("procedures", "preparation_translations")
    op.drop_column("patients", "language")
