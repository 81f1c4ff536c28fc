"""Is everybody trained: training done elsewhere, and the reports to the sub-group."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from compliance.querysets import ExemptionQuerySet, ReportQuerySet, TrainingRecordQuerySet
from courses.models import Requirement
from partnerships.models import Buildable, Membership, Person
from partnerships.tenancy import TenantModel


class TrainingRecord(TenantModel):
    """Training that somebody did outside the partnership's sessions; what they attended there is read from bookings.

    Only ever added to; a mistake is withdrawn with a reason and stays visible to the team.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="training_records")
    title = models.CharField(max_length=200)
    provider = models.CharField(max_length=200)
    completed_on = models.DateField()
    hours = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    requirement = models.ForeignKey(
        Requirement,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="equivalent_records",
        help_text="What it counts for, where the strategy accepts an equivalent.",
    )
    recorded_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.CharField(max_length=250, blank=True)

    objects = TrainingRecordQuerySet.as_manager()

    class Meta:
        ordering = ["-completed_on", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "person", "title", "completed_on"],
                condition=Q(withdrawn_at__isnull=True),
                name="training_recorded_once",
            )
        ]
        indexes = [models.Index(fields=["partnership", "person", "-completed_on"], name="record_by_person")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["withdrawn_at", "withdrawn_reason"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.completed_on:%d %B %Y}"


class Exemption(TenantModel):
    """Somebody whom the strategy exempts from a requirement in one job, for a reason that it names; ended, not deleted.

    It goes with its requirement, and counts while the strategy exempts anybody from that.
    """

    membership = models.ForeignKey(Membership, on_delete=models.PROTECT, related_name="exemptions")
    requirement = models.ForeignKey(Requirement, on_delete=models.CASCADE, related_name="exemptions")
    reason = models.CharField(max_length=200)
    recorded_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ExemptionQuerySet.as_manager()

    class Meta:
        ordering = ["-recorded_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "membership", "requirement"],
                condition=Q(ended_at__isnull=True),
                name="exempt_once_at_a_time",
            )
        ]
        triggers = [
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(exclude=["ended_at"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.requirement.title}: {self.reason}"


class Report(Buildable, TenantModel):
    """The report on one period to the sub-group; a correction is a new version.

    Once published it never changes, but for quotes that go where their words are gone from the answer.
    """

    class State(models.TextChoices):
        BUILDING = "building", "Being built"
        READY = "ready", "Ready to publish"
        PUBLISHED = "published", "Published"
        FAILED = "failed", "Could not be built"

    starts_on = models.DateField()
    ends_on = models.DateField()
    version = models.PositiveSmallIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    figures = models.JSONField(null=True, blank=True)
    pdf = models.CharField(max_length=200, blank=True)
    xlsx = models.CharField(max_length=200, blank=True)
    requested_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_on", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "starts_on", "ends_on", "version"], name="one_report_per_version"
            ),
            models.CheckConstraint(condition=Q(ends_on__gt=F("starts_on")), name="report_period_in_order"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="progress_is_a_percentage"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="published_never_deleted",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__state="published"),
            ),
            pgtrigger.Trigger(
                name="published_never_changes",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__state="published"),
                # Quotes may go, and the files with them. Nothing is added but the days on which they went.
                declare=[("less", "text[]"), ("own", "text[]")],
                func="""
                    less := ARRAY['figures', 'pdf', 'xlsx'];
                    own := ARRAY['own_words', 'quotes'];
                    IF to_jsonb(NEW) - less = to_jsonb(OLD) - less
                        AND NEW.figures #- own #- '{own_words,taken_out}'
                            = OLD.figures #- own #- '{own_words,taken_out}'
                        AND jsonb_array_length(NEW.figures #> own) < jsonb_array_length(OLD.figures #> own)
                        AND NOT EXISTS (
                            SELECT jsonb_array_elements(NEW.figures #> own)
                            EXCEPT SELECT jsonb_array_elements(OLD.figures #> own)
                        )
                    THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'Cannot update a published report, but for quotes that go';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"Report {self.starts_on:%d %B %Y} to {self.ends_on:%d %B %Y}, version {self.version}"
