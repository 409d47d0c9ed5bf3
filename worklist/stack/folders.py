"""The data directory: who may read it, who is using it, and the secrets it keeps."""

import contextlib
import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from worklist.stack import StartError

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
# Root's embedded servers run as another user, who must be able to pass through, not to look.
_PASSABLE_FOLDER = 0o711


def prepare(data_dir: Path) -> None:
    """Make the data directory where it does not exist and see that it can be written.

    An existing folder keeps its mode; every file in it has its own.

    Raises:
        StartError: It cannot be made or written.
    """
    mode = _PASSABLE_FOLDER if os.geteuid() == 0 else _PRIVATE_FOLDER
    try:
        if not data_dir.exists():
            data_dir.mkdir(parents=True)
            data_dir.chmod(mode)
        private_folder(data_dir / "secrets")
        private_folder(data_dir / "logs")
        probe = data_dir / "secrets" / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartError(
            f"the data directory {data_dir} cannot be written ({error.strerror}): "
            "set WORKLIST_DATA_DIR to a folder that this user may write"
        ) from error


def metrics(data_dir: Path) -> Path:
    """Return the folder in which the processes of one run count."""
    return data_dir / "metrics"


def clear_metrics(data_dir: Path) -> None:
    """Begin to count anew: the files of processes that are gone would be counted with the rest."""
    shutil.rmtree(metrics(data_dir), ignore_errors=True)
    private_folder(metrics(data_dir))


def private_folder(path: Path) -> Path:
    """Make a folder that only its owner may enter."""
    path.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    return path


@contextlib.contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the data directory for one stack; the lock goes with the process, however it ends.

    Raises:
        StartError: Another stack holds it.
    """
    with open_private(data_dir / "lock") as descriptor:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StartError(
                f"a stack is already running on {data_dir} (see `worklist status`): "
                "stop it, or set WORKLIST_DATA_DIR to another folder"
            ) from error
        yield


@contextlib.contextmanager
def open_private(path: Path, flags: int = os.O_RDWR) -> Iterator[int]:
    """Open a file for its owner alone, making it where needed; gives the descriptor."""
    descriptor = os.open(path, flags | os.O_CREAT | os.O_CLOEXEC, _PRIVATE_FILE)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_private(path: Path, text: str) -> None:
    """Replace a file's text at once; nobody but the owner may read it."""
    new = path.with_name(f"{path.name}.new")
    with contextlib.suppress(FileNotFoundError):
        new.unlink()
    with open_private(new, os.O_WRONLY | os.O_EXCL) as descriptor:
        os.write(descriptor, text.encode())
        os.fsync(descriptor)
    new.replace(path)


def kept_secret(data_dir: Path, name: str) -> str:
    """Return the secret of that name, made of 256 random bits the first time and then kept."""
    path = data_dir / "secrets" / name
    if not path.exists():
        write_private(path, secrets.token_urlsafe(32))
    return path.read_text().strip()
