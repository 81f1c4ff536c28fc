"""What people wrote, and which themes it is about."""

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from evaluations.models import Answer, Theme
from evaluations.queries.free_texts import UntaggedFirst
from evaluations.queries.free_texts import free_texts as texts_of
from evaluations.queries.tagging import to_tag
from evaluations.services.tagging import Retagged, tag_answers
from evaluations.theme_filters import FreeTextFilter
from evaluations.theme_forms import retaggings
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires

_PER_PAGE = 10


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def free_texts(request: HttpRequest) -> HttpResponse:
    """Ten answers with their boxes; what is ticked and unticked is saved by one button."""
    if request.method == "POST":
        try:
            done = tag_answers(actor=request.actor, changes=retaggings(request.POST))
        except DomainError as refusal:
            messages.error(request, refusal.sentence)
        else:
            _tell(request, done)
        return redirect(request.get_full_path())
    chosen = FreeTextFilter(request.GET, texts_of(request.actor), request=request)
    answers = UntaggedFirst(chosen.qs, chosen.are_alike)
    page: Page[Answer] = Paginator(answers, _PER_PAGE).get_page(request.GET.get("page"))
    rows = to_tag(request.actor, list(page.object_list))
    context = {
        "filter": chosen,
        "page_obj": page,
        "has_more": answers.has_more,
        "rows": rows,
        "themes": Theme.objects.visible_to(request.actor).offered().order_by("key"),
    }
    return render(request, "evaluations/themes/free_texts.html", context)


def _tell(request: HttpRequest, done: Retagged) -> None:
    saved = f"Saved: {done.changed} answer{'' if done.changed == 1 else 's'} changed."
    if not done.retired:
        messages.success(request, saved)
        return
    names = ", ".join(f"“{name}”" for name in done.retired)
    are = "is" if len(done.retired) == 1 else "are"
    messages.info(
        request,
        f"{saved} {names} {are} not offered any more, so no answer was given that theme. Everything else is saved.",
    )
