from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from evaluations.models.invitation import Answer
from evaluations.querysets import ThemeQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel

# By which an answer is tagged; J and K move, S saves.
KEYS = "123456789abcdefghilmnopqrtuvwxyz"


class Theme(TenantModel):
    """What several answers are about, as the team of a partnership names it."""

    code = models.SlugField(
        max_length=50, blank=True, help_text="Of the set to start with; the team's have none."
    )
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=200, blank=True)
    key = models.CharField(max_length=1, help_text="On the keyboard.")
    from_portal = models.BooleanField(default=False, help_text="In the portal's own words.")
    retired_at = models.DateTimeField(null=True, blank=True, help_text="Offered for no answer from then on.")

    objects = ThemeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint("partnership", Lower("name"), name="one_theme_per_name"),
            models.UniqueConstraint(
                fields=["partnership", "code"], condition=~Q(code=""), name="one_theme_per_code"
            ),
            models.UniqueConstraint(
                fields=["partnership", "key"], condition=Q(retired_at__isnull=True), name="one_theme_per_key"
            ),
            models.CheckConstraint(condition=Q(key__in=list(KEYS)), name="theme_has_a_key"),
        ]

    def __str__(self) -> str:
        return self.name


class ThemeTag(TenantModel):
    """An answer is about a theme, somebody of the team says; gone with the answer or its words."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="theme_tags")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="tags")
    tagged_at = models.DateTimeField()
    tagged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "answer", "theme"], name="answer_has_a_theme_once")
        ]
        indexes = [models.Index(fields=["partnership", "theme"], name="tag_by_theme")]

    def __str__(self) -> str:
        return f"{self.answer_id} is about {self.theme}"
