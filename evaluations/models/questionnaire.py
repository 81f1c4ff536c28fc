import pgtrigger
from django.db import models
from django.db.models import Q

from courses.models import Course
from evaluations.kinds import OF_NO_COURSE, QuestionKind, QuestionnaireKind
from evaluations.querysets import QuestionnaireQuerySet
from partnerships.models import Person
from partnerships.tenancy import TenantModel


class Questionnaire(TenantModel):
    """A form of one kind; its questions are those of its newest version. One of each kind is asked by default."""

    kind = models.CharField(max_length=20, choices=QuestionnaireKind.choices)
    title = models.CharField(max_length=200)
    is_default = models.BooleanField(
        default=False, help_text="Asked about every course that has none of its own of this kind."
    )
    library_name = models.CharField(
        max_length=60, blank=True, help_text="Which of the portal's library it is, whatever it is called now."
    )
    retired_at = models.DateTimeField(null=True, blank=True, help_text="No longer asked from then on.")

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "kind", "title"], name="one_questionnaire_per_title"
            ),
            models.UniqueConstraint(
                fields=["partnership", "kind"], condition=Q(is_default=True), name="one_default_per_kind"
            ),
            models.UniqueConstraint(
                fields=["partnership", "library_name"],
                condition=~Q(library_name=""),
                name="each_of_the_library_once",
            ),
            models.CheckConstraint(
                condition=Q(is_default=False) | Q(retired_at__isnull=True), name="default_is_not_retired"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_of_courses(self) -> bool:
        """Tell whether a course may have one of its own."""
        return self.kind not in OF_NO_COURSE


class QuestionnaireVersion(TenantModel):
    """One wording of a questionnaire; answers stay with the version they were given to."""

    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField()
    introduction = models.TextField(blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(
        Person,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="None: the portal.",
    )
    from_library = models.BooleanField(default=False, help_text="In the portal's own words.")

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "questionnaire", "number"], name="one_version_per_number"
            )
        ]

    def __str__(self) -> str:
        return f"{self.questionnaire}, version {self.number}"


class Question(TenantModel):
    """One question of one version; ``key`` is its identity across versions, by which trends are followed."""

    version = models.ForeignKey(QuestionnaireVersion, on_delete=models.PROTECT, related_name="questions")
    key = models.SlugField()
    page = models.CharField(max_length=100, help_text="Heading of the page that the question stands on.")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20, choices=QuestionKind.choices)
    text = models.CharField(max_length=300)
    hint = models.CharField(max_length=300, blank=True)
    is_required = models.BooleanField(default=True)
    options = models.JSONField(default=list, blank=True, help_text="The choices, or the two ends of a scale.")
    rows = models.JSONField(
        default=list, blank=True, help_text="The rows of a matrix, each with code and words."
    )
    follow_up = models.JSONField(
        null=True, blank=True, help_text="What is asked beside a yes or a no: on which, and in which words."
    )
    shown_if = models.JSONField(
        null=True,
        blank=True,
        help_text="Key of an earlier question, and the codes of which one must be chosen.",
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "version", "key"], name="one_question_per_key"),
            models.UniqueConstraint(
                fields=["partnership", "version", "position"], name="one_question_per_position"
            ),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return self.text


class QuestionnaireDraft(TenantModel):
    """The next version of a questionnaire as the team is writing it (``evaluations.drafts``), asked of nobody."""

    questionnaire = models.OneToOneField(Questionnaire, on_delete=models.CASCADE, related_name="draft")
    document = models.JSONField()
    revision = models.PositiveIntegerField(
        default=1, help_text="Counts changes, so that a stale page changes nothing."
    )
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    def __str__(self) -> str:
        return f"Draft of {self.questionnaire}"


class CourseQuestionnaire(TenantModel):
    """A course that is asked about with a questionnaire of its own instead of the default one of that kind."""

    course = models.ForeignKey(Course, on_delete=models.CASCADE, related_name="questionnaire_links")
    questionnaire = models.ForeignKey(Questionnaire, on_delete=models.CASCADE, related_name="course_links")
    kind = models.CharField(
        max_length=20, choices=QuestionnaireKind.choices, help_text="That of the questionnaire."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "course", "kind"], name="one_questionnaire_per_course_and_kind"
            )
        ]

    def __str__(self) -> str:
        return f"{self.course}: {self.questionnaire}"
