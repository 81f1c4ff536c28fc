"""What the launchers read from their surroundings, and how they say no: standard library only.

`bootstrap.py` uses this before anything is installed, so that a taken port or a wrong address
is reported at once and not after minutes of installing.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

PROJECT = Path(__file__).resolve().parent.parent
REACH_SECONDS = 5


class Refusal(Exception):
    """One sentence for the person at the keyboard; the program ends with status 1."""


def say(line: str) -> None:
    """Tell the person at the keyboard what happens now."""
    print(line, flush=True)


def ending_on_refusal(main: Callable[[], int]) -> int:
    """Run a program and turn a refusal into its sentence on stderr and exit status 1."""
    try:
        return main()
    except Refusal as refusal:
        print(refusal, file=sys.stderr, flush=True)
        return 1


def var_directory() -> Path:
    """The folder that holds everything the portal writes."""
    return Path(os.environ.get("PORTAL_VAR") or PROJECT / "var").resolve()


def secret_key(var: Path) -> str:
    """The key kept in `var/secret_key`, made at the first start and readable by its owner only."""
    path = var / "secret_key"
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
    return path.read_text().strip()


def chosen_port() -> int:
    """The port to listen on, from PORT, checked to be one."""
    text = os.environ.get("PORT") or "8000"
    if not _is_port(text):
        raise Refusal(f"PORT must be a number from 1 to 65535, not “{text}”.")
    return int(text)


def check_port_is_free(port: int) -> None:
    """Refuse a port that something else listens on, or that needs more rights than we have."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            raise Refusal(
                f"Port {port} needs administrator rights: choose another, as in PORT=9000."
            ) from None
        except OSError:
            raise Refusal(
                f"Port {port} is already in use: stop what uses it or choose another, as in PORT=9000."
            ) from None


def check_database_url(url: str) -> None:
    """Refuse a DATABASE_URL that is not one, or whose server doesn't answer."""
    example = "postgresql://user:password@host:5432/name"
    host, port = _split(url, "DATABASE_URL", ("postgres", "postgresql"), 5432, example)
    query = parse_qs(urlsplit(url).query)
    name = urlsplit(url).path.strip("/") or query.get("dbname", [""])[0]
    if not name or "/" in name:
        raise Refusal(f"DATABASE_URL must name one database, as in {example}.")
    host = query.get("host", [host])[0]
    port_text = query.get("port", [str(port)])[0]
    if not _is_port(port_text) or not (host.startswith("/") or _is_host_name(host)):
        raise _no_address("DATABASE_URL", example)
    if host.startswith("/"):
        _reach_socket("PostgreSQL", "DATABASE_URL", Path(host) / f".s.PGSQL.{int(port_text)}")
    elif host:
        _reach_host("PostgreSQL", "DATABASE_URL", host, int(port_text))


def check_redis_url(url: str) -> None:
    """Refuse a REDIS_URL that is not one, or whose server doesn't answer."""
    schemes = ("redis", "rediss", "unix", "redis+socket")
    example = "redis://host:6379/0 or unix:///path/to/redis.sock"
    host, port = _split(url, "REDIS_URL", schemes, 6379, example)
    parts = urlsplit(url)
    if parts.scheme in ("unix", "redis+socket"):
        if parts.netloc.rpartition("@")[2] or not parts.path.startswith("/"):
            raise Refusal(f"REDIS_URL must hold the full path of the socket, as in {example}.")
        _reach_socket("Redis", "REDIS_URL", Path(unquote(parts.path)))
        return
    if not host:
        raise Refusal(f"REDIS_URL names no host; it should look like {example}.")
    if not _is_host_name(host):
        raise _no_address("REDIS_URL", example)
    _reach_host("Redis", "REDIS_URL", host, port)


def _split(
    url: str, variable: str, schemes: tuple[str, ...], default_port: int, example: str
) -> tuple[str, int]:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or default_port
    except ValueError:
        raise _no_address(variable, example) from None
    if parts.scheme not in schemes or "\0" in unquote(url):
        raise _no_address(variable, example)
    return unquote(host), port


def _no_address(variable: str, example: str) -> Refusal:
    return Refusal(f"{variable} is not an address; it should look like {example}.")


def _is_port(text: str) -> bool:
    # Python reads no number of thousands of digits.
    return text.isdecimal() and len(text) <= 5 and 1 <= int(text) <= 65535


def _is_host_name(host: str) -> bool:
    # What a look-up does with a name before it asks anybody, and what it would break on.
    try:
        host.encode("idna")
    except UnicodeError:
        return False
    return True


def _reach_socket(server: str, variable: str, path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(REACH_SECONDS)
        try:
            probe.connect(str(path))
        except OSError as error:
            raise Refusal(_unreachable(server, variable, str(path), error)) from None


def _reach_host(server: str, variable: str, host: str, port: int) -> None:
    try:
        socket.create_connection((host, port), timeout=REACH_SECONDS).close()
    except OSError as error:
        raise Refusal(_unreachable(server, variable, f"{host} port {port}", error)) from None


def _unreachable(server: str, variable: str, place: str, error: OSError) -> str:
    reason = (error.strerror or str(error) or "no answer").lower()
    return f"The {server} server that {variable} names can't be reached at {place}: {reason}."
