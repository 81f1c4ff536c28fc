"""Everything that can be said about the portal without running it; says all that is wrong, then fails."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts.environment import PROJECT, say

STEPS: dict[str, list[str]] = {
    "format": ["ruff", "format", "--check", "--quiet", "."],
    "lint": ["ruff", "check", "--quiet", "."],
    "types": ["mypy", "--no-error-summary"],
    "import contracts": ["lint-imports"],
    "templates": ["djlint", "--lint", "--quiet", "templates"],
    "migrations": ["python", "manage.py", "makemigrations", "--check", "--dry-run"],
    "deployment settings": ["python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"],
    "compose file": ["check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"],
    "container file": ["hadolint", "Dockerfile"],
}
# `check --deploy` looks at the portal as it is set up in production.
PRODUCTION = {
    "PORTAL_DEMO": "0",
    "PORTAL_DEBUG": "0",
    "PORTAL_HTTPS": "1",
    "PORTAL_BASE_URL": "https://portal.example.org",
    "PORTAL_ALLOWED_HOSTS": "portal.example.org",
    "SECRET_KEY": secrets.token_urlsafe(64),
}


def main() -> int:
    """Run every step, show what the failing ones say, fail if any did."""
    failed = []
    for name, command in STEPS.items():
        environment = {**os.environ, **(PRODUCTION if name == "deployment settings" else {})}
        began = time.monotonic()
        run = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        say(f"{'ok    ' if run.returncode == 0 else 'FAILED'} {name} ({time.monotonic() - began:.1f} s)")
        if run.returncode:
            failed.append(name)
            say("\n".join(part.strip() for part in (run.stdout, run.stderr) if part.strip()))
    if failed:
        print(f"Failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
