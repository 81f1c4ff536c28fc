"""The questionnaires of a partnership: taking over the portal's library, and which version is asked about a course."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction
from django.db.models import Q
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
    """The newest version of the course's own questionnaire of this kind, or of the default one (one query).

    One that is retired is as if it weren't there.
    """
    of_kind = Questionnaire.objects.filter(partnership=partnership, kind=kind).in_use()
    chosen = of_kind.filter(is_default=True)
    if course is not None:
        own = CourseQuestionnaire.objects.filter(partnership=partnership, course=course, kind=kind)
        chosen = of_kind.filter(pk__in=own.values("questionnaire")) | chosen
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
        _refuse_not_in_use(questionnaire)
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
            _refuse_not_in_use(questionnaire)
            if not questionnaire.is_of_courses:
                kind = questionnaire.get_kind_display().lower()
                raise DomainError(f"A {kind} is about an organisation, so no course has one of its own.")
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


def rename_questionnaire(*, actor: Actor, questionnaire: Questionnaire, title: str) -> Questionnaire:
    """Call it something else from now on, also where it was asked before. Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    title = title.strip()
    if not title:
        raise DomainError("Enter a title.")
    with transaction.atomic():
        partnership = locked_partnership(actor)
        questionnaire = Questionnaire.objects.get(partnership=partnership, pk=questionnaire.pk)
        before = questionnaire.title
        if title == before:
            return questionnaire
        others = Questionnaire.objects.filter(partnership=partnership, kind=questionnaire.kind, title=title)
        if others.exists():
            raise DomainError(
                f"There is already a questionnaire of this kind called “{title}”. Choose another title."
            )
        questionnaire.title = title
        questionnaire.save(update_fields=["title"])
        audit.record(
            actor,
            "evaluations.rename_questionnaire",
            questionnaire,
            before={"title": before},
            after={"title": title},
        )
        return questionnaire


def retire_questionnaire(*, actor: Actor, questionnaire: Questionnaire) -> Questionnaire:
    """Ask it of nobody any more; who was invited before keeps it, and its courses are asked the default one.

    Refuses the default one: choose another first. Locks the partnership's row. Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        questionnaire = Questionnaire.objects.get(partnership=partnership, pk=questionnaire.pk)
        if questionnaire.is_default:
            raise DomainError(
                f"“{questionnaire}” is the default of its kind. Make another one the default first, "
                "so that people are still asked."
            )
        return _retire(actor, questionnaire, timezone.now())


def bring_back_questionnaire(*, actor: Actor, questionnaire: Questionnaire) -> Questionnaire:
    """Ask a retired one again about the courses that it was chosen for. Locks the partnership's row."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        partnership = locked_partnership(actor)
        questionnaire = Questionnaire.objects.get(partnership=partnership, pk=questionnaire.pk)
        return _retire(actor, questionnaire, None)


def _retire(actor: Actor, questionnaire: Questionnaire, retired_at: datetime | None) -> Questionnaire:
    before = questionnaire.retired_at
    if (before is None) != (retired_at is None):
        questionnaire.retired_at = retired_at
        questionnaire.is_default = False
        questionnaire.save(update_fields=["retired_at", "is_default"])
        audit.record(
            actor,
            "evaluations.retire_questionnaire" if retired_at else "evaluations.bring_back_questionnaire",
            questionnaire,
            before={"retired_at": before.isoformat() if before else None},
            after={"retired_at": retired_at.isoformat() if retired_at else None},
        )
    return questionnaire


def _refuse_not_in_use(questionnaire: Questionnaire) -> None:
    if not questionnaire.versions.exists():
        raise DomainError("Publish the questionnaire first. Nobody can be asked what is still being written.")
    if questionnaire.retired_at is not None:
        raise DomainError(f"“{questionnaire}” is retired. Bring it back before you ask it again.")


def _adopt(actor: Actor, partnership: Partnership, form: LibraryForm) -> QuestionnaireVersion | None:
    # One that the team has given another title is still this one; one of the team's with this title stands for it.
    of_partnership = Questionnaire.objects.filter(partnership=partnership)
    questionnaire = of_partnership.filter(library_name=form.name).first()
    if questionnaire is None:
        if of_partnership.filter(kind=form.kind, title=form.title).exists():
            return None
        questionnaire = Questionnaire.objects.create(
            partnership=partnership, kind=form.kind, title=form.title, library_name=form.name
        )
    latest = questionnaire.versions.prefetch_related("questions").first()
    if latest is not None and (not latest.from_library or draft_of(latest) == form.draft):
        return None
    if questionnaire.retired_at is not None:
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
        latest = default.versions.first()
        untouched = before and default.library_name == before
        if not untouched or latest is None or not latest.from_library:
            return
    chosen = of_kind.filter(Q(library_name=form.name) | Q(title=form.title)).in_use()
    questionnaire = chosen.order_by("-library_name").first()
    if questionnaire is not None:
        ask_by_default(actor=actor, questionnaire=questionnaire)
