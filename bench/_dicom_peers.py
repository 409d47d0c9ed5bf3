"""The servers that are measured: ours, and those of others where they are installed."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

from tests.support import programs
from tests.support.ports import free_port, listens

_SECONDS = 30
_ORTHANC_PLUGINS = Path("/usr/share/orthanc/plugins")


@contextmanager
def worklist(database_url: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run our server; gives its port and its process's id."""
    port = free_port()
    environment = os.environ | {
        "WORKLIST_DATABASE_URL": database_url,
        "WORKLIST_REDIS_URL": "redis://127.0.0.1:1/0",
        "WORKLIST_DICOM_PORT": str(port),
        "WORKLIST_TIME_ZONE": "Europe/Vienna",
        "WORKLIST_DATA_DIR": str(folder / "var"),
    }
    arguments = [sys.executable, "-m", "worklist.cli", "dicom"]
    with _running(arguments, port, folder / "worklist.log", environment) as process:
        yield port, process.pid


@contextmanager
def wlmscpfs(files: Path, folder: Path) -> Iterator[int]:
    """Run DCMTK's server on a folder of worklist files."""
    port = free_port()
    (folder / "dcmtk").mkdir(exist_ok=True)
    (folder / "dcmtk" / "WORKLIST").symlink_to(files)
    program = shutil.which("wlmscpfs") or ""
    arguments = [program, "-dfp", str(folder / "dcmtk"), str(port)]
    environment = os.environ | {"TCP_NODELAY": "1"}
    with _running(arguments, port, folder / "dcmtk.log", environment):
        yield port


@contextmanager
def orthanc(files: Path, folder: Path) -> Iterator[int]:
    """Run Orthanc with its worklist plugin on a folder of worklist files."""
    port = free_port()
    settings = {
        "Name": "BENCH",
        "StorageDirectory": str(folder / "orthanc"),
        "IndexDirectory": str(folder / "orthanc"),
        "HttpServerEnabled": False,
        "DicomAet": "WORKLIST",
        "DicomPort": port,
        "DicomAlwaysAllowFind": True,
        "DicomAlwaysAllowFindWorklist": True,
        "Plugins": [str(_ORTHANC_PLUGINS / "libModalityWorklists.so")],
        "Worklists": {"Enable": True, "Database": str(files)},
    }
    (folder / "orthanc.json").write_text(json.dumps(settings))
    program = shutil.which("Orthanc") or ""
    arguments = [program, str(folder / "orthanc.json")]
    with _running(arguments, port, folder / "orthanc.log", os.environ):
        yield port


Peer = Callable[[Path, Path], AbstractContextManager[int]]


def installed() -> dict[str, Peer]:
    """Return the peers that this machine has, and say which it lacks."""
    peers: dict[str, Peer] = {}
    if programs.find("wlmscpfs"):
        peers["wlmscpfs"] = wlmscpfs
    else:
        print("wlmscpfs is left out: install dcmtk.")
    if programs.find("Orthanc") and (_ORTHANC_PLUGINS / "libModalityWorklists.so").exists():
        peers["Orthanc"] = orthanc
    else:
        print("Orthanc is left out: install orthanc with its worklist plugin.")
    return peers


@contextmanager
def _running(
    arguments: list[str], port: int, log: Path, environment: Mapping[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            arguments, stdout=output, stderr=subprocess.STDOUT, env=dict(environment)
        )
    try:
        _wait(port, process, log)
        yield process
    finally:
        process.terminate()
        process.wait(_SECONDS)


def _wait(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + _SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if listens(port):
            return
        time.sleep(0.1)
    raise RuntimeError(f"{log.name}: {log.read_text()[-500:]}")
