"""The questionnaires of a partnership: taking over the portal's library, and which version is asked about a course."""

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from courses.models import Course
from evaluations.kinds import QuestionnaireKind
from evaluations.library import LibraryForm, first_choices, library
from evaluations.models import CourseQuestionnaire, Questionnaire, QuestionnaireVersion
from evaluations.versions import draft_of, publish_version
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


def adopt_library(
    *,
    actor: Actor,
    choices: Mapping[QuestionnaireKind, LibraryForm] | None = None,
    before: Mapping[str, str] | None = None,
) -> list[QuestionnaireVersion]:
    """Take over each questionnaire of the library that the partnership does not have in these words.

    One that the team has written on stays as the team wrote it. Of each kind the one in ``choices`` (by the policy in
    force when not given) is asked by default, unless another one is: that stays, but for the one that was chosen
    ``before`` (by the names of the library) and that the team has not touched. Gives the versions made; none when
    nothing has changed since. Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        made = [new for form in library() if (new := _adopt(actor, partnership, form)) is not None]
        chosen = first_choices(partnership.policy(), {}) if choices is None else choices
        for form in chosen.values():
            _choose(actor, partnership, form, (before or {}).get(form.kind, ""))
        return made


def version_in_use(
    partnership: Partnership, kind: QuestionnaireKind | str, course: Course | None = None
) -> QuestionnaireVersion | None:
    """The newest version of the course's own questionnaire of this kind, or of the default one (one query)."""
    chosen = Questionnaire.objects.filter(partnership=partnership, kind=kind, is_default=True)
    if course is not None:
        own = CourseQuestionnaire.objects.filter(partnership=partnership, course=course, kind=kind)
        chosen = (
            Questionnaire.objects.filter(partnership=partnership, pk__in=own.values("questionnaire")) | chosen
        )
    versions = QuestionnaireVersion.objects.filter(partnership=partnership, questionnaire__in=chosen)
    # The course's own comes first, whether or not it is the default elsewhere.
    return versions.select_related("questionnaire").order_by("questionnaire__is_default", "-number").first()


def ask_by_default(*, actor: Actor, questionnaire: Questionnaire) -> Questionnaire:
    """Make it the one that is asked about courses without one of their own; those asked before keep theirs.

    Locks the partnership's row. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        questionnaire = Questionnaire.objects.get(partnership=partnership, pk=questionnaire.pk)
        if questionnaire.is_default:
            return questionnaire
        _refuse_unpublished(questionnaire)
        of_kind = Questionnaire.objects.filter(partnership=partnership, kind=questionnaire.kind)
        before = of_kind.filter(is_default=True).first()
        of_kind.filter(is_default=True).update(is_default=False)
        questionnaire.is_default = True
        questionnaire.save(update_fields=["is_default"])
        audit.record(
            actor,
            "evaluations.ask_by_default",
            questionnaire,
            before={"questionnaire": before.pk if before else None},
            after={"questionnaire": questionnaire.pk},
        )
        return questionnaire


def ask_about_courses(*, actor: Actor, questionnaire: Questionnaire, courses: list[Course]) -> None:
    """Make it the questionnaire of exactly these courses, in place of any other of its kind; others get the default.

    Locks the partnership's row.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        questionnaire = Questionnaire.objects.get(partnership=partnership, pk=questionnaire.pk)
        if courses:
            _refuse_unpublished(questionnaire)
        links = CourseQuestionnaire.objects.filter(partnership=partnership, kind=questionnaire.kind)
        wanted = {course.pk for course in courses}
        before = set(links.filter(questionnaire=questionnaire).values_list("course", flat=True))
        if wanted == before:
            return
        links.filter(questionnaire=questionnaire).exclude(course__in=wanted).delete()
        links.filter(course__in=wanted - before).delete()
        CourseQuestionnaire.objects.bulk_create(
            CourseQuestionnaire(
                partnership=partnership, course=course, questionnaire=questionnaire, kind=questionnaire.kind
            )
            for course in courses
            if course.pk not in before
        )
        audit.record(
            actor,
            "evaluations.ask_about_courses",
            questionnaire,
            before={"courses": sorted(before)},
            after={"courses": sorted(wanted)},
        )


def _refuse_unpublished(questionnaire: Questionnaire) -> None:
    if not questionnaire.versions.exists():
        raise DomainError("Publish the questionnaire first. Nobody can be asked what is still being written.")


def _adopt(actor: Actor, partnership: Partnership, form: LibraryForm) -> QuestionnaireVersion | None:
    questionnaire, _ = Questionnaire.objects.get_or_create(
        partnership=partnership, kind=form.kind, title=form.title
    )
    latest = questionnaire.versions.prefetch_related("questions").first()
    if latest is not None and (not latest.from_library or draft_of(latest) == form.draft):
        return None
    version = publish_version(questionnaire, form.draft, by=None, now=timezone.now(), from_library=True)
    audit.record(
        actor,
        "evaluations.adopt_library",
        version,
        after={"kind": form.kind, "number": version.number, "questions": len(form.draft.questions)},
    )
    return version


def _choose(actor: Actor, partnership: Partnership, form: LibraryForm, before: str) -> None:
    of_kind = Questionnaire.objects.filter(partnership=partnership, kind=form.kind)
    default = of_kind.filter(is_default=True).first()
    if default is not None:
        untouched = any(
            one.name == before and one.kind == form.kind and one.title == default.title for one in library()
        )
        latest = default.versions.first()
        if not untouched or latest is None or not latest.from_library:
            return
    ask_by_default(actor=actor, questionnaire=of_kind.get(title=form.title))
