"""What `make run` says no to, before it installs or starts anything: one sentence, status 1."""

import os
import socket
import subprocess
import sys
import time

import pytest

from scripts.environment import PROJECT


def run(**variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "scripts/bootstrap.py", "run"],
        cwd=PROJECT, env={**environment, **variables}, capture_output=True, text=True, timeout=30,
    )  # fmt: skip


def assert_refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 1
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1, result.stderr
    assert result.stderr.endswith(".\n")
    for word in words:
        assert word in result.stderr


@pytest.mark.parametrize("port", ["abc", "0", "65536", "-1", "80 80", "8000.0", "9" * 5000])
def test_port_that_is_none(port):
    assert_refused(run(PORT=port), "PORT must be a number", port)


def test_port_in_use():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        assert_refused(run(PORT=port), f"Port {port} is already in use")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://user@host/name",
        "postgres://user:password@127.0.0.1:port/name",
        "postgres://user:password@127.0.0.1:99999/name",
        "postgres://user:password@127.0.0.1:5432/",
        "postgres://user@[::1/name",
        "postgresql://user:password@db..example/name",
        f"postgresql://user:password@{'a' * 64}.example/name",
        "postgresql:///name?host=db..example",
        "postgresql:///name?host=%ED%A0%80",
        "postgresql:///name?host=localhost&port=abc",
        "postgresql:///name?host=localhost&port=99999",
        "postgresql:///name?host=/tmp&port=abc",
        "postgresql://user:password@host%00/name",
        "postgresql://user:password@127.0.0.1/name%00",
    ],
)
def test_database_url_that_is_none(url):
    assert_refused(run(PORT=free_port(), DATABASE_URL=url), "DATABASE_URL", "postgresql://user:password@host")


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "http://127.0.0.1:6379",
        "redis://",
        "redis://127.0.0.1:x/0",
        "unix://relative.sock",
        "redis://cache..example/0",
        f"rediss://{'a' * 64}.example/0",
        "unix:///tmp/redis%00.sock",
    ],
)
def test_redis_url_that_is_none(url):
    assert_refused(run(PORT=free_port(), REDIS_URL=url), "REDIS_URL", "redis://host:6379/0")


def test_servers_that_nobody_listens_for():
    port = free_port()
    began = time.monotonic()
    assert_refused(
        run(PORT=free_port(), DATABASE_URL=f"postgres://portal:secret@127.0.0.1:{port}/portal"),
        "PostgreSQL", "DATABASE_URL", f"127.0.0.1 port {port}", "refused",
    )  # fmt: skip
    assert_refused(run(PORT=free_port(), REDIS_URL=f"redis://127.0.0.1:{port}/0"), "Redis", "refused")
    assert_refused(run(PORT=free_port(), REDIS_URL="unix:///no/such.sock"), "Redis", "/no/such.sock")
    assert_refused(
        run(PORT=free_port(), DATABASE_URL="postgresql:///portal?host=/no/such&user=portal"), "/no/such"
    )
    assert time.monotonic() - began < 15


def test_no_refusal_repeats_a_password():
    result = run(PORT=free_port(), DATABASE_URL=f"postgres://portal:s3cret@127.0.0.1:{free_port()}/portal")
    assert result.returncode == 1
    assert "s3cret" not in result.stdout + result.stderr


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])
