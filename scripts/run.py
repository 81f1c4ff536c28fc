"""Start the whole portal with its demonstration and stay with it until Ctrl-C.

PostgreSQL and Redis come from wheels unless `DATABASE_URL` and `REDIS_URL` name others; web server, worker
and beat are children of this process, and none of them outlives it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import hashlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import BinaryIO, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import services
from scripts.environment import (
    PROJECT,
    Refusal,
    check_port_is_free,
    chosen_port,
    ending_on_refusal,
    say,
    secret_key,
    var_directory,
)

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
SECONDS_TO_ANSWER = 60
SECONDS_TO_STOP = 10
LARGEST_LOG = 10_000_000
TERMINATE_WITH_PARENT = 1  # PR_SET_PDEATHSIG, Linux


class Stopped(Exception):
    """Somebody pressed Ctrl-C or asked the process to end."""


class Child(NamedTuple):
    """A process of the portal that this one started."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path


def main() -> int:
    """Set up, start, watch, stop."""
    for number in STOP_SIGNALS:
        signal.signal(number, _stop)
    port = chosen_port()
    check_port_is_free(port)
    var = var_directory()
    (var / "log").mkdir(parents=True, exist_ok=True)
    try:
        with _alone(var):
            return _run(var, port)
    except Stopped:
        say("Stopped. Everything is kept for the next start.")
        return 0


def _run(var: Path, port: int) -> int:
    say("Starting PostgreSQL and Redis.")
    with services.embedded(var) as addresses:
        environment = _environment(var, port, addresses)
        _manage(environment, var, "Bringing the database up to date.", "migrate", "--no-input")
        demo = environment["PORTAL_DEMO"] == "1"
        if demo:
            line = "Loading the five partnerships, and people to try them as."
            _manage(environment, var, line, "load_demo", "--skip-checks", shown=True)
        _collect_static_files(environment, var)
        say("Starting web server, worker and beat.")
        with _children(_commands(var, port), environment, var) as children:
            _wait_until_it_answers(port, children)
            _welcome(port, var, demo)
            _watch(children, var)
    return 0


def _stop(_number: int, _frame: FrameType | None) -> None:
    _ignore_signals()
    raise Stopped


def _ignore_signals() -> None:
    """Let no second Ctrl-C break off the clean-up."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)


@contextlib.contextmanager
def _alone(var: Path) -> Iterator[None]:
    with (var / "run.lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refusal(f"The portal already runs with its data in {var}: stop it first.") from None
        yield


def _environment(var: Path, port: int, addresses: dict[str, str]) -> dict[str, str]:
    defaults = {
        "DJANGO_SETTINGS_MODULE": "partnership_portal.settings",
        "SECRET_KEY": secret_key(var),
        "PORTAL_DEMO": "1",
        "PORTAL_DEBUG": "0",
        "PORTAL_VAR": str(var),
        "PORTAL_BASE_URL": f"http://127.0.0.1:{port}",
        "PORTAL_ALLOWED_HOSTS": "127.0.0.1,localhost",
        "PYTHONUNBUFFERED": "1",
    }
    return {**defaults, **os.environ, **addresses}


def _manage(environment: dict[str, str], var: Path, line: str, *command: str, shown: bool = False) -> None:
    """Run a command of Django's, its words in the log and, where somebody waits long for it, on the screen."""
    say(line)
    log = var / "log" / "setup.log"
    with _appending(log) as file:
        child = subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if shown else file, stderr=file, preexec_fn=_end_with_parent,
        )  # fmt: skip
        try:
            for words in child.stdout or ():
                file.write(words)
                say(words.decode(errors="replace").rstrip())
            status = child.wait()
        except Stopped:
            child.terminate()
            child.wait()
            raise
    if status:
        lines = log.read_text(errors="replace").strip().splitlines() or ["no reason given"]
        raise Refusal(
            f"“manage.py {command[0]}” failed: {lines[-1].rstrip('.')}. The whole story is in {log}."
        )


def _collect_static_files(environment: dict[str, str], var: Path) -> None:
    """Collect and compress them, which takes seconds, unless none has changed since the last time."""
    fingerprint = hashlib.sha256((PROJECT / "requirements-run.lock").read_bytes())
    for file in sorted((PROJECT / "static").rglob("*")):
        if file.is_file():
            fingerprint.update(str(file.relative_to(PROJECT)).encode() + file.read_bytes())
    stamp = var / "static-files.sha256"
    if stamp.exists() and stamp.read_text() == fingerprint.hexdigest() and (var / "staticfiles").is_dir():
        return
    line = "Collecting static files."
    _manage(environment, var, line, "collectstatic", "--no-input", "--clear", "--skip-checks")
    stamp.write_text(fingerprint.hexdigest())


def _commands(var: Path, port: int) -> dict[str, list[str]]:
    celery = ["-m", "celery", "-A", "partnership_portal"]
    return {
        "web": [
            "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
            # Each thread holds a connection to the database; without a limit a rush takes all there are.
            "--workers", "2", "--blocking-threads", "4", "--workers-kill-timeout", "5",
            "partnership_portal.wsgi:application",
        ],
        "worker": [*celery, "worker", "--concurrency", "2", "--loglevel", "INFO"],
        "beat": [*celery, "beat", "--loglevel", "INFO", "--schedule", str(var / "celerybeat-schedule"),
                 "--pidfile", ""],
    }  # fmt: skip


@contextlib.contextmanager
def _children(
    commands: dict[str, list[str]], environment: dict[str, str], var: Path
) -> Iterator[list[Child]]:
    children: list[Child] = []
    try:
        for name, command in commands.items():
            log = var / "log" / f"{name}.log"
            with _appending(log) as file:
                # A session of their own: Ctrl-C reaches this process only, which then stops them in order.
                process = subprocess.Popen(
                    [sys.executable, *command], cwd=PROJECT, env=environment, stdin=subprocess.DEVNULL,
                    stdout=file, stderr=file, start_new_session=True, preexec_fn=_end_with_parent,
                )  # fmt: skip
            children.append(Child(name, process, log))
        yield children
    finally:
        _ignore_signals()
        say("Stopping.")
        _end(children)


def _appending(log: Path) -> BinaryIO:
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    return log.open("ab")


def _end_with_parent() -> None:
    """Have the kernel end this child should its parent be killed outright."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(TERMINATE_WITH_PARENT, signal.SIGTERM)


def _end(children: list[Child]) -> None:
    for child in children:
        if child.process.poll() is None:
            child.process.terminate()
    deadline = time.monotonic() + SECONDS_TO_STOP
    for child in children:
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(max(0.1, deadline - time.monotonic()))
        # Whatever is left of its group, be it the process itself or a child it lost.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.process.pid, signal.SIGKILL)
        child.process.wait()


def _refuse_if_one_died(children: list[Child]) -> None:
    for child in children:
        if (status := child.process.poll()) is not None:
            raise Refusal(
                f"The {child.name} process ended by itself (status {status}); its log is {child.log}."
            )


def _wait_until_it_answers(port: int, children: list[Child]) -> None:
    deadline = time.monotonic() + SECONDS_TO_ANSWER
    while time.monotonic() < deadline:
        _refuse_if_one_died(children)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise Refusal(
        f"The portal doesn't answer within {SECONDS_TO_ANSWER} seconds; its log is {children[0].log}."
    )


def _welcome(port: int, var: Path, demo: bool) -> None:
    say(f"\nPartnership Portal is ready at http://127.0.0.1:{port}/")
    if demo:
        say(f"To sign in, open http://127.0.0.1:{port}/demo/ and choose a partnership and a role.")
        say(f"Every message it sends is at http://127.0.0.1:{port}/demo/mailbox/")
    say(f"Data and logs are in {var}. Press Ctrl-C to stop.\n")


def _watch(children: list[Child], var: Path) -> None:
    while True:
        _refuse_if_one_died(children)
        if dead := services.first_dead(var):
            raise Refusal(f"The embedded {dead} ended by itself; its log is under {var}.")
        time.sleep(0.5)


if __name__ == "__main__":
    sys.exit(ending_on_refusal(main))
