"""``manage.py read_bounces``: look now for messages that came back, as the worker does every five minutes."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from notifications.bounce_mailbox import MailboxAway
from notifications.services.bounces import Fate, read_bounces

_WORDS = {
    Fate.FAILED: "came back and are on the desk",
    Fate.KNOWN: "came back and were known",
    Fate.DELAYED: "are delayed and still tried",
    Fate.EARLY: "are looked at again next time",
    Fate.NOT_OURS: "are no reports about our messages and stay in the mailbox",
}


class Command(BaseCommand):
    """Read the mailbox named by PORTAL_BOUNCES."""

    help = "Mark messages as failed that mail servers have sent back (PORTAL_BOUNCES names the mailbox)."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.PORTAL_BOUNCES:
            raise CommandError("PORTAL_BOUNCES names no mailbox. See docs/operations.md.")
        try:
            read = read_bounces(settings.PORTAL_BOUNCES)
        except MailboxAway as refusal:
            raise CommandError(refusal.sentence) from refusal
        for fate, number in read.items():
            self.stdout.write(f"{number} {_WORDS[fate]}.")
        if not read:
            self.stdout.write("Nothing has come back.")
