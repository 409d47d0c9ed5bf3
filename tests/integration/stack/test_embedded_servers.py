"""The embedded servers: who may reach them, and what they leave behind."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis as redis_client
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from config import Settings
from worklist.stack import StartError, folders, postgres, redis, service_user

AS_ROOT = os.geteuid() == 0
WAIT_SECONDS = 30
PSQL_NO_CONNECTION = 2


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder as private as a home: only its owner may enter."""
    folder = tmp_path_factory.mktemp("private")
    folder.chmod(0o700)
    yield folder
    remove_clusters(folder)


@pytest.fixture(scope="module")
def private(place: Path) -> Settings:
    settings = Settings.read({"WORKLIST_DATA_DIR": str(place / "with space" / "var")})
    folders.prepare(settings.data_dir)
    return settings


@pytest.fixture(scope="module")
def database_server(private: Settings) -> Iterator[postgres.PostgresServer]:
    server = postgres.start(private)
    yield server
    server.stop()


def remove_clusters(folder: Path) -> None:
    """Remove what root's servers keep elsewhere."""
    for link in folder.rglob("postgres"):
        if link.is_symlink():
            shutil.rmtree(link.resolve())


def connect(server: postgres.PostgresServer, **changes: str) -> psycopg.Connection[object]:
    url = make_url(server.url)
    arguments = {
        "host": url.host,
        "port": str(url.port),
        "user": url.username,
        "password": url.password,
        "dbname": url.database,
    }
    return psycopg.connect(**{**arguments, **changes})  # type: ignore[arg-type]


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def tree_of(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def test_postgres_refuses_a_wrong_or_missing_password(
    database_server: postgres.PostgresServer,
) -> None:
    with connect(database_server) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    for password in ("", "wrong"):
        with pytest.raises(psycopg.OperationalError):
            connect(database_server, password=password)


def test_postgres_trusts_nobody(database_server: postgres.PostgresServer) -> None:
    rules = [
        line.split()
        for line in (database_server.cluster / "pg_hba.conf").read_text().splitlines()
        if line.strip() and not line.startswith("#")
    ]
    assert rules
    assert {rule[-1] for rule in rules} == {"scram-sha-256"}


def test_postgres_listens_on_the_loopback_address_only(
    database_server: postgres.PostgresServer,
) -> None:
    with connect(database_server) as connection:
        shown = [
            connection.execute(f"SHOW {name}").fetchone()
            for name in ("listen_addresses", "unix_socket_directories", "fsync")
        ]
    assert shown == [("127.0.0.1",), ("",), ("on",)]
    assert database_server.pid is not None
    sockets = psutil.Process(database_server.pid).net_connections(kind="all")
    listening = [item.laddr for item in sockets if item.status == psutil.CONN_LISTEN]
    assert [address.ip for address in listening] == ["127.0.0.1"]


def test_postgres_has_the_extensions_that_the_schema_needs(
    database_server: postgres.PostgresServer,
) -> None:
    engine = create_engine(database_server.url)
    with engine.begin() as connection:
        for name in ("btree_gist", "pg_trgm", "unaccent"):
            connection.execute(text(f"CREATE EXTENSION {name}"))
        assert connection.scalar(text("SELECT unaccent('Çağ')")) == "Cag"
        assert connection.scalar(text("SELECT upper('müller')")) == "MÜLLER"
        assert connection.scalar(text("SELECT similarity('über', 'ober') < 1")) is True
        assert connection.scalar(text("SELECT show_trgm('é') <> show_trgm('')")) is True
    engine.dispose()


def test_no_file_is_open_to_others(
    private: Settings, database_server: postgres.PostgresServer
) -> None:
    secret = private.data_dir / "secrets" / "postgres-password"
    assert mode(secret) == 0o600
    assert mode(database_server.cluster) == 0o700
    assert mode(database_server.cluster.parent) == 0o700
    roots = (private.data_dir, database_server.cluster)
    for path in (path for root in roots for path in root.rglob("*")):
        if not path.is_symlink() and not path.is_dir():
            assert mode(path) & 0o077 == 0, path


def test_parent_folders_keep_their_modes(
    place: Path, database_server: postgres.PostgresServer
) -> None:
    assert database_server.pid is not None
    assert mode(place) == 0o700


def test_the_password_is_in_no_argument_list(database_server: postgres.PostgresServer) -> None:
    assert database_server.pid is not None
    password = str(make_url(database_server.url).password)
    for process in tree_of(database_server.pid):
        assert password not in " ".join(process.cmdline())


def test_nothing_of_the_servers_runs_as_root(
    private: Settings, database_server: postgres.PostgresServer
) -> None:
    server = redis.start(private)
    try:
        assert database_server.pid is not None
        assert server.pid is not None
        expected = pwd.getpwnam(service_user.USER).pw_uid if AS_ROOT else os.getuid()
        assert expected != 0
        for pid in (database_server.pid, server.pid):
            for process in tree_of(pid):
                assert set(process.uids()) == {expected}
    finally:
        server.stop()


def test_another_local_user_gets_nothing(
    private: Settings, database_server: postgres.PostgresServer
) -> None:
    """Root tries it as nobody; an ordinary user can only try without the password."""
    nobody = service_user.ServiceUser(*pwd.getpwnam("nobody")[2:4])
    if AS_ROOT:
        assert not nobody.may_read(private.data_dir / "secrets" / "postgres-password")
        assert not nobody.may_read(database_server.cluster / "PG_VERSION")
        assert not nobody.may_read(database_server.cluster.parent)
    program = postgres._program(service_user.service_user(), "initdb").with_name("psql")
    for host in ("127.0.0.1", "/tmp", str(database_server.cluster)):  # noqa: S108 - only asked
        done = subprocess.run(
            [str(program), "--no-password", "-h", host, "-p", str(database_server.port),
             "-U", postgres.ROLE, "-d", "postgres", "-c", "SELECT 1"],
            check=False, capture_output=True, cwd="/", env={},
            **(nobody.process_options() if AS_ROOT else {}),
        )  # fmt: skip
        assert done.returncode == PSQL_NO_CONNECTION


def test_redis_refuses_whoever_has_no_password(private: Settings) -> None:
    server = redis.start(private)
    try:
        with redis_client.Redis.from_url(server.url) as client:
            assert client.config_get("save")["save"] == ""
            assert client.config_get("bind")["bind"] == "127.0.0.1"
        with (
            redis_client.Redis(host="127.0.0.1", port=server.port) as stranger,
            pytest.raises(redis_client.AuthenticationError),
        ):
            stranger.ping()
    finally:
        server.stop()


def test_stop_leaves_no_process_and_the_next_start_finds_the_data(private_again: Settings) -> None:
    server = postgres.start(private_again)
    with connect(server) as connection:
        connection.execute("CREATE TABLE kept (value int)")
        connection.execute("INSERT INTO kept VALUES (7)")
    assert server.pid is not None
    started = tree_of(server.pid)
    server.stop()
    _, alive = psutil.wait_procs(started, timeout=WAIT_SECONDS)
    assert alive == []
    server = postgres.start(private_again)
    try:
        with connect(server) as connection:
            assert connection.execute("SELECT value FROM kept").fetchone() == (7,)
    finally:
        server.stop()


@pytest.fixture
def private_again(tmp_path: Path) -> Iterator[Settings]:
    settings = Settings.read({"WORKLIST_DATA_DIR": str(tmp_path / "var")})
    folders.prepare(settings.data_dir)
    yield settings
    remove_clusters(tmp_path)


def test_start_works_after_the_server_was_killed(private_again: Settings) -> None:
    server = postgres.start(private_again)
    assert server.pid is not None
    os.kill(server.pid, signal.SIGKILL)
    server.stop()
    server = postgres.start(private_again)
    try:
        assert (server.cluster / "postmaster.pid").exists()
        with connect(server) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    finally:
        server.stop()


def test_a_left_lock_with_the_number_of_another_process_does_not_matter(
    private_again: Settings,
) -> None:
    server = postgres.start(private_again)
    server.stop()
    user = service_user.service_user()
    other = subprocess.Popen(["sleep", "600"], cwd="/", **user.process_options())
    lock = server.cluster / "postmaster.pid"
    lock.write_text(f"{other.pid}\n{server.cluster}\n1\n1\n\n\n\n")
    try:
        postgres.start(private_again).stop()
        assert other.poll() is None
    finally:
        other.kill()
        other.wait()


def test_killing_whoever_started_the_servers_leaves_no_process(tmp_path: Path) -> None:
    script = (
        "import sys, time\n"
        "from config import Settings\n"
        "from worklist.stack import folders, postgres, redis\n"
        "settings = Settings.read({'WORKLIST_DATA_DIR': sys.argv[1]})\n"
        "folders.prepare(settings.data_dir)\n"
        "servers = postgres.start(settings), redis.start(settings)\n"
        "print(*(server.pid for server in servers), flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path / "var")], stdout=subprocess.PIPE, text=True
    ) as starter:
        assert starter.stdout is not None
        pids = [int(number) for number in starter.stdout.readline().split()]
        assert len(pids) == 2
        started = [process for pid in pids for process in tree_of(pid)]
        starter.kill()
    _, alive = psutil.wait_procs(started, timeout=WAIT_SECONDS)
    assert alive == []
    remove_clusters(tmp_path)


def test_two_stacks_run_side_by_side(private: Settings, private_again: Settings) -> None:
    first, second = postgres.start(private_again), redis.start(private_again)
    third = redis.start(private)
    try:
        assert len({first.port, second.port, third.port}) == 3
    finally:
        for server in (first, second, third):
            server.stop()


def test_a_data_directory_has_one_stack(private_again: Settings) -> None:
    with contextlib.ExitStack() as stack:
        stack.enter_context(folders.locked(private_again.data_dir))
        with pytest.raises(StartError, match=r"already running.*WORKLIST_DATA_DIR"):
            stack.enter_context(folders.locked(private_again.data_dir))
    with folders.locked(private_again.data_dir):
        pass


def test_a_lost_password_is_told_and_nothing_is_made_anew(private_again: Settings) -> None:
    postgres.start(private_again).stop()
    (private_again.data_dir / "secrets" / "postgres-password").unlink()
    with pytest.raises(StartError, match="postgres-password is missing"):
        postgres.start(private_again)
