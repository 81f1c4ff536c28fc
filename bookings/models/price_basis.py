from django.db import models

from bookings.charges.querysets import PriceBasisQuerySet
from courses.models import Session
from partnerships.models import Organisation
from partnerships.tenancy import TenantModel


class PriceBasis(TenantModel):
    """What of a session its charges were last worked out from: where that has changed, they are worked out anew.

    Only what the team says of the session. A course, an organisation's class or a policy that changes is for what
    comes after it.
    """

    session = models.OneToOneField(Session, on_delete=models.CASCADE, related_name="price_basis")
    cost_pence = models.PositiveIntegerField(null=True, blank=True)
    single_agency_for = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    opened_to_others = models.BooleanField(default=False)
    status = models.CharField(
        max_length=10,
        choices=Session.Status.choices,
        default=Session.Status.PUBLISHED,
        help_text="A session that was cancelled charges nobody.",
    )
    is_whole = models.BooleanField(
        default=False,
        help_text="What the session itself costs was worked out too, or there is no such thing.",
    )

    FACTS = ("cost_pence", "single_agency_for_id", "opened_to_others", "status")

    objects = PriceBasisQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "price bases"

    def __str__(self) -> str:
        return f"Price basis of session {self.session_id}"
