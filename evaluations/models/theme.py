import pgtrigger
from django.db import models
from django.db.models import F, Q
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
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The theme that its answers are about instead; retired with it.",
    )

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
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(retired_at__isnull=False) & ~Q(merged_into=F("pk")),
                name="merged_theme_is_retired",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ThemeTag(TenantModel):
    """An answer is about a theme, somebody of the team says; gone with the answer or its words."""

    answer = models.ForeignKey(Answer, on_delete=models.CASCADE, related_name="theme_tags")
    theme = models.ForeignKey(Theme, on_delete=models.PROTECT, related_name="tags")
    tagged_at = models.DateTimeField()
    tagged_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    is_withheld = models.BooleanField(
        default=False,
        help_text="Themes were merged here, and the figures before and after would tell others of a few people.",
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "answer", "theme"], name="answer_has_a_theme_once")
        ]
        indexes = [models.Index(fields=["partnership", "theme"], name="tag_by_theme")]
        triggers = [
            pgtrigger.Trigger(
                name="no_tag_of_a_merged_theme",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                # The theme is held, so that a merge at the same moment waits and finds the tag, or is found.
                func="""
                    PERFORM FROM evaluations_theme theme
                    WHERE theme.id = NEW.theme_id AND theme.merged_into_id IS NULL
                    FOR SHARE OF theme;
                    IF NOT FOUND THEN
                        RAISE EXCEPTION 'no answer is about a theme that was merged into another'
                        USING ERRCODE = 'check_violation', CONSTRAINT = 'no_tag_of_a_merged_theme';
                    END IF;
                    RETURN NEW;
                """,
            )
        ]

    def __str__(self) -> str:
        return f"{self.answer_id} is about {self.theme}"
