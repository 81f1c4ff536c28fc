"""Give a partnership a new key to sign badges with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluations.services.signing_keys import replace_signing_key
from partnerships.actors import system
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


class Command(BaseCommand):
    """Replaces the key; badges that the old one signed stay genuine."""

    help = "Sign a partnership's badges with a new key from now on."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Which partnership."""
        parser.add_argument("partnership", help="the first part of its address, such as northshire")

    def handle(self, *args: Any, **options: Any) -> None:
        """Replace the key and tell its thumbprint."""
        partnership = Partnership.objects.filter(slug=options["partnership"]).first()
        if partnership is None:
            raise CommandError(f"There is no partnership “{options['partnership']}”. Load its file first.")
        with acting_in(partnership):
            key = replace_signing_key(actor=system(partnership, "replace signing key"))
        self.stdout.write(f"{partnership.name} signs with the key {key.kid} from now on.")
