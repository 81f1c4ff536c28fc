import secrets

from django.db import models

from partnerships.models import Person
from partnerships.tenancy import TenantModel


def new_secret() -> str:
    """A text that nobody can guess, for an address."""
    return secrets.token_urlsafe(32)


class CalendarFeed(TenantModel):
    """The secret address at which somebody's diary fetches their sessions; a new secret makes the old one useless."""

    class Covers(models.TextChoices):
        PLACES = "places", "Sessions that you have booked"
        TRAINING = "training", "Sessions that you train"

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="calendar_feeds")
    covers = models.CharField(max_length=10, choices=Covers.choices)
    secret = models.CharField(max_length=64, unique=True, default=new_secret)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "person", "covers"], name="one_feed_of_each_kind")
        ]

    def __str__(self) -> str:
        return f"Calendar of {self.person}: {self.covers}"
