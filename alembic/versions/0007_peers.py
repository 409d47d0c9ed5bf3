"""Peers: the systems that messages come from and go to."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def _words(name: str, *words: str) -> sa.Enum:
    return sa.Enum(*words, name=name, native_enum=False, create_constraint=True, length=32)


def upgrade() -> None:
    """Create them."""
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "hl7_peers",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=False),
        sa.Column(
            "direction", _words("direction", "inbound", "outbound", "both"), nullable=False
        ),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("paused", sa.Boolean(), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.BigInteger(), nullable=True),
        sa.Column("url", sa.String(length=500), nullable=False),
        sa.Column("tls", sa.Boolean(), nullable=False),
        sa.Column("tls_ca_file", sa.String(length=500), nullable=False),
        sa.Column("tls_certificate_file", sa.String(length=500), nullable=False),
        sa.Column("tls_key_file", sa.String(length=500), nullable=False),
        sa.Column("token_file", sa.String(length=500), nullable=False),
        sa.Column("timeout_seconds", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.String(length=8), nullable=False),
        sa.Column("character_set", sa.String(length=32), nullable=False),
        sa.Column("assumed_character_set", sa.String(length=32), nullable=False),
        sa.Column("processing_id", sa.String(length=1), nullable=False),
        sa.Column("application", sa.String(length=227), nullable=False),
        sa.Column("facility", sa.String(length=227), nullable=False),
        sa.Column("own_application", sa.String(length=227), nullable=False),
        sa.Column("own_facility", sa.String(length=227), nullable=False),
        sa.Column(
            "acknowledgement", _words("acknowledgementprofile", "ack", "application"),
            nullable=False,
        ),
        sa.Column("sends", postgresql.ARRAY(sa.String(length=32)), nullable=False),
        sa.Column("order_message", _words("ordermessage", "ORM", "OMG"), nullable=False),
        sa.Column("procedure_message", _words("proceduremessage", "ORM", "OMI"), nullable=False),
        sa.Column("senders", json, nullable=False),
        sa.Column("order_control", json, nullable=False),
        sa.Column("received_values", json, nullable=False),
        sa.Column("received_moves", json, nullable=False),
        sa.Column("sent_values", json, nullable=False),
        sa.Column("sent_moves", json, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "direction = 'inbound' OR url <> '' OR (host <> '' AND port IS NOT NULL)",
            name=op.f("ck_hl7_peers_reachable"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hl7_peers")),
        sa.UniqueConstraint("name", name=op.f("uq_hl7_peers_name")),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("hl7_peers")
