"""Fill a partnership with the population that the benchmarks are measured on."""

from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from partnership_portal.population import Size, populate
from partnerships.models import Partnership


class Command(BaseCommand):
    """``manage.py populate SLUG``: 40,000 people and 150,000 bookings unless told otherwise."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("partnership", help="slug of a partnership that was loaded before")
        parser.add_argument(
            "--password", default="", help="password of the made accounts; none: they can't sign in"
        )
        for field in fields(Size):
            parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default)

    def handle(self, *args: Any, **options: Any) -> None:
        partnership = Partnership.objects.filter(slug=options["partnership"]).first()
        if partnership is None:
            raise CommandError(f"There is no partnership “{options['partnership']}”. Load its file first.")
        size = Size(**{field.name: options[field.name] for field in fields(Size)})
        populate(partnership, size, password=options["password"] or None, tell=self.stdout.write)
