"""The whole portal as `make run` starts it: it answers, keeps its data, and leaves no process behind."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager

import psutil
import psycopg

from scripts.environment import PROJECT


@contextmanager
def running_portal(var, port):
    """Start it under `var` and wait until it says that it is ready."""
    mine = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "PYTEST_XDIST_WORKER")
    environment = {name: value for name, value in os.environ.items() if name not in mine}
    environment |= {"PORTAL_VAR": str(var), "PORT": str(port), "PORTAL_DEMO": "1"}
    portal = subprocess.Popen(
        [sys.executable, "scripts/run.py"],
        cwd=PROJECT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        said = []
        for line in portal.stdout:
            said.append(line)
            if "Press Ctrl-C" in line:
                break
        assert "is ready at" in "".join(said), portal.communicate()
        yield portal, "".join(said)
    finally:
        if portal.poll() is None:
            portal.terminate()
            portal.wait(120)


def processes_with(text):
    return [
        " ".join(process.info["cmdline"])
        for process in psutil.process_iter(["cmdline"])
        if text in " ".join(process.info["cmdline"] or [])
    ]


def descendants(portal):
    return psutil.Process(portal.pid).children(recursive=True)


def answer(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as response:
        return response.status


def accounts(var):
    with psycopg.connect(f"postgresql:///portal?host={var}/postgres&user=postgres") as connection:
        return connection.execute("SELECT count(*) FROM partnerships_user").fetchone()[0]


def test_started_broken_and_started_again(open_folder):
    var = open_folder / "var"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]

    with running_portal(var, port) as (portal, said):
        assert f"http://127.0.0.1:{port}/demo/" in said
        for path in ("/healthz", "/readyz", "/", "/demo/"):
            assert answer(port, path) == 200
        key = (var / "secret_key").read_text()
        assert (var / "secret_key").stat().st_mode & 0o777 == 0o600
        people = accounts(var)
        assert people > 0
        children = descendants(portal)
        beat = next(child for child in children if "beat" in child.cmdline())
        beat.kill()
        _, trouble = portal.communicate(timeout=120)
        assert portal.returncode == 1
        assert "beat process ended by itself" in trouble
        assert trouble.count("\n") == 1
        assert not psutil.wait_procs(children, timeout=5)[1]
    assert processes_with(str(var)) == []

    with running_portal(var, port) as (portal, said):
        assert "loaded" not in said
        assert (var / "secret_key").read_text() == key
        assert accounts(var) == people
        children = descendants(portal)
        portal.send_signal(signal.SIGINT)
        _, trouble = portal.communicate(timeout=120)
        assert (portal.returncode, trouble) == (0, "")
        assert not psutil.wait_procs(children, timeout=5)[1]
    assert processes_with(str(var)) == []
