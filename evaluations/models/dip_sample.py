import pgtrigger
from django.db import models
from django.db.models import Q

from bookings.models import Booking
from evaluations.models.invitation import Invitation
from evaluations.querysets import DipContactQuerySet, DipSampleQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class DipSample(TenantModel):
    """A draw of learners at random: from whom, by which seed, and so that it can be drawn again to the same people."""

    class Strata(models.TextChoices):
        NONE = "none", "Everybody together"
        COURSE = "course", "By course"
        SECTOR = "sector", "By sector"
        LEVEL = "level", "By group or level"

    key = models.UUIDField(help_text="Of the form that asked for it, so that sent twice it is one draw.")
    starts_on = models.DateField()
    ends_on = models.DateField()
    filters = models.JSONField(help_text="Ids of the courses and priorities; an empty list means all.")
    strata = models.CharField(max_length=10, choices=Strata.choices)
    size = models.PositiveSmallIntegerField()
    with_managers = models.BooleanField()
    seed = models.BigIntegerField()
    frame = models.JSONField(help_text="Each stratum with the ids of its bookings, in order.")
    frame_hash = models.CharField(max_length=64, help_text="SHA-256 of the frame.")
    drawn_at = models.DateTimeField()
    drawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    objects = DipSampleQuerySet.as_manager()

    class Meta:
        ordering = ["-drawn_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "key"], name="one_draw_per_form"),
            models.CheckConstraint(condition=Q(size__gte=1), name="draw_takes_somebody"),
        ]
        triggers = [pgtrigger.Protect(name="never_changes", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Dip sample of {self.size}"


class DipContact(TenantModel):
    """One person to ring: somebody who was drawn, or their line manager; with the interview once they talk."""

    class Role(models.TextChoices):
        LEARNER = "learner", "Learner"
        MANAGER = "manager", "Line manager"

    sample = models.ForeignKey(DipSample, on_delete=models.PROTECT, related_name="contacts")
    booking = models.ForeignKey(Booking, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices)
    stratum = models.CharField(max_length=200, blank=True)
    position = models.PositiveSmallIntegerField()
    interview = models.OneToOneField(
        Invitation, null=True, blank=True, on_delete=models.PROTECT, related_name="dip_contact"
    )

    objects = DipContactQuerySet.as_manager()

    class Meta:
        ordering = ["position", "role"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "sample", "booking", "role"], name="contact_drawn_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_role_display()} {self.position}"


class DipAttempt(TenantModel):
    """One try to reach somebody, by telephone or email, and how it ended."""

    class Outcome(models.TextChoices):
        REACHED = "reached", "Reached"
        NO_ANSWER = "no_answer", "No answer"
        EMAILED = "emailed", "Emailed"
        CALL_BACK = "call_back", "Call back"
        DECLINED = "declined", "Declined"
        LEFT = "left", "Has left the organisation"

    contact = models.ForeignKey(DipContact, on_delete=models.PROTECT, related_name="attempts")
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    call_back_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="call_back", call_back_at__isnull=False)
                | (~Q(outcome="call_back") & Q(call_back_at__isnull=True)),
                name="only_call_backs_have_a_time",
            )
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.get_outcome_display()
