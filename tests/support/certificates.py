"""Certificates that sign themselves, made by OpenSSL."""

import subprocess
from pathlib import Path

from tests.support import programs


def make(folder: Path, name: str, *, valid_for: str = "IP:127.0.0.1") -> tuple[Path, Path]:
    """Make ``name.pem``, valid for an address or ``DNS:`` name, and its ``name.key``."""
    chain, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = [programs.need("openssl"), "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
    command += ["-pkeyopt", "ec_paramgen_curve:P-256", "-keyout", str(key), "-out", str(chain)]
    command += ["-subj", f"/CN={name}", "-addext", f"subjectAltName={valid_for}"]
    subprocess.run(command, check=True, capture_output=True)
    return chain, key
