"""A rule that misses several facts asks for each of them, all at once."""

import sqlalchemy as sa
from alembic import op

revision = "0048"
down_revision = "0047"
branch_labels = None
depends_on = None

_INDEX, _TABLE = "uq_exam_holds_open", "exam_holds"
_OPEN = sa.text("resolved_at IS NULL")


def upgrade() -> None:
    """Tell what a question is about, and let a rule ask about several things."""
    op.add_column(_TABLE, sa.Column("subject", sa.String(64), nullable=False, server_default=""))
    op.drop_index(_INDEX, _TABLE)
    op.create_index(
        _INDEX,
        _TABLE,
        ["exam_id", "rule", "fact", "subject"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=_OPEN,
    )


def downgrade() -> None:
    """Keep the first question of each rule; the others are asked when it is answered."""
    op.execute(
        """
        DELETE FROM exam_holds AS later USING exam_holds AS first
        WHERE later.resolved_at IS NULL AND first.resolved_at IS NULL
          AND later.exam_id = first.exam_id AND later.rule = first.rule AND later.id > first.id
        """
    )
    op.drop_index(_INDEX, _TABLE)
    op.create_index(
        _INDEX, _TABLE, ["exam_id", "rule"], unique=True, postgresql_where=_OPEN
    )
    op.drop_column(_TABLE, "subject")
