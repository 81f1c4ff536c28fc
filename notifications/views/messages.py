"""The team's list of messages: which could not be delivered, and why; sending one again, or letting it go."""

from django.contrib import messages as banners
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from notifications.exports import MESSAGES
from notifications.filters import MessageFilter
from notifications.forms import AddressForm
from notifications.models import Message
from notifications.services.resending import let_go, send_again
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires

MOST_LISTED = 5000
_SHOWN = (
    "person_id",
    "to_name",
    "to_email",
    "title",
    "state",
    "created_at",
    "not_before",
    "sent_at",
    "attempts",
    "error",
)


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def messages(request: HttpRequest) -> HttpResponse:
    """Messages in one state, the newest first; without their texts, whose links act for whoever they were sent to."""
    chosen = _chosen(request)
    # Without this bound each look would count ten years of messages.
    found = chosen.qs.only(*_SHOWN)[:MOST_LISTED]
    page = Paginator(found, 50).get_page(request.GET.get("page"))
    return render(
        request, "notifications/messages.html", {"filter": chosen, "page_obj": page, "most": MOST_LISTED}
    )


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same messages, to download."""
    chosen = _chosen(request)
    return download_list(request, "messages", ending, MESSAGES.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.MANAGE_BOOKINGS)
@require_http_methods(["GET", "HEAD", "POST"])
def message(request: HttpRequest, pk: int) -> HttpResponse:
    """One message that failed: why, and where to send it instead."""
    one = get_object_or_404(_messages(request), pk=pk, state=Message.State.FAILED)
    form = AddressForm(request.POST or None, message=one)
    if request.method == "POST" and carried_out(
        form, lambda: send_again(actor=request.actor, message=one, **form.cleaned_data)
    ):
        banners.success(request, f"“{one.title}” is sent again to {form.cleaned_data['email']}.")
        return redirect("notifications:messages", request.partnership.slug)
    return render(request, "notifications/message.html", {"message": one, "form": form})


@requires(Permission.MANAGE_BOOKINGS)
@require_POST
def let_message_go(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a message that nobody needs any more off the list."""
    one = get_object_or_404(_messages(request), pk=pk)
    let_go(actor=request.actor, message=one)
    banners.success(request, f"“{one.title}” to {one.to_name} is no longer needed.")
    return redirect("notifications:messages", request.partnership.slug)


def _messages(request: HttpRequest) -> QuerySet[Message]:
    return Message.objects.filter(partnership=request.partnership).select_related("person")


def _chosen(request: HttpRequest) -> MessageFilter:
    return MessageFilter(request.GET, _messages(request).select_related(None), request=request)
