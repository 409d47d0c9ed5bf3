"""An OpenID Connect provider that is not ours: oidc-provider on the environment's Node."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support import npm

CLIENT_SECRET = "a secret of worklist and the provider"
# By subject, which is what people type at its door.
PEOPLE = {
    "4711": {
        "preferred_username": "dana",
        "name": "Dana Desk",
        "groups": ["radiology-desk", "parking"],
    },
    "4712": {
        "preferred_username": "theo",
        "name": "Theo Tech",
        "groups": ["radiology-technologists"],
    },
    "4713": {"preferred_username": "petra", "name": "Petra Payroll", "groups": ["payroll"]},
}
ROLES = "radiology-desk=front_desk,radiology-technologists=technologist"
_SCRIPT = Path(__file__).parent.parent / "interop" / "identity_provider.mjs"


@contextmanager
def running(port: int, client_address: str) -> Iterator[None]:
    """Run the provider on a port for a client at an address."""
    command = [npm.need(), str(_SCRIPT), str(port), client_address, json.dumps(PEOPLE)]
    # The environment's `node` is a script that waits for the real one: both are ended as a group.
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    ) as provider:
        assert provider.stdout is not None
        assert provider.stdout.readline().strip() == f"http://127.0.0.1:{port}"
        try:
            yield
        finally:
            os.killpg(provider.pid, signal.SIGTERM)
