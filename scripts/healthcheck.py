"""Ask the web server of this container whether it is well; standard library only."""

from __future__ import annotations

import os
import sys
import urllib.request


def main() -> int:
    """Ask for a path under the host name that the portal answers to; 0 if it answers with success."""
    path = sys.argv[1] if len(sys.argv) > 1 else "/healthz"
    host = os.environ.get("PORTAL_ALLOWED_HOSTS", "127.0.0.1").split(",")[0].strip()
    request = urllib.request.Request(f"http://127.0.0.1:8000{path}", headers={"Host": host})
    try:
        with urllib.request.urlopen(request, timeout=5):
            return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
