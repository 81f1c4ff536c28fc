"""The team's pages that write to the people of a selection of bookings: select, write, preview, send, look after it."""

from contextlib import suppress
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from bookings.bulk_forms import BulkMessageForm, placeholders
from bookings.bulk_messages import (
    MOST_BOOKINGS,
    Selection,
    audience_of,
    freeze,
    letter_to,
    missed_by,
    states_among,
    subject_of,
    thaw,
)
from bookings.exports import BULK_MESSAGES, WITHOUT_EMAIL, reached_by_none
from bookings.filters import BookingFilter, BulkMessageFilter
from bookings.message_kinds import BULK_ABOUT_BOOKING
from bookings.models import Booking, BulkMessage
from bookings.services.bulk_messages import send_bulk_message
from notifications.kinds import known_kind
from notifications.models import Message
from notifications.queries import states_of
from notifications.quiet import next_allowed
from notifications.wording import wording_for
from partnership_portal.keys import keys_in
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires

ROWS = 50
_MOST_SHOWN = 50


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def bulk_messages(request: HttpRequest) -> HttpResponse:
    """Every bulk message, the newest first, with what became of its messages."""
    chosen = _chosen(request)
    found = chosen.qs.select_related("written_by").defer("text", "bookings")
    page = Paginator(found, ROWS).get_page(request.GET.get("page"))
    states = states_of(request.partnership, {subject_of(one): one.purpose for one in page})
    for one in page:
        one.states = states[subject_of(one)]
    return render(request, "bookings/bulk/list.html", {"filter": chosen, "page_obj": page})


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def bulk_messages_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same bulk messages, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "bulk-messages", ending, BULK_MESSAGES.of(chosen.qs), filtered_by=chosen.in_use
    )


@requires(Permission.MANAGE_BOOKINGS)
def bulk_message_new(request: HttpRequest) -> HttpResponseBase:
    """Write to the bookings that were ticked, or to all that the list's filters find; preview; send.

    Nothing is saved before the last button: the selection goes from page to page as a signed text.
    """
    if request.method != "POST":
        return redirect("bookings:desk_bookings", request.partnership.slug)
    if "selection" not in request.POST:
        return _begin(request)
    frozen = request.POST["selection"]
    selection, step = thaw(request.partnership, frozen), request.POST.get("step", "preview")
    form = BulkMessageForm(request.POST)
    if not form.is_valid() or step == "change":
        return _write(request, frozen, selection, form if step != "change" else _again(form))
    if step == "without_email":
        own = Booking.objects.visible_to(request.actor).filter(pk__in=selection.bookings)
        return download_list(request, "without-email", "xlsx", WITHOUT_EMAIL.of(reached_by_none(own)))
    if step == "send":
        try:
            sent = send_bulk_message(
                actor=request.actor, selection=selection, kind=form.kind, wording=form.wording
            )
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
            return _write(request, frozen, selection, form)
        return redirect("bookings:bulk_message", request.partnership.slug, sent.pk)
    return _preview(request, frozen, selection, form)


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def bulk_message(request: HttpRequest, pk: int) -> HttpResponse:
    """One bulk message: how far it is, and which of its messages could not be delivered."""
    one = get_object_or_404(BulkMessage.objects.visible_to(request.actor).select_related("written_by"), pk=pk)
    subject = subject_of(one)
    own = Message.objects.filter(partnership=request.partnership, purpose=one.purpose, subject_key=subject)
    missed = missed_by(request.actor, one)
    context = {
        "bulk": one,
        "kind": known_kind(one.purpose),
        "not_reached": missed.not_reached[:_MOST_SHOWN],
        "not_reached_number": len(missed.not_reached),
        "unwanted": missed.unwanted[:_MOST_SHOWN],
        "unwanted_number": len(missed.unwanted),
        "states": states_of(request.partnership, {subject: one.purpose})[subject],
        "failed": own.filter(state=Message.State.FAILED).only("to_name", "to_email", "error")[:_MOST_SHOWN],
        "waits_until": own.filter(state=Message.State.QUEUED, not_before__gt=timezone.now())
        .values_list("not_before", flat=True)
        .order_by("not_before")
        .first(),
    }
    return render(request, "bookings/bulk/message.html", context)


@requires(Permission.MANAGE_BOOKINGS)
@require_safe
def bulk_message_without_email(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """Whom it did not reach since they have no email address, to download."""
    one = get_object_or_404(BulkMessage.objects.visible_to(request.actor), pk=pk)
    own = Booking.objects.visible_to(request.actor).filter(pk__in=one.bookings)
    return download_list(request, "without-email", ending, WITHOUT_EMAIL.of(reached_by_none(own)))


def _chosen(request: HttpRequest) -> BulkMessageFilter:
    return BulkMessageFilter(request.GET, BulkMessage.objects.visible_to(request.actor), request=request)


def _begin(request: HttpRequest) -> HttpResponse:
    bookings = Booking.objects.visible_to(request.actor)
    if "all" in request.POST:
        bookings = BookingFilter(request.GET, bookings, request=request).qs
    else:
        bookings = bookings.filter(pk__in=keys_in(request.POST.getlist("booking")))
    keys = list(bookings.values_list("pk", flat=True)[: MOST_BOOKINGS + 1])
    problem = "Tick at least one booking." if not keys else ""
    if len(keys) > MOST_BOOKINGS:
        problem = f"At most {MOST_BOOKINGS:,} bookings can be written to at once. Filter the list first."
    if problem:
        messages.error(request, problem)
        back = reverse("bookings:desk_bookings", args=[request.partnership.slug])
        return redirect(f"{back}?{request.GET.urlencode()}")
    words = wording_for(request.partnership, BULK_ABOUT_BOOKING)
    initial = {"about": BULK_ABOUT_BOOKING.purpose, "title": words.title, "text": words.opening}
    frozen = freeze(request.partnership, keys)
    return _write(request, frozen, thaw(request.partnership, frozen), BulkMessageForm(initial=initial))


def _again(form: BulkMessageForm) -> BulkMessageForm:
    """The words as they are, to be changed: without saying what is wrong with them yet."""
    data: QueryDict = form.data  # type: ignore[assignment]
    return BulkMessageForm(initial=data.dict())


def _write(request: HttpRequest, frozen: str, selection: Selection, form: BulkMessageForm) -> HttpResponse:
    context = {
        "form": form,
        "frozen": frozen,
        "bookings": len(selection.bookings),
        "states": states_among(request.actor, selection.bookings),
        "placeholders": placeholders(),
    }
    return render(request, "bookings/bulk/write.html", context)


def _preview(request: HttpRequest, frozen: str, selection: Selection, form: BulkMessageForm) -> HttpResponse:
    kind = form.kind
    audience = audience_of(request.actor, selection.bookings, kind)
    context: dict[str, Any] = {
        "form": form,
        "frozen": frozen,
        "bookings": len(selection.bookings),
        "states": states_among(request.actor, selection.bookings),
        "audience": audience,
        "without_email": audience.without_email[:_MOST_SHOWN],
        "unwanted": audience.unwanted[:_MOST_SHOWN],
    }
    if audience.recipients:
        number = 0
        with suppress(ValueError):
            number = int(request.POST.get("show", "0")) % len(audience.recipients)
        shown = audience.recipients[number]
        now = timezone.now()
        allowed = next_allowed(request.partnership.policy(now).messages, now)
        context |= {
            "shown": shown,
            "number": number + 1,
            "letter": letter_to(request.actor, shown, kind, form.wording),
            "waits_until": allowed if settings.PORTAL_QUIET_HOURS and allowed > now else None,
        }
    return render(request, "bookings/bulk/preview.html", context)
