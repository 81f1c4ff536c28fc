"""Checking in by the code on the wall, and the page that shows it."""

from allauth.account.adapter import get_adapter
from django.core import signing
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from bookings.check_in_codes import GRACE_SECONDS, address_for, date_of, is_fresh, seconds_left
from bookings.register_forms import CheckInForm
from bookings.services.check_in import booking_of, check_hours, check_in
from bookings.views.register import date_to_mark
from courses.models import SessionDate
from partnership_portal.qr import qr_code
from partnerships.actors import Actor, holder
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.permissions import Permission, public, requires

# A whole room shares one line and with it one address; whoever tries out addresses has one browser.
_TRIES_OF_A_ROOM, _TRIES_OF_A_BROWSER = 300, 10
_WITHIN_SECONDS = 600


@requires(Permission.MARK_REGISTER)
@require_safe
@never_cache
def wall(request: HttpRequest, pk: int, date_pk: int) -> HttpResponse:
    """The code for the wall; the page asks for the next one by itself when its minute is over."""
    date, now = date_to_mark(request, pk, date_pk), timezone.now()
    check_hours(date.session, date, now)
    date.partnership = request.partnership
    address = address_for(date, now)
    context = {
        "session": date.session,
        "date": date,
        "code": qr_code(address, title="Code to check in with a phone"),
    }
    response = render(request, "bookings/wall.html", context)
    response["Refresh"] = str(seconds_left(now))
    return response


@public
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def arrive(request: HttpRequest, token: str) -> HttpResponse:
    """Say who has come: with the button when signed in, else with the email address of the booking."""
    date = _scanned(request, token)
    check_hours(date.session, date, timezone.now())
    own = (
        booking_of(request.partnership, date.session, request.actor.person) if request.actor.person else None
    )
    form = CheckInForm(request.POST if request.method == "POST" and "email" in request.POST else None)
    if request.method == "POST" and own is not None and "email" not in request.POST:
        return _done(request, date, known=check_in(actor=request.actor, session_date=date))
    if request.method == "POST" and form.is_valid():
        if _tries_too_often(request):
            return render(request, "429.html", status=429)
        _check_in_by_email(request, date, form.cleaned_data["email"])
        return _done(request, date, known=None)
    context = {"form": form, "session": date.session, "date": date, "own": own, "token": token}
    return render(request, "bookings/check_in.html", context)


def _scanned(request: HttpRequest, token: str) -> SessionDate:
    """The date of a code that was scanned in time: now, or by this very browser a few minutes ago."""
    try:
        date_pk, step = date_of(request.partnership, token)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    now = timezone.now()
    kept = f"check-in-{date_pk}"
    if is_fresh(step, now):
        request.session[kept] = now.timestamp()
    elif now.timestamp() - request.session.get(kept, 0) > GRACE_SECONDS:
        raise DomainError("This code is out of date. Scan the one that is on the wall now.")
    dates = SessionDate.objects.filter(partnership=request.partnership)
    return get_object_or_404(dates.select_related("session__course", "session__venue"), pk=date_pk)


def _check_in_by_email(request: HttpRequest, date: SessionDate, email: str) -> None:
    """Check in whoever has this address, if anybody; what came of it isn't told, or addresses could be tried out."""
    person = Person.objects.filter(partnership=request.partnership, email_key=email.strip().lower()).first()
    if person is None or booking_of(request.partnership, date.session, person) is None:
        return
    actor: Actor = holder(request.partnership, f"check-in {date.pk}", person)
    check_in(actor=actor, session_date=date)


def _done(request: HttpRequest, date: SessionDate, *, known: bool | None) -> HttpResponse:
    """What came of it; ``known`` is nothing where it may not be told."""
    request.session[f"checked-in-{date.pk}"] = known
    return redirect("bookings:checked_in", request.partnership.slug, date.pk)


@public
@require_safe
@never_cache
def checked_in(request: HttpRequest, date_pk: int) -> HttpResponse:
    """Thanks, after checking in with this browser."""
    kept = f"checked-in-{date_pk}"
    if kept not in request.session:
        raise Http404
    dates = SessionDate.objects.filter(partnership=request.partnership).select_related("session__course")
    date = get_object_or_404(dates, pk=date_pk)
    context = {"session": date.session, "date": date, "known": request.session[kept]}
    return render(request, "bookings/checked_in.html", context)


def _tries_too_often(request: HttpRequest) -> bool:
    if request.session.session_key is None:
        request.session.create()
    counted = {
        f"room:{get_adapter(request).get_client_ip(request)}": _TRIES_OF_A_ROOM,
        f"browser:{request.session.session_key}": _TRIES_OF_A_BROWSER,
    }
    period = int(timezone.now().timestamp()) // _WITHIN_SECONDS
    over = {who for who, most in counted.items() if _count(f"check-in:{who}:{period}") > most}
    return bool(over)


def _count(key: str) -> int:
    cache.add(key, 0, timeout=_WITHIN_SECONDS)
    return cache.incr(key)
