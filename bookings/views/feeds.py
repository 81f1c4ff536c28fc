"""My calendar feeds, and the address at which a diary fetches one."""

import hashlib

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import get_conditional_response
from django.views.decorators.http import require_http_methods, require_safe

from bookings.feeds import appointments_in, feed_file, may_have
from bookings.models import CalendarFeed
from bookings.services.feeds import close_feed, open_feed
from notifications.calendars import CONTENT_TYPE
from partnerships.links import absolute
from partnerships.permissions import Permission, holder_of_link, requires

_MINUTES = 15


@requires(Permission.SEE_OWN_PAGES)
@require_http_methods(["GET", "HEAD", "POST"])
def feeds(request: HttpRequest) -> HttpResponse:
    """The addresses of my calendars; a button makes a new one or closes it."""
    person = request.actor.person
    if request.method == "POST":
        return _changed(request)
    own = {feed.covers: feed for feed in CalendarFeed.objects.filter(person=person)}
    shown = [
        {"covers": covers, "address": _address(request, own[covers]) if covers in own else ""}
        for covers in CalendarFeed.Covers
        if may_have(person, covers)
    ]
    return render(request, "bookings/feeds.html", {"feeds": shown})


@holder_of_link
@require_safe
def feed(request: HttpRequest, secret: str) -> HttpResponseBase:
    """A person's sessions for their diary: read only, and gone with the secret or the membership."""
    found = get_object_or_404(
        CalendarFeed.objects.select_related("person"), partnership=request.partnership, secret=secret
    )
    if not may_have(found.person, found.covers):
        raise Http404
    found.partnership = request.partnership
    now = timezone.now()
    appointments = appointments_in(found, now)
    # Of the entries, not of the file: the file says when it was written.
    etag = f'"{hashlib.sha256(repr(appointments).encode()).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(
            feed_file(found, appointments, stamp=now), content_type=f"{CONTENT_TYPE}; charset=utf-8"
        )
        response["Content-Disposition"] = 'inline; filename="sessions.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = f"private, max-age={_MINUTES * 60}"
    response["X-Robots-Tag"] = "noindex"
    return response


def _changed(request: HttpRequest) -> HttpResponse:
    covers = request.POST.get("covers", "")
    if covers not in CalendarFeed.Covers.values:
        raise Http404
    if "close" in request.POST:
        close_feed(actor=request.actor, covers=CalendarFeed.Covers(covers))
        messages.success(request, "The calendar is closed. Its address no longer works.")
    else:
        open_feed(actor=request.actor, covers=CalendarFeed.Covers(covers))
        messages.success(request, "Here is the calendar’s address. An older one no longer works.")
    return redirect("bookings:feeds", request.partnership.slug)


def _address(request: HttpRequest, one: CalendarFeed) -> str:
    return absolute("bookings:feed", partnership=request.partnership.slug, secret=one.secret)
