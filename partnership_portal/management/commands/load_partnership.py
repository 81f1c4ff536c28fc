"""``manage.py load_partnership FILE``: a partnership joins, or changes, by its file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection

from partnership_portal.onboarding.loading import Loaded, load_profile
from partnership_portal.onboarding.problems import ProfileRefused
from partnership_portal.onboarding.reading import read_file, read_profile, shipped_profiles
from partnerships.errors import DomainError


class Command(BaseCommand):
    """Check partnerships' files and load them."""

    help = (
        "Load partnerships from their files. A file may be loaded again; only what changed in it is written."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        known = ", ".join(shipped_profiles())
        parser.add_argument("files", nargs="+", metavar="FILE", help=f"a file, or one of: {known}")
        parser.add_argument("--check", action="store_true", help="only say what is wrong; write nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        refused = False
        for name in options["files"]:
            try:
                if options["check"]:
                    profile = read_profile(read_file(name))
                    self.stdout.write(f"{name}: all right. {profile.partnership.name} could be loaded.")
                else:
                    self._tell(name, load_profile(path=name))
                    _count_rows()
            except ProfileRefused as refusal:
                refused = True
                number = len(refusal.problems)
                self.stderr.write(f"{name}: {number} error{'s' if number > 1 else ''}; nothing was written.")
                for problem in refusal.problems:
                    self.stderr.write(f"  {problem}")
            except DomainError as refusal:
                refused = True
                self.stderr.write(f"{name}: nothing was written. {refusal.sentence}")
        if refused:
            raise CommandError(
                "Not everything is right." if options["check"] else "Not everything could be loaded."
            )

    def _tell(self, name: str, loaded: Loaded) -> None:
        ledger = loaded.ledger
        self.stdout.write(f"{name}: {loaded.partnership.name} (/{loaded.partnership.slug}/)")
        for title, lines in (
            ("created", ledger.created),
            ("changed", ledger.changed),
            ("taken out", ledger.removed),
            ("kept", ledger.kept),
        ):
            for line in lines:
                self.stdout.write(f"  {title}: {line}")
        if ledger.is_still:
            self.stdout.write(f"  nothing changed; {ledger.unchanged} entries are as the file says.")
        else:
            self.stdout.write(f"  unchanged: {ledger.unchanged} entries")


def _count_rows() -> None:
    # A catalogue is so small that the database never counts it by itself, and plans for a single course.
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
