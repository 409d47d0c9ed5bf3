"""Critical findings: who must be told, by when, and who was told."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def _words(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create the table."""
    op.create_table(
        "critical_findings",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requested_procedure_id", sa.BigInteger(), nullable=False),
        sa.Column("category", _words("category", "minutes", "hours", "days"), nullable=False),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("recipient", sa.String(length=120), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised_by_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=120), nullable=False),
        sa.Column("means", _words("means", "phone", "in_person", "message"), nullable=True),
        sa.Column("closed_by_id", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("withdrawal_reason", sa.String(length=200), nullable=False),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by = '')"
            " AND (acknowledged_at IS NULL) = (means IS NULL)",
            name=op.f("ck_critical_findings_acknowledged"),
        ),
        sa.CheckConstraint(
            "(withdrawn_at IS NULL) = (withdrawal_reason = '')"
            " AND (withdrawn_at IS NULL OR acknowledged_at IS NULL)",
            name=op.f("ck_critical_findings_withdrawn"),
        ),
        sa.ForeignKeyConstraint(
            ["closed_by_id"], ["users.id"], name=op.f("fk_critical_findings_closed_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["raised_by_id"], ["users.id"], name=op.f("fk_critical_findings_raised_by_id")
        ),
        sa.ForeignKeyConstraint(
            ["requested_procedure_id"],
            ["requested_procedures.id"],
            name=op.f("fk_critical_findings_requested_procedure_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_findings")),
    )
    op.create_index(
        op.f("ix_critical_findings_requested_procedure_id"),
        "critical_findings",
        ["requested_procedure_id"],
    )
    op.create_index("ix_critical_findings_raised_at", "critical_findings", ["raised_at", "id"])
    op.create_index(
        "ix_critical_findings_open",
        "critical_findings",
        ["due_at", "id"],
        postgresql_where=sa.text("acknowledged_at IS NULL AND withdrawn_at IS NULL"),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("critical_findings")
