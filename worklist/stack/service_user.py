"""Who the embedded servers run as.

An ordinary user runs them as himself. PostgreSQL refuses to be root, and neither server should be:
root runs both as a system user of their own, who can reach the data and the programs without a
single parent folder being opened to others.
"""

import dataclasses
import hashlib
import os
import pwd
import shutil
import subprocess
from pathlib import Path
from typing import Any

from worklist.stack import StartError

USER = "worklist"
SYSTEM_FOLDER = Path("/var/lib/worklist")
_PASSABLE_FOLDER = 0o711
_PRIVATE_FOLDER = 0o700


@dataclasses.dataclass(frozen=True)
class ServiceUser:
    """The identity of the embedded servers; ``uid`` is None for the user who starts them."""

    uid: int | None = None
    gid: int | None = None

    def may_pass(self, folder: Path) -> bool:
        """Return whether this user can enter ``folder``, by trying it as that user."""
        return self._test("-x", folder)

    def may_read(self, path: Path) -> bool:
        """Return whether this user can read ``path``, by trying it as that user."""
        return self._test("-r", path)

    def own(self, path: Path) -> None:
        """Make this user the owner of ``path``."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)

    def _test(self, kind: str, path: Path) -> bool:
        command = ["test", kind, str(path)]
        return (
            subprocess.run(command, check=False, cwd="/", **self.process_options()).returncode == 0
        )

    def process_options(self) -> dict[str, Any]:
        """Return the options of ``subprocess`` that run a program as this user."""
        if self.uid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def service_user() -> ServiceUser:
    """Return who shall run the embedded servers; as root, make that system user if needed.

    Raises:
        StartError: The system user does not exist and cannot be made.
    """
    if os.geteuid() != 0:
        return ServiceUser()
    try:
        entry = pwd.getpwnam(USER)
    except KeyError:
        _make_system_user()
        entry = pwd.getpwnam(USER)
    if entry.pw_uid == 0:
        raise StartError(f"the user {USER!r} is root: PostgreSQL cannot run as root")
    return ServiceUser(entry.pw_uid, entry.pw_gid)


def _make_system_user() -> None:
    for command in _user_commands():
        if shutil.which(command[0]):
            done = subprocess.run(command, check=False, capture_output=True, text=True)
            if done.returncode == 0:
                return
    raise StartError(
        f"PostgreSQL cannot run as root and the system user {USER!r} cannot be made: "
        "start as an ordinary user, or set WORKLIST_DATABASE_URL and WORKLIST_REDIS_URL"
    )


def _user_commands() -> list[list[str]]:
    """Both families of tools: shadow's (most systems) and BusyBox's (Alpine)."""
    no_shell = shutil.which("nologin") or "/bin/false"
    options = ["--home-dir", str(SYSTEM_FOLDER), "--no-create-home", "--shell", no_shell]
    return [
        ["useradd", "--system", "--user-group", *options, USER],
        ["adduser", "-S", "-D", "-H", "-h", str(SYSTEM_FOLDER), "-s", no_shell, USER],
    ]


def private_home(user: ServiceUser, data_dir: Path, name: str) -> Path:
    """Return a folder that belongs to ``user`` alone, for the server ``name``.

    It is ``data_dir/name``. Where ``user`` cannot reach the data directory (a folder below /root,
    say) that is a link to a private folder of the system, because no parent folder may be opened.

    Raises:
        StartError: The folder cannot be made.
    """
    home = data_dir / name
    try:
        if home.is_symlink() and not home.exists():
            raise StartError(
                f"the data that {home} points to is gone: restore it, or remove {home}"
            )
        if not home.exists():
            _make_home(user, data_dir, home)
        elif not user.may_pass(home.resolve()):
            raise StartError(
                f"the user {USER!r} cannot reach {home} any more: open its parent folders again, "
                "or set WORKLIST_DATA_DIR to where it can"
            )
    except OSError as error:
        raise StartError(f"{error.filename} cannot be made ({error.strerror})") from error
    return home.resolve()


def _make_home(user: ServiceUser, data_dir: Path, home: Path) -> None:
    if user.may_pass(data_dir):
        home.mkdir(mode=_PRIVATE_FOLDER)
        user.own(home)
        return
    digest = hashlib.sha256(str(home).encode()).hexdigest()[:16]
    elsewhere = _system_folder(f"{home.name}-{digest}")
    elsewhere.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
    user.own(elsewhere)
    home.symlink_to(elsewhere)


def _system_folder(name: str) -> Path:
    SYSTEM_FOLDER.mkdir(mode=_PASSABLE_FOLDER, exist_ok=True)
    SYSTEM_FOLDER.chmod(_PASSABLE_FOLDER)
    return SYSTEM_FOLDER / name


def reachable_program(user: ServiceUser, root: Path, program: Path, needed: list[Path]) -> Path:
    """Return where ``user`` can run ``program``, a path below ``root``.

    Programs in a virtual environment below a private folder are copied once to a folder of the
    system, where everybody may read but only root may write.

    Args:
        user: Who runs it.
        root: The folder that the programs' relative library paths start from.
        program: The program, relative to ``root``.
        needed: Files and folders to copy, relative to ``root``.
    """
    if user.uid is None:
        return root / program
    if user.may_pass(root / program) and all(user.may_read(root / path) for path in needed):
        return root / program
    stat = (root / program).stat()
    digest = hashlib.sha256(f"{root}|{program}|{stat.st_size}|{stat.st_mtime_ns}".encode())
    target = _system_folder(f"programs-{digest.hexdigest()[:16]}")
    if not target.exists():
        _copy_programs(root, needed, target)
    return target / program


def _copy_programs(root: Path, needed: list[Path], target: Path) -> None:
    new = target.with_name(f"{target.name}.new-{os.getpid()}")
    for path in needed:
        destination = new / path
        destination.parent.mkdir(parents=True, exist_ok=True)
        if (root / path).is_dir():
            shutil.copytree(root / path, destination, symlinks=True)
        else:
            shutil.copy2(root / path, destination)
    for path in (new, *new.rglob("*")):
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o755 | (0o755 if path.is_dir() else 0o444))
            os.chown(path, 0, 0)
    new.rename(target)
