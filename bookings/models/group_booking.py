from django.db import models

from bookings.querysets import GroupBookingQuerySet
from courses.models import Session
from partnerships.models import Organisation, Person
from partnerships.tenancy import TenantModel


class GroupBooking(TenantModel):
    """Several people of an organisation, booked on one session at once; its bookings name it."""

    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="group_bookings")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="group_bookings")
    key = models.UUIDField(help_text="Names the form that was sent, so that sending it again books nobody.")
    booked_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    booked_at = models.DateTimeField()
    left_out = models.JSONField(
        default=list, help_text="Who was on the list and was not booked: name, and why; for whoever booked."
    )

    objects = GroupBookingQuerySet.as_manager()

    class Meta:
        ordering = ["-booked_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "key"], name="group_booked_once"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation}: {self.session}"
