"""How passwords are kept."""

from worklist.auth import service


def test_passwords_are_hashed_as_rfc_9106_recommends() -> None:
    """Section 4, the second recommended option: argon2id, 3 passes over 64 MiB, 4 lanes."""
    assert service.printed("any").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
