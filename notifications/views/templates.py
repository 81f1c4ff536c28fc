"""The words of messages: the list of kinds, changing one, and seeing it before it is used."""

from dataclasses import asdict

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications.forms import WordingForm
from notifications.kinds import MessageKind, kind_of, subjects
from notifications.queries import history_of, own_words_of
from notifications.services.templates import use_own_words, write_template
from notifications.wording import Wording, example_letter, wording_for
from partnerships.permissions import Permission, requires


@requires(Permission.MANAGE_MESSAGES)
@require_safe
def templates(request: HttpRequest) -> HttpResponse:
    """Every kind of message that the portal sends, and whose words it uses."""
    context = {"subjects": subjects(), "written": own_words_of(request.partnership)}
    return render(request, "notifications/templates.html", context)


@requires(Permission.MANAGE_MESSAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def template(request: HttpRequest, purpose: str) -> HttpResponse:
    """Change the words; they are kept for the preview, from which they are put to use."""
    kind = _kind(purpose)
    form = WordingForm(request.POST or None, kind=kind, initial=asdict(_draft_or_current(request, kind)))
    if request.method == "POST" and form.is_valid():
        request.session[_key(request, kind)] = asdict(form.wording)
        return redirect("notifications:template_preview", request.partnership.slug, purpose)
    context = {
        "kind": kind,
        "form": form,
        "written": purpose in own_words_of(request.partnership),
        "history": history_of(request.partnership, kind),
    }
    return render(request, "notifications/template.html", context)


@requires(Permission.MANAGE_MESSAGES)
@csp_replace({"frame-src": [SELF]})
@require_http_methods(["GET", "HEAD", "POST"])
def template_preview(request: HttpRequest, purpose: str) -> HttpResponse:
    """The message with an example, as text and as HTML; the button puts new words to use."""
    kind = _kind(purpose)
    draft = _draft(request, kind)
    if request.method == "POST":
        if draft is None:
            messages.info(request, "The new words were no longer there. Write them again.")
            return redirect("notifications:template", request.partnership.slug, purpose)
        write_template(actor=request.actor, kind=kind, wording=draft)
        del request.session[_key(request, kind)]
        messages.success(request, f"“{kind.name}” is sent in these words from now on.")
        return redirect("notifications:templates", request.partnership.slug)
    context = {
        "kind": kind,
        "is_draft": draft is not None,
        "letter": example_letter(request.partnership, kind, _draft_or_current(request, kind)),
    }
    return render(request, "notifications/template_preview.html", context)


@requires(Permission.MANAGE_MESSAGES)
@xframe_options_sameorigin
@csp_replace(
    {
        "default-src": [NONE],
        "script-src": [NONE],
        "style-src": ["'unsafe-inline'"],
        "img-src": ["data:"],
        "font-src": [NONE],
        "connect-src": [NONE],
        "form-action": [NONE],
        "frame-ancestors": [SELF],
        "sandbox": [],
    }
)
@require_safe
def template_html(request: HttpRequest, purpose: str) -> HttpResponse:
    """The HTML of the preview, as a mail program would show it: no script, nothing fetched, nothing sent."""
    kind = _kind(purpose)
    return HttpResponse(example_letter(request.partnership, kind, _draft_or_current(request, kind)).html)


@requires(Permission.MANAGE_MESSAGES)
@require_POST
def template_reset(request: HttpRequest, purpose: str) -> HttpResponse:
    """Go back to the portal's own words, or throw a draft away."""
    kind = _kind(purpose)
    request.session.pop(_key(request, kind), None)
    if "draft" not in request.POST:
        use_own_words(actor=request.actor, kind=kind)
        messages.success(request, f"“{kind.name}” is sent in the portal’s own words again.")
    return redirect("notifications:template", request.partnership.slug, purpose)


def _kind(purpose: str) -> MessageKind:
    kind = kind_of(purpose)
    if kind is None:
        raise Http404
    return kind


def _key(request: HttpRequest, kind: MessageKind) -> str:
    return f"words:{request.partnership.pk}:{kind.purpose}"


def _draft(request: HttpRequest, kind: MessageKind) -> Wording | None:
    kept = request.session.get(_key(request, kind))
    return Wording(**kept) if kept else None


def _draft_or_current(request: HttpRequest, kind: MessageKind) -> Wording:
    return _draft(request, kind) or wording_for(request.partnership, kind)
