"""Fill the portal with the five partnerships and people to try."""

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from partnership_portal.demo.loading import load, load_operator
from partnership_portal.onboarding.reading import SHIPPED


class Command(BaseCommand):
    """Loads what is missing and leaves everything else as it is."""

    help = "Load the demonstration: each partnership's file, and people, sessions and history to try."

    def handle(self, *args: Any, **options: Any) -> None:
        """Load one partnership after the other."""
        if not settings.PORTAL_DEMO:
            raise CommandError("Set PORTAL_DEMO=1: made-up people belong in a demonstration only.")
        load_operator()
        for file in sorted(SHIPPED.glob("*.toml")):
            start = time.monotonic()
            if load(file):
                self.stdout.write(f"  {file.stem}: loaded in {time.monotonic() - start:.1f} s")
            else:
                self.stdout.write(f"  {file.stem}: there already")
