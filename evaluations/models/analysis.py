from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q

from courses.models import Session
from partnerships.models import Buildable
from partnerships.permissions import Permission
from partnerships.tenancy import TenantModel

if TYPE_CHECKING:
    from partnerships.actors import Actor

KEPT_FOR = timedelta(days=30)


class AnalysisQuerySet(models.QuerySet):
    """Kept analyses of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team what was added up for it; trainers what was added up for trainers of their sessions."""
        kept = self.filter(partnership=actor.partnership)
        seen = Q(pk__in=[])
        if actor.may(Permission.MANAGE_SURVEYS):
            seen |= Q(reader="team")
        if actor.person is not None and actor.may(Permission.SEE_OWN_SESSIONS):
            trained = actor.person.trained_sessions.values("session_id")
            seen |= Q(reader="trainers", session__in=trained)
        return kept.filter(seen)


class KeptAnalysis(Buildable, TenantModel):
    """What a selection of surveys says, added up by a job and kept: figures, and no words of anybody.

    ``stamp`` tells which answers the figures are of: once it is another one, they are added up anew.
    """

    class State(models.TextChoices):
        BUILDING = "building", "Being added up"
        READY = "ready", "Ready"
        FAILED = "failed", "Could not be added up"

    key = models.CharField(max_length=64, help_text="SHA-256 of the selection.")
    reader = models.CharField(max_length=10)
    selection = models.JSONField()
    session = models.ForeignKey(
        Session,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="+",
        help_text="Where it is about one session: its trainers may look.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    stamp = models.CharField(max_length=200, blank=True)
    figures = models.JSONField(null=True, blank=True)
    as_of = models.DateTimeField(null=True, blank=True)

    objects = AnalysisQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["partnership", "key"], name="selection_kept_once"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="analysis_progress_is_a_percentage"),
            models.CheckConstraint(
                condition=Q(figures__isnull=True, as_of__isnull=True)
                | Q(figures__isnull=False, as_of__isnull=False),
                name="figures_are_of_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"Analysis {self.pk}"


class AnalysisFileQuerySet(models.QuerySet):
    """Files of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """Those of the kept analyses that somebody sees."""
        return self.filter(
            partnership=actor.partnership, analysis__in=KeptAnalysis.objects.visible_to(actor).values("pk")
        )


class AnalysisFile(Buildable, TenantModel):
    """A kept analysis as a document or spreadsheet, with themes and quotes as they were when it was drawn by a job.

    ``stamp`` tells which figures and words it is of: once it is another one, the file is drawn anew.
    """

    class State(models.TextChoices):
        BUILDING = "building", "Being drawn"
        READY = "ready", "Ready"
        FAILED = "failed", "Could not be drawn"

    class Ending(models.TextChoices):
        PDF = "pdf", "document (PDF)"
        XLSX = "xlsx", "spreadsheet"

    analysis = models.ForeignKey(KeptAnalysis, on_delete=models.CASCADE, related_name="files")
    ending = models.CharField(max_length=4, choices=Ending.choices)
    period = models.CharField(max_length=10, help_text="By what time is divided in it.")
    title = models.CharField(max_length=250)
    about = models.TextField()
    name = models.CharField(max_length=250, help_text="Of the file, without its ending.")
    state = models.CharField(max_length=10, choices=State.choices, default=State.BUILDING)
    stamp = models.CharField(max_length=64, blank=True)
    file = models.CharField(max_length=200, blank=True)

    objects = AnalysisFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "analysis", "ending", "period"], name="analysis_drawn_once"
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="file_progress_is_a_percentage"),
            models.CheckConstraint(condition=~Q(state="ready", file=""), name="drawn_analysis_has_its_file"),
        ]

    def __str__(self) -> str:
        return f"{self.get_ending_display()} of analysis {self.analysis_id}"
