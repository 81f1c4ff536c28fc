"""Writing a questionnaire: its introduction, pages and questions. Every change names the state that its page showed."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from evaluations.cards import condition_in_words, pages_of
from evaluations.drafts import KEY, Draft, DraftQuestion, faults, free_key
from evaluations.followed import FOLLOWED, followed
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.library import library
from evaluations.models import Questionnaire, QuestionnaireDraft
from evaluations.queries.identities import taken_keys
from evaluations.questionnaire_forms import ChangeForm, IntroductionForm, KindForm, PageForm, QuestionForm
from evaluations.services.drafts import StaleDraft, change_draft
from partnerships.permissions import Permission, requires

_BY = {"up": -1, "down": 1}


def draft_or_404(request: HttpRequest, pk: int) -> QuestionnaireDraft:
    """What is being written of a questionnaire."""
    drafts = QuestionnaireDraft.objects.filter(
        questionnaire__in=Questionnaire.objects.visible_to(request.actor)
    )
    return get_object_or_404(drafts.select_related("questionnaire", "changed_by"), questionnaire=pk)


@dataclass(frozen=True)
class _Desk:
    """The draft that a request is about, as it is now."""

    request: HttpRequest
    draft: QuestionnaireDraft
    document: Draft

    def page(self, page: int) -> int:
        """The place of a page that the address counts from 1.

        What is sent for a page that went meanwhile is not lost: it is shown again on the last one, as a stale page is.
        """
        if self.request.method == "POST" and self.document.pages:
            page = min(page, len(self.document.pages))
        if not 1 <= page <= len(self.document.pages):
            raise Http404
        return page - 1

    def question(self, key: str) -> DraftQuestion:
        """The question of that identity."""
        question = self.document.question(key)
        if question is None:
            raise Http404
        return question

    def saved(self, form: ChangeForm, change: Callable[[dict[str, Any]], Draft]) -> bool:
        """Keep the change that was sent, if it makes sense; else the form says why not.

        Where somebody else was faster, what was typed stays in its boxes.
        """
        if self.request.method != "POST" or not form.is_valid():
            return False
        try:
            change_draft(
                actor=self.request.actor,
                questionnaire=self.draft.questionnaire,
                document=change(form.cleaned_data),
                revision=form.about,
            )
        except StaleDraft as stale:
            form.shows(self.draft.revision)
            kept = " What you wrote is still below: save again to put it into the questionnaire."
            form.add_error(None, stale.sentence + (kept if form.visible_fields() else ""))
            return False
        return True

    def back(self, where: str = "") -> HttpResponse:
        """The whole draft, at that place of the page."""
        address = redirect("evaluations:draft", self.request.partnership.slug, self.draft.questionnaire_id)
        address["Location"] += f"#{where}" if where else ""
        return address

    def render(self, template: str, **context: object) -> HttpResponse:
        """A page about the draft."""
        shared = {"questionnaire": self.draft.questionnaire, "draft": self.draft, "document": self.document}
        return render(self.request, f"evaluations/questionnaires/{template}.html", {**shared, **context})


def _desk(request: HttpRequest, pk: int) -> _Desk:
    draft = draft_or_404(request, pk)
    return _Desk(request, draft, Draft.model_validate(draft.document))


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def draft(request: HttpRequest, pk: int) -> HttpResponse:
    """The whole draft, with what is still wrong."""
    desk = _desk(request, pk)
    return desk.render("draft", pages=pages_of(desk.document), faults=faults(desk.document))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_introduction(request: HttpRequest, pk: int) -> HttpResponse:
    """Write what stands above the questions."""
    desk = _desk(request, pk)
    initial = {"revision": desk.draft.revision, "introduction": desk.document.introduction}
    form = IntroductionForm(request.POST or None, initial=initial)
    if desk.saved(form, lambda given: desk.document.with_introduction(given["introduction"])):
        return desk.back()
    return desk.render("introduction", form=form)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_page_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Add a page at the end."""
    desk = _desk(request, pk)
    form = PageForm(request.POST or None, initial={"revision": desk.draft.revision})
    if desk.saved(form, lambda given: desk.document.with_page(given["heading"])):
        return desk.back(f"page-{len(desk.document.pages) + 1}")
    return desk.render("page", form=form)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """Change the heading of a page."""
    desk = _desk(request, pk)
    place = desk.page(page)
    old = desk.document.pages[place]
    form = PageForm(request.POST or None, initial={"revision": desk.draft.revision, "heading": old.heading})
    if desk.saved(form, lambda given: desk.document.with_heading(place, given["heading"])):
        return desk.back(f"page-{page}")
    return desk.render("page", form=form, old=old)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_page_remove(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """Remove a page with its questions, after asking."""
    desk = _desk(request, pk)
    place = desk.page(page)
    old = desk.document.pages[place]
    form = ChangeForm(request.POST or None, initial={"revision": desk.draft.revision})
    if desk.saved(form, lambda _: desk.document.without_page(place)):
        messages.success(request, f"The page “{old.heading}” is removed.")
        return desk.back()
    return desk.render("page_remove", form=form, old=old, lost=_lost(desk, old.questions))


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def draft_page_move(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """Move a page up or down."""
    desk = _desk(request, pk)
    place = desk.page(page)
    return _moved(desk, lambda by: desk.document.with_page_moved(place, by), f"page-{page}")


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_question_new(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """Choose how a new question is answered, then write it."""
    desk = _desk(request, pk)
    place = desk.page(page)
    followed = _followed_missing(desk)
    chosen = KindForm(request.GET or None, followed=followed)
    if not chosen.is_valid():
        return desk.render("kind", form=chosen, page=desk.document.pages[place])
    kind = chosen.cleaned_data["kind"]
    new = next((one for one in followed if f"followed-{one.key}" == kind), None)
    if new is None:
        new = DraftQuestion.model_construct(key="", kind=QuestionKind(kind), text="")
    return _write(desk, new, place)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_question(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Change a question."""
    desk = _desk(request, pk)
    if desk.document.question(slug) is None and request.method == "POST":
        return _write(desk, _removed_meanwhile(request, slug), desk.page(len(desk.document.pages)))
    return _write(desk, desk.question(slug), desk.document.page_of(slug))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def draft_question_remove(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Remove a question, after asking."""
    desk = _desk(request, pk)
    old = desk.question(slug)
    form = ChangeForm(request.POST or None, initial={"revision": desk.draft.revision})
    if desk.saved(form, lambda _: desk.document.without_question(slug)):
        messages.success(request, f"The question “{old.text}” is removed.")
        return desk.back(f"page-{desk.document.page_of(slug) + 1}")
    depending = [one for one in desk.document.questions if one.shown_if and one.shown_if.key == slug]
    return desk.render(
        "question_remove", form=form, question=old, lost=_lost(desk, [old]), depending=depending
    )


@requires(Permission.MANAGE_SURVEYS)
@require_POST
def draft_question_move(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Move a question up or down, on to the next page at the edge of its own."""
    desk = _desk(request, pk)
    desk.question(slug)
    return _moved(desk, lambda by: desk.document.with_question_moved(slug, by), f"question-{slug}")


def _moved(desk: _Desk, move: Callable[[int], Draft], where: str) -> HttpResponse:
    form = ChangeForm(desk.request.POST)
    by = _BY.get(desk.request.POST.get("by", ""))
    if by is not None and not desk.saved(form, lambda _: move(by)):
        messages.error(
            desk.request, "This questionnaire has changed since you opened the page. Here it is as it is now."
        )
    return desk.back(where)


def _write(desk: _Desk, question: DraftQuestion, place: int) -> HttpResponse:
    form = QuestionForm(desk.document, question, place, desk.draft.revision, desk.request.POST or None)
    key = question.key or free_key(desk.request.POST.get("text", ""), taken_keys(desk.draft.questionnaire))

    def put(given: dict[str, Any]) -> Draft:
        return desk.document.with_question(given["page"], form.written(key))

    if desk.saved(form, put):
        return desk.back(f"question-{key}")
    return desk.render(
        "question",
        form=form,
        question=question,
        wrong=[one.sentence for one in faults(desk.document) if question.key and one.key == question.key],
        condition=condition_in_words(desk.document, question.shown_if),
        is_followed=followed(_kind(desk), question.key, question.kind) is not None,
    )


def _removed_meanwhile(request: HttpRequest, slug: str) -> DraftQuestion:
    """A question that somebody else removed while it was being changed, so that what was typed can be put back."""
    kind = request.POST.get("kind", "")
    if kind not in QuestionKind or not KEY.fullmatch(slug):
        raise Http404
    return DraftQuestion.model_construct(key=slug, kind=QuestionKind(kind), text="")


def _kind(desk: _Desk) -> QuestionnaireKind:
    return QuestionnaireKind(desk.draft.questionnaire.kind)


def _lost(desk: _Desk, questions: Iterable[DraftQuestion]) -> list[str]:
    """What can't be reported any more without these questions."""
    found = (followed(_kind(desk), one.key, one.kind) for one in questions)
    return [one.tells for one in found if one is not None]


def _followed_missing(desk: _Desk) -> list[DraftQuestion]:
    """The library's questions that reports follow in this kind and that the draft doesn't ask."""
    kind, asked = _kind(desk), {one.key for one in desk.document.questions}
    return [
        question for key in FOLLOWED.get(kind, {}) if key not in asked for question in _of_library(kind, key)
    ]


def _of_library(kind: QuestionnaireKind, key: str) -> list[DraftQuestion]:
    found = (one.draft.question(key) for one in library() if one.kind == kind)
    # What it depended on in the library's form need not be there in this one.
    return [one.model_copy(update={"shown_if": None}) for one in found if one is not None][:1]
