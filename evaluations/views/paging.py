"""The pages of a form, one a group of questions, whoever answers: which is shown next, one filled in, all checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse

from evaluations.answering import Response, Value, in_words, is_complete, pages_asked, value_of
from evaluations.forms import QuestionPageForm
from evaluations.models import Question
from evaluations.views.typing import FIELD, saved_while_typing
from partnerships.actors import Actor


class Saves(Protocol):
    """Keeps answers as a draft; ``is_typing`` while nobody has pressed a button."""

    def __call__(self, *, answers: dict[str, Value], is_typing: bool = False) -> None: ...


@dataclass(frozen=True)
class Way:
    """How somebody came to a form: who acts, and the addresses of its pages (``names``, ``names_page`` and so on)."""

    actor: Actor
    names: str
    key: dict[str, object]

    @property
    def response(self) -> Response:
        """What is answered."""
        raise NotImplementedError

    def address(self, suffix: str = "", **more: object) -> str:
        """The address of the form's start, or of one of its pages."""
        name = f"evaluations:{self.names}{suffix}"
        return reverse(name, kwargs={"partnership": self.actor.partnership.slug, **self.key, **more})

    @property
    def saved(self) -> dict[str, Value]:
        """The answers so far, by question."""
        return {answer.question.key: value_of(answer) for answer in self.response.answers.all()}

    def pages(self, given: Mapping[str, Value]) -> list[tuple[str, list[Question]]]:
        """The headings with their questions, in order, for somebody who has given these answers."""
        return pages_asked(self.response.version.questions.all(), given)

    @property
    def where_to_go_on(self) -> str:
        """The address of the first page with a gap; else of the one after the last answer, or where all is sent."""
        saved = self.saved
        last = 0
        for number, (_, questions) in enumerate(pages := self.pages(saved), start=1):
            if any(one.is_required and not is_complete(one, saved.get(one.key)) for one in questions):
                return self.address("_page", page=number)
            last = number if any(one.key in saved for one in questions) else last
        return self.address("_check") if last == len(pages) else self.address("_page", page=last + 1)


def filled_in(
    request: HttpRequest,
    way: Way,
    number: int,
    *,
    save: Saves,
    redacted: Mapping[str, str],
    come_back: str,
) -> HttpResponse | dict[str, Any]:
    """Save what one page sends and lead on; gives what the page shows where it is to be filled in (again).

    ``come_back`` says in words how one comes back later.
    """
    saved = way.saved
    pages = way.pages(saved)
    if request.method == "POST" and "heading" in request.POST:
        headings = [heading for heading, _ in pages]
        if request.POST["heading"] not in headings:
            if FIELD in request.POST:
                return JsonResponse({"shown": []}, status=409)
            messages.info(request, "Your other answers have changed what we ask. Please go on here.")
            return redirect(way.where_to_go_on)
        number = headings.index(request.POST["heading"]) + 1
    if not 1 <= number <= len(pages):
        raise Http404
    heading, questions = pages[number - 1]
    data = request.POST if request.method == "POST" else None
    form = QuestionPageForm(questions, saved, data, redacted=redacted)
    if FIELD in request.POST:
        return saved_while_typing(way.response, form, request.POST, save)
    if request.method == "POST":
        complete = form.is_valid()
        save(answers=form.kept)
        if "later" in request.POST:
            messages.success(request, f"Your answers so far are saved. You can come back {come_back}.")
            return redirect(way.address())
        if complete:
            last = number == len(way.pages({**saved, **form.kept})) or "back_to_check" in request.GET
            return redirect(way.address("_check") if last else way.address("_page", page=number + 1))
    back = way.address("_page", page=number - 1) if number > 1 else way.address()
    return {"form": form, "heading": heading, "number": number, "of": len(pages), "back": back}


def to_check(way: Way) -> dict[str, Any]:
    """All answers in words by page, each with the way to change it, and what is still missing."""
    answers = {answer.question_id: answer for answer in way.response.answers.all()}
    sections: list[dict[str, object]] = []
    missing: list[tuple[str, str]] = []
    saved = way.saved
    for number, (heading, questions) in enumerate(way.pages(saved), start=1):
        url = f"{way.address('_page', page=number)}?back_to_check=1"
        rows = [_row(question, in_words(question, answers.get(question.pk)), url) for question in questions]
        missing += [
            (one.text, url)
            for one in questions
            if one.is_required and not is_complete(one, saved.get(one.key))
        ]
        sections.append({"heading": heading, "rows": rows})
    return {"sections": sections, "missing": missing, "back": way.address("_page", page=len(sections))}


def _row(question: Question, words: str, url: str) -> dict[str, str]:
    return {"key": question.text, "value": words or "Not answered", "url": url, "action": "Change"}
