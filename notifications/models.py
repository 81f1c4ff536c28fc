from django.db import models
from django.db.models import Q

from notifications.sendings import new_sending
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Message(TenantModel):
    """One message to one address: a row first, then sent by a task; created once per purpose, subject and address."""

    class State(models.TextChoices):
        QUEUED = "queued", "Waiting to be sent"
        SENDING = "sending", "Being sent"
        SENT = "sent", "Sent"
        FAILED = "failed", "Could not be delivered"
        DROPPED = "dropped", "No longer needed"

    purpose = models.CharField(max_length=60)
    subject_key = models.CharField(max_length=100, help_text="What it is about, such as booking:12.")
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="messages"
    )
    to_name = models.CharField(max_length=200)
    to_email = models.EmailField()
    from_name = models.CharField(max_length=200)
    reply_to = models.EmailField()
    title = models.CharField(max_length=250)
    text = models.TextField()
    html = models.TextField()
    attachments = models.JSONField(default=list, help_text="Name, type and content in base64 of each.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    not_before = models.DateTimeField(null=True, blank=True, help_text="Waits until quiet hours are over.")
    claimed_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=250, blank=True)
    sending = models.CharField(
        max_length=12,
        default=new_sending,
        help_text="Tells this sending from others: a mail server that returns it names it.",
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "purpose", "subject_key", "to_email"], name="one_message_per_purpose"
            )
        ]
        indexes = [
            models.Index(
                fields=["partnership", "state", "claimed_at"],
                name="message_to_send",
                condition=~Q(state="sent"),
            ),
            models.Index(
                fields=["partnership", "not_before"], name="message_held", condition=Q(state="queued")
            ),
            models.Index(fields=["partnership", "state", "-created_at"], name="message_by_state"),
            models.Index(
                fields=["partnership", "created_at"], name="message_with_words", condition=~Q(text="")
            ),
            models.Index(fields=["partnership", "person", "-created_at"], name="message_by_person"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} to {self.to_email}"


class MessageTemplate(TenantModel):
    """A partnership's own words for one kind of message; out of use, the portal's words hold again."""

    purpose = models.CharField(max_length=60)
    title = models.CharField(max_length=200)
    opening = models.TextField()
    middle = models.TextField(blank=True)
    closing = models.TextField(blank=True)
    in_use = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "purpose"], name="one_template_per_purpose")
        ]

    def __str__(self) -> str:
        return f"Words of {self.purpose}"


class MessagePreference(TenantModel):
    """Whether somebody wants messages of a category; without a row they are sent."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="message_preferences")
    category = models.CharField(max_length=40)
    wanted = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "person", "category"], name="one_preference_per_category"
            )
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.category}"
