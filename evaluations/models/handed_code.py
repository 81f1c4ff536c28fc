from django.db import models
from django.db.models import Q

from bookings.models import Booking
from partnerships.tenancy import TenantModel


class HandedCode(TenantModel):
    """The code of somebody without an email address: which one holds, and the one browser that it was opened in."""

    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="+")
    number = models.PositiveSmallIntegerField(
        default=0, help_text="Counts the codes that were made anew; only the last one opens anything."
    )
    browser = models.CharField(
        max_length=40, blank=True, help_text="What the cookie of the browser carries that opened it first."
    )
    opened_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "booking"], name="one_code_for_each_booking"),
            models.CheckConstraint(
                condition=Q(browser="", opened_at__isnull=True) | ~Q(browser="") & Q(opened_at__isnull=False),
                name="opened_code_has_browser_and_time",
            ),
        ]

    def __str__(self) -> str:
        return f"Code of booking {self.booking_id}"
