"""The worklist queries that scanners have asked."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "worklist_queries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("calling", sa.String(length=16), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("identifier", sa.LargeBinary(), nullable=False),
        sa.Column("transfer_syntax", sa.String(length=64), nullable=False),
        sa.Column("fuzzy_names", sa.Boolean(), nullable=False),
        sa.Column("last_asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worklist_queries")),
        sa.UniqueConstraint("calling", "digest", name=op.f("uq_worklist_queries_calling_digest")),
    )
    op.create_index(
        "ix_worklist_queries_last_asked_at",
        "worklist_queries",
        ["calling", "last_asked_at"],
        unique=False,
    )
    op.create_table(
        "worklist_query_times",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("query_id", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("address", sa.String(length=45), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("answers", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.Double(), nullable=False),
        sa.ForeignKeyConstraint(
            ["query_id"],
            ["worklist_queries.id"],
            name=op.f("fk_worklist_query_times_query_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_worklist_query_times")),
    )
    op.create_index(
        op.f("ix_worklist_query_times_asked_at"), "worklist_query_times", ["asked_at"], unique=False
    )
    op.create_index(
        "ix_worklist_query_times_query",
        "worklist_query_times",
        ["query_id", "asked_at"],
        unique=False,
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_worklist_query_times_query", table_name="worklist_query_times")
    op.drop_index(op.f("ix_worklist_query_times_asked_at"), table_name="worklist_query_times")
    op.drop_table("worklist_query_times")
    op.drop_index("ix_worklist_queries_last_asked_at", table_name="worklist_queries")
    op.drop_table("worklist_queries")
