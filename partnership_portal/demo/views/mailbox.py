"""The mailbox in which every message of the demonstration lands."""

from csp.constants import NONE, SELF
from csp.decorators import csp_replace
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.clickjacking import xframe_options_sameorigin

from partnership_portal.demo import post
from partnership_portal.demo.access import demonstration


@demonstration
def mailbox(request: HttpRequest) -> HttpResponse:
    """Every message, newest first; ``to`` shows those to one address."""
    to = request.GET.get("to", "").strip().lower()
    names = post.names()
    if to:
        names = [name for name in names if to in post.letter(name).to.lower()]
    page = Paginator(names, 25).get_page(request.GET.get("page"))
    letters = [post.letter(name) for name in page]
    return render(request, "demo/mailbox.html", {"page": page, "letters": letters, "to": to})


@demonstration
@csp_replace({"frame-src": [SELF]})
def message(request: HttpRequest, name: str) -> HttpResponse:
    """One message: text, HTML in a frame of its own, attachments."""
    return render(request, "demo/message.html", {"letter": post.letter(name)})


@demonstration
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
        "sandbox": [
            "allow-popups",
            "allow-popups-to-escape-sandbox",
            "allow-top-navigation-by-user-activation",
        ],
    }
)
def message_html(request: HttpRequest, name: str) -> HttpResponse:
    """The HTML as a mail program would show it: no script, nothing fetched, nothing sent."""
    letter = post.letter(name)
    if not letter.html:
        raise Http404
    return HttpResponse(letter.html)


@demonstration
def attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One attachment, to keep."""
    found = post.letter(name).attachments
    if not 1 <= number <= len(found):
        raise Http404
    filename, content_type, content = found[number - 1]
    response = HttpResponse(content, content_type=content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
