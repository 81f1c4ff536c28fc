"""The partnership's questionnaires: which there are, where each is asked, a new one, and publishing a draft."""

from django.contrib import messages
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.models import Course
from evaluations.changes import changes_between
from evaluations.drafts import Draft, faults
from evaluations.followed import followed, not_followed
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, Questionnaire, SingleAgencyAudit
from evaluations.queries.identities import asked_before
from evaluations.questionnaire_forms import CoursesForm, NewQuestionnaireForm, PublishForm, TitleForm
from evaluations.services.drafts import (
    StaleDraft,
    begin_draft,
    discard_draft,
    new_questionnaire,
    publish_draft,
)
from evaluations.services.questionnaires import (
    ask_about_courses,
    ask_by_default,
    bring_back_questionnaire,
    rename_questionnaire,
    retire_questionnaire,
)
from evaluations.versions import draft_of
from evaluations.views.drafts import draft_or_404
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def questionnaires(request: HttpRequest) -> HttpResponse:
    """All of them, by what they are for."""
    rows: dict[str, list[Questionnaire]] = {}
    retired: list[Questionnaire] = []
    for one in Questionnaire.objects.visible_to(request.actor).with_uses().order_by("title", "pk"):
        (retired if one.retired_at else rows.setdefault(one.kind, [])).append(one)
    kinds = [(kind, rows[kind]) for kind in QuestionnaireKind if kind in rows]
    return render(request, "evaluations/questionnaires/list.html", {"kinds": kinds, "retired": retired})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def questionnaire_new(request: HttpRequest) -> HttpResponse:
    """Begin one, empty or as a copy."""
    form = NewQuestionnaireForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            made = new_questionnaire(
                actor=request.actor,
                kind=QuestionnaireKind(form.cleaned_data["kind"]),
                title=form.cleaned_data["title"],
                copy_of=form.copy_of,
            )
        except DomainError as refusal:
            form.add_error("title", refusal.sentence)
        else:
            return redirect("evaluations:draft", request.partnership.slug, made.pk)
    return render(request, "evaluations/questionnaires/new.html", {"form": form})


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def questionnaire(request: HttpRequest, pk: int) -> HttpResponse:
    """What it is, its versions, and where it is asked."""
    found = _questionnaire(request, pk)
    asked = "invitations" if found.is_of_courses else "single_agency_audits"
    versions = found.versions.select_related("published_by").annotate(
        asked=Count(asked), answered=Count(asked, filter=Q(**{f"{asked}__state": "answered"}))
    )
    others = Questionnaire.objects.visible_to(request.actor).filter(kind=found.kind, is_default=True)
    context = {
        "questionnaire": found,
        "versions": versions,
        "draft": getattr(found, "draft", None),
        "default": others.first(),
        "courses": _courses(found),
    }
    return render(request, "evaluations/questionnaires/detail.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def questionnaire_courses(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the courses that are asked about with it."""
    found = _questionnaire(request, pk)
    if not found.is_of_courses:
        raise Http404
    # No course ticked is nothing sent, and a choice all the same.
    data = request.POST if request.method == "POST" else None
    form = CoursesForm(data, actor=request.actor, questionnaire=found)
    if form.is_valid():
        courses = list(form.cleaned_data["courses"])
        ask_about_courses(actor=request.actor, questionnaire=found, courses=courses)
        messages.success(request, "The courses are saved. They count for everybody asked from now on.")
        return redirect("evaluations:questionnaire", request.partnership.slug, pk)
    context = {"questionnaire": found, "form": form}
    return render(request, "evaluations/questionnaires/courses.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def questionnaire_default(request: HttpRequest, pk: int) -> HttpResponse:
    """Make it the one that is asked about courses without one of their own."""
    found = ask_by_default(actor=request.actor, questionnaire=_questionnaire(request, pk))
    messages.success(request, f"“{found}” is the default for everybody asked from now on.")
    return redirect("evaluations:questionnaire", request.partnership.slug, pk)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def questionnaire_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Call it something else."""
    found = _questionnaire(request, pk)
    form = TitleForm(request.POST or None, initial={"title": found.title})
    if request.method == "POST" and form.is_valid():
        try:
            rename_questionnaire(actor=request.actor, questionnaire=found, title=form.cleaned_data["title"])
        except DomainError as refusal:
            form.add_error("title", refusal.sentence)
        else:
            return redirect("evaluations:questionnaire", request.partnership.slug, pk)
    context = {"questionnaire": found, "form": form}
    return render(request, "evaluations/questionnaires/rename.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def questionnaire_retire(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what retiring means, then ask it of nobody any more."""
    found = _questionnaire(request, pk)
    if request.method == "POST":
        retire_questionnaire(actor=request.actor, questionnaire=found)
        messages.success(request, f"“{found}” is retired. Nobody is invited to it any more.")
        return redirect("evaluations:questionnaire", request.partnership.slug, pk)
    context = {"questionnaire": found, "courses": _courses(found), "waiting": _waiting(request.actor, found)}
    return render(request, "evaluations/questionnaires/retire.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def questionnaire_bring_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Let a retired one be asked again."""
    found = bring_back_questionnaire(actor=request.actor, questionnaire=_questionnaire(request, pk))
    asked = " Its courses are asked about with it again." if found.is_of_courses else ""
    messages.success(request, f"“{found}” is back.{asked}")
    return redirect("evaluations:questionnaire", request.partnership.slug, pk)


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def draft_begin(request: HttpRequest, pk: int) -> HttpResponse:
    """Begin the next version, or go on with the one begun."""
    begin_draft(actor=request.actor, questionnaire=_questionnaire(request, pk))
    return redirect("evaluations:draft", request.partnership.slug, pk)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_discard(request: HttpRequest, pk: int) -> HttpResponse:
    """Throw away what is being written."""
    draft = draft_or_404(request, pk)
    found = draft.questionnaire
    is_published = found.versions.exists()
    if request.method == "POST":
        discard_draft(actor=request.actor, questionnaire=found)
        messages.success(request, "What was being written is thrown away.")
        if is_published:
            return redirect("evaluations:questionnaire", request.partnership.slug, pk)
        return redirect("evaluations:questionnaires", request.partnership.slug)
    context = {"questionnaire": found, "draft": draft, "is_published": is_published}
    return render(request, "evaluations/questionnaires/discard.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """What the draft changes; which reworded questions are still the same; then make it the next version."""
    draft = draft_or_404(request, pk)
    found, document = draft.questionnaire, Draft.model_validate(draft.document)
    latest = found.versions.prefetch_related("questions").first()
    before = draft_of(latest) if latest else Draft()
    changes = changes_between(before, document, asked_before(found, document, before))
    form = PublishForm(changes, draft.revision, request.POST if request.method == "POST" else None)
    wrong = faults(document)
    if request.method == "POST" and not wrong and form.is_valid():
        try:
            version = publish_draft(
                actor=request.actor,
                questionnaire=found,
                revision=form.about,
                still_the_same=form.still_the_same,
            )
        except StaleDraft as stale:
            form.shows(draft.revision)
            form.add_error(None, stale.sentence)
        else:
            messages.success(
                request,
                f"Version {version.number} is published. Whoever is asked from now on is asked these questions.",
            )
            return redirect("evaluations:questionnaire", request.partnership.slug, pk)
    context = {
        "questionnaire": found,
        "latest": latest,
        "document": document,
        "changes": changes,
        "courses": _courses(found),
        "form": form,
        "faults": wrong,
        "followed_here": {
            one.new.key for one in changes.to_decide if followed(found.kind, one.new.key, one.new.kind)
        },
        "lost": [
            what.tells
            for one in before.questions
            if one.key in changes.ended and (what := followed(found.kind, one.key, one.kind))
        ],
        "never_asked": not_followed(
            found.kind, {(one.key, one.kind) for one in document.questions if one.key not in changes.ended}
        )
        if not latest
        else [],
    }
    return render(request, "evaluations/questionnaires/publish.html", context)


def _questionnaire(request: HttpRequest, pk: int) -> Questionnaire:
    return get_object_or_404(Questionnaire.objects.visible_to(request.actor).with_uses(), pk=pk)


def _courses(questionnaire: Questionnaire) -> list[Course]:
    """The courses that are asked about with it, by title."""
    courses = (one.course for one in questionnaire.course_links.select_related("course"))
    return sorted(courses, key=lambda one: one.title)


def _waiting(actor: Actor, found: Questionnaire) -> int:
    """How many have it open and can still answer."""
    if found.is_of_courses:
        asked = Invitation.objects.visible_to(actor).filter(version__questionnaire=found)
        return asked.to_answer().count()
    return SingleAgencyAudit.objects.visible_to(actor).filter(version__questionnaire=found).open().count()
