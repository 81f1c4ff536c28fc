from django.db import models

from courses.querysets import ProgrammeCopyQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class ProgrammeCopy(TenantModel):
    """A year's programme being copied into the next: which sessions, to which days, and how far it is."""

    class State(models.TextChoices):
        COPYING = "copying", "Being copied"
        DONE = "done", "Copied"

    from_year = models.PositiveSmallIntegerField(help_text="The year in which the copied year begins.")
    chosen = models.JSONField(help_text="Pairs of a session's key and the first day of its copy.")
    refused = models.JSONField(default=list, help_text="Pairs of a session's key and why it was not copied.")
    done = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=State.choices, default=State.COPYING)
    requested_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    requested_at = models.DateTimeField()
    touched_at = models.DateTimeField()

    objects = ProgrammeCopyQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        verbose_name_plural = "programme copies"
        indexes = [models.Index(fields=["partnership", "state"], name="programme_copy_by_state")]

    def __str__(self) -> str:
        return f"Programme of {self.from_year} copied"

    @property
    def total(self) -> int:
        """How many sessions are to be copied."""
        return len(self.chosen)
