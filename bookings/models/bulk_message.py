import pgtrigger
from django.db import models
from django.db.models import Q

from bookings.querysets import BulkMessageQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class BulkMessage(TenantModel):
    """What the team wrote to the people of a selection of bookings: the words, the selection, and how far it is.

    Words and people are frozen when it is sent; a job queues one message for each person.
    """

    class State(models.TextChoices):
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"

    class Missed(models.TextChoices):
        """Why somebody got none, who was to get one when it was sent."""

        FAILED = "failed", "the message could not be written for them"
        NO_ADDRESS = "no_address", "they have no email address any more"
        UNWANTED = "unwanted", "they have switched such messages off since"
        GONE = "gone", "their bookings are not to be found any more"

    key = models.UUIDField(help_text="Of the preview, so that a button pressed twice sends once.")
    purpose = models.CharField(max_length=60, help_text="The kind of its messages.")
    title = models.CharField(max_length=200)
    text = models.TextField()
    bookings = models.JSONField(help_text="The keys of the selected bookings.")
    people = models.JSONField(help_text="The keys of the people who get it, each once.")
    without_email = models.PositiveIntegerField(help_text="People without an email address.")
    unwanted = models.PositiveIntegerField(help_text="People who have switched such messages off.")
    done = models.PositiveIntegerField(
        default=0, help_text="How many of the people were written to, or could not be."
    )
    missed = models.JSONField(
        default=list, blank=True, help_text="The keys of those who got none, each with why (``Missed``)."
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.SENDING)
    written_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    objects = BulkMessageQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "key"], name="one_bulk_message_per_preview"),
        ]
        indexes = [
            models.Index(fields=["partnership", "-asked_at"], name="bulk_message_by_time"),
            models.Index(
                fields=["partnership", "touched_at"],
                name="bulk_message_to_send",
                condition=Q(state="sending"),
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="words_and_people_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    "partnership", "key", "purpose", "title", "text", "bookings", "people", "written_by"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def total(self) -> int:
        """How many people get it."""
        return len(self.people)
