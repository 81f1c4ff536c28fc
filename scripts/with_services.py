"""Run a command with an embedded PostgreSQL and Redis beside it: `with_services.py [--name dev] -- command`.

The servers live under `var/NAME`. Whoever comes first starts them, whoever leaves last stops them;
`--keep` leaves them running, `--stop` stops them, and without a command their addresses are printed. They
don't wait for the disk unless `--durable` says so, since what is tried here may be lost.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import services
from scripts.environment import PROJECT, ending_on_refusal, secret_key, var_directory


def main() -> int:
    """Start or reuse the servers, run the command, hand on its exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--name", default="dev", help="folder under var/ that the servers live in")
    parser.add_argument("--keep", action="store_true", help="leave the servers running")
    parser.add_argument("--durable", action="store_true", help="wait for the disk, as in production")
    parser.add_argument("--stop", action="store_true", help="stop servers that were left running")
    parser.add_argument("command", nargs=argparse.REMAINDER)
    options = parser.parse_args()
    directory = var_directory() / options.name
    if options.stop:
        services.stop(directory)
        return 0
    command = options.command[1:] if options.command[:1] == ["--"] else options.command
    with services.embedded(directory, durable=options.durable, keep=options.keep) as addresses:
        environment = {
            "DJANGO_SETTINGS_MODULE": "partnership_portal.settings",
            "SECRET_KEY": secret_key(directory),
            "PORTAL_DEMO": "1",
            "PORTAL_VAR": str(directory),
            **os.environ,
            **addresses,
        }
        # The command and its children may find the tools of the environment by name.
        environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
        if not command:
            for name in (
                "DATABASE_URL",
                "REDIS_URL",
                "SECRET_KEY",
                "DJANGO_SETTINGS_MODULE",
                "PORTAL_DEMO",
                "PORTAL_VAR",
            ):
                print(f"export {name}={shlex.quote(environment[name])}")
            return 0
        # Ctrl-C goes to the command as well: it ends, and then the servers do.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        child = subprocess.Popen(command, env=environment, cwd=PROJECT, preexec_fn=_listen_to_ctrl_c)
        signal.signal(signal.SIGTERM, lambda *_: child.terminate())
        status = child.wait()
        return status if status >= 0 else 128 - status


def _listen_to_ctrl_c() -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)


if __name__ == "__main__":
    sys.exit(ending_on_refusal(main))
