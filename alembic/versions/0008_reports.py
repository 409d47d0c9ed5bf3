"""Reports, and whose orders a peer is told of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "reports",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("requested_procedure_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum(
                "PRELIMINARY", "FINAL", "ADDENDUM",
                name="reportkind", native_enum=False, create_constraint=True, length=32,
            ),
            nullable=False,
        ),
        sa.Column("content", sa.String(), nullable=False),
        sa.Column("reader", sa.String(length=200), nullable=False),
        sa.Column("written_by_id", sa.BigInteger(), nullable=True),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["requested_procedure_id"],
            ["requested_procedures.id"],
            name=op.f("fk_reports_requested_procedure_id"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["users.id"], name=op.f("fk_reports_written_by_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(
        "ix_reports_requested_procedure_id", "reports", ["requested_procedure_id", "id"]
    )
    op.create_index(
        "uq_reports_final",
        "reports",
        ["requested_procedure_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'FINAL'"),
    )
    op.add_column(
        "hl7_peers",
        sa.Column(
            "placer_issuers",
            postgresql.ARRAY(sa.String(length=64)),
            nullable=False,
            server_default="{}",
        ),
    )
    op.alter_column("hl7_peers", "placer_issuers", server_default=None)


def downgrade() -> None:
    """Take them back."""
    op.drop_column("hl7_peers", "placer_issuers")
    op.drop_index("uq_reports_final", table_name="reports")
    op.drop_index("ix_reports_requested_procedure_id", table_name="reports")
    op.drop_table("reports")
