"""Charges: what an organisation owes for a booking or a session of its own, and the rule that says so."""

import pgtrigger
from django.db import models
from django.db.models import Q

from bookings.charges.querysets import ChargeQuerySet
from bookings.models.batch import Batch
from bookings.models.booking import Booking
from courses.models import Session
from partnerships.models import Organisation, Person, PolicyVersion
from partnerships.policy import ChargeKind
from partnerships.tenancy import TenantModel

_SINGLE_AGENCY = ChargeKind.SINGLE_AGENCY_USE.value


class Charge(TenantModel):
    """One sum that an organisation owes, or the credit note that takes such a sum back (``credits``, negative).

    The facts never change; only what became of it does. A charge in a batch has gone to finance and is taken back by
    a credit note; before that it is withdrawn.
    """

    class Kind(models.TextChoices):
        PLACE = ChargeKind.PLACE.value, "Place"
        LATE_CANCELLATION = ChargeKind.LATE_CANCELLATION.value, "Late cancellation"
        NON_ATTENDANCE = ChargeKind.NON_ATTENDANCE.value, "Non-attendance"
        SINGLE_AGENCY_USE = _SINGLE_AGENCY, "Single-agency use"

    class State(models.TextChoices):
        OPEN = "open", "Open"
        WAIVED = "waived", "Waived"
        WITHDRAWN = "withdrawn", "Withdrawn"
        BATCHED = "batched", "Sent to finance"
        CREDITED = "credited", "Credited"

    # Of these there is one for each booking and kind; what was taken back makes room for another.
    STANDING = (State.OPEN, State.WAIVED, State.BATCHED)

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="charges")
    session = models.ForeignKey(Session, on_delete=models.PROTECT, related_name="charges")
    booking = models.ForeignKey(
        Booking, null=True, blank=True, on_delete=models.PROTECT, related_name="charges"
    )
    kind = models.CharField(max_length=20, choices=Kind.choices)
    pence = models.IntegerField()
    words = models.TextField("rule", help_text="The words of the rule that made it.")
    source = models.CharField(max_length=120, help_text="Where the rule comes from.")
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    purchase_order = models.CharField(max_length=60, blank=True)
    raised_on = models.DateField(help_text="It decides the month.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    credits = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="credit_note"
    )
    reason = models.CharField(
        max_length=250, blank=True, help_text="Why it was waived, withdrawn or, on a credit note, taken back."
    )
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    batch = models.ForeignKey(Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="charges")

    objects = ChargeQuerySet.as_manager()

    class Meta:
        ordering = ["-raised_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "booking", "kind"],
                condition=Q(state__in=("open", "waived", "batched"), credits__isnull=True),
                name="booking_charged_once",
            ),
            models.UniqueConstraint(
                fields=["partnership", "session"],
                condition=Q(
                    state__in=("open", "waived", "batched"), credits__isnull=True, kind=_SINGLE_AGENCY
                ),
                name="session_charged_once",
            ),
            models.CheckConstraint(
                condition=Q(kind=_SINGLE_AGENCY, booking__isnull=True)
                | ~Q(kind=_SINGLE_AGENCY) & Q(booking__isnull=False),
                name="charge_is_for_a_booking_or_a_session",
            ),
            models.CheckConstraint(
                condition=Q(credits__isnull=True, pence__gt=0) | Q(credits__isnull=False, pence__lt=0),
                name="only_credit_notes_are_negative",
            ),
            models.CheckConstraint(
                condition=Q(credits__isnull=True) | Q(state__in=("open", "batched")),
                name="credit_note_is_sent_or_to_be_sent",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("batched", "credited"), batch__isnull=False)
                | ~Q(state__in=("batched", "credited")) & Q(batch__isnull=True),
                name="sent_charges_are_in_a_batch",
            ),
            models.CheckConstraint(
                condition=~Q(state="waived") | Q(decided_by__isnull=False, decided_at__isnull=False),
                name="waiver_names_who_approved_it",
            ),
            models.CheckConstraint(
                condition=~(Q(state__in=("waived", "withdrawn")) | Q(credits__isnull=False)) | ~Q(reason=""),
                name="what_is_taken_back_has_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(state__in=("open", "waived", "withdrawn", "batched", "credited")),
                name="charge_state_is_known",
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "-raised_on", "-id"], name="charge_by_day"),
            models.Index(fields=["partnership", "state", "-raised_on"], name="charge_by_state"),
            models.Index(fields=["partnership", "organisation", "-raised_on"], name="charge_by_organisation"),
            models.Index(fields=["partnership", "session"], name="charge_by_session"),
        ]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["state", "reason", "decided_by", "decided_at", "batch"]
                ),
            ),
            # Finance has it: it stays in its batch, and the one thing that can become of it is a credit note.
            pgtrigger.Protect(
                name="sent_stays_sent",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__batch__isnull=False, old__batch__df=pgtrigger.F("new__batch"))
                | pgtrigger.Q(old__state="batched") & ~pgtrigger.Q(new__state__in=("batched", "credited")),
            ),
            pgtrigger.Protect(
                name="taken_back_for_good",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state__in=("withdrawn", "credited")),
            ),
            pgtrigger.Trigger(
                name="credits_the_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__credits__isnull=False),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM bookings_charge charge
                        WHERE charge.id = NEW.credits_id AND charge.state = 'credited'
                            AND charge.pence = -NEW.pence AND charge.organisation_id = NEW.organisation_id
                    ) THEN
                        RAISE EXCEPTION 'a credit note takes back the whole of a charge that was credited'
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.organisation}"

    @property
    def is_credit_note(self) -> bool:
        """Tell whether it takes a charge back."""
        return self.credits_id is not None

    @property
    def label(self) -> str:
        """What it is for, in words."""
        kind = self.get_kind_display()
        return f"Credit note: {kind[:1].lower()}{kind[1:]}" if self.is_credit_note else kind
