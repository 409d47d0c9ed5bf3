import pytest

from worklist.transport import is_allowed


@pytest.mark.parametrize(
    ("address", "networks", "allowed"),
    [
        ("10.1.2.3", [], True),
        ("10.1.2.3", ["10.1.0.0/16"], True),
        ("10.2.2.3", ["10.1.0.0/16"], False),
        ("192.0.2.7", ["10.1.0.0/16", "192.0.2.7"], True),
        ("::1", ["::1"], True),
        ("::1", ["127.0.0.1"], False),
        ("::ffff:10.1.2.3", ["10.1.0.0/16"], True),
        ("fe80::1%eth0", ["fe80::/10"], True),
        ("", ["10.1.0.0/16"], False),
    ],
)
def test_a_sender_is_allowed_by_its_address(
    address: str, networks: list[str], *, allowed: bool
) -> None:
    assert is_allowed(address, networks) is allowed
