from django.db import models
from django.db.models import Q

from bookings.models.booking import Booking
from bookings.querysets import WalkInQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class WalkIn(TenantModel):
    """Somebody who came without a booking and was given one on the day.

    Where their organisation is not on the list, ``organisation_said`` keeps its name until the team settles it.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="walk_in")
    key = models.UUIDField(help_text="Names the form that was sent, so that sending it again adds nobody.")
    organisation_said = models.CharField(max_length=200, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    settled_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    objects = WalkInQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "key"], name="walk_in_added_once"),
        ]
        indexes = [
            models.Index(
                fields=["partnership"],
                name="walk_in_to_settle",
                condition=Q(settled_at__isnull=True) & ~Q(organisation_said=""),
            )
        ]

    def __str__(self) -> str:
        return f"{self.booking.person}, who came without a booking"

    @property
    def is_unsettled(self) -> bool:
        """Tell whether the team must still settle whose the booking is."""
        return self.settled_at is None and self.organisation_said != ""
