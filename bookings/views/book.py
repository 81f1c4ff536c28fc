"""Booking a place, for oneself or, as a lead or the team, for somebody else."""

from django import forms
from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone

from bookings.arrangements import dates_of
from bookings.as_shown import ChangedMeanwhile, session_as_shown
from bookings.asked import asked_of
from bookings.clashes import clashes_with
from bookings.forms import BookForm, ManagerForm, SearchForm
from bookings.models import Booking
from bookings.queries import people_to_book
from bookings.services.places import AlreadyBooked, SessionIsFull, Told, book_place, check_open
from bookings.services.queue import line_of, would_get_places
from bookings.services.rights import memberships_to_book_with
from bookings.states import BookingState
from courses.models import Session
from partnerships.errors import DomainError
from partnerships.models import Person
from partnerships.permissions import Permission, requires


@requires(Permission.BOOK_PLACE)
def book(request: HttpRequest, pk: int) -> HttpResponse:
    """Book a place for myself, or join the waiting list."""
    return _book(request, pk, request.actor.person)


@requires(Permission.BOOK_PLACE)
def book_for(request: HttpRequest, pk: int, person_pk: int) -> HttpResponse:
    """Book a place for one of my organisation's people or, as the team, for anybody."""
    return _book(request, pk, get_object_or_404(Person.objects.visible_to(request.actor), pk=person_pk))


@requires(Permission.BOOK_PLACE)
def choose_person(request: HttpRequest, pk: int) -> HttpResponse:
    """Find the person to book for."""
    if not (request.actor.is_team or request.actor.led_organisation_ids):
        raise Http404
    session = _session(request, pk)
    form = SearchForm(request.GET or None)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = people_to_book(request.actor, session, text)
    return render(
        request,
        "bookings/choose_person.html",
        {"search": form, "session": session, "found": found, "q": text},
    )


def _book(request: HttpRequest, pk: int, person: Person) -> HttpResponse:
    session, own = _session(request, pk), person == request.actor.person
    memberships = memberships_to_book_with(request.actor, person)
    if not memberships:
        raise Http404
    sent = request.method == "POST"
    if not sent and (held := _live_booking(request, session, person)):
        return _held(request, held)
    check_open(request.actor, session, timezone.now())
    memberships = tuple(one for one in memberships if session.is_for_staff_of({one.organisation_id}))
    if not memberships:
        # Its page says whose it is, and where other dates are.
        return redirect("courses:session", request.partnership.slug, session.pk)
    asked = asked_of(request.actor, session, memberships, "" if own else person.name)
    form = BookForm(request.POST, request.FILES, asked=asked) if sent else None
    manager = _manager_form(request, form) if form else ManagerForm() if asked.may_name_manager else None
    refused, just_filled = "", False
    if form is not None and _valid(form, manager):
        try:
            booking = book_place(
                actor=request.actor,
                session=session,
                person=person,
                organisation=form.organisation_chosen,
                told=Told(**form.told, manager=manager.named if manager else None),
                accept_waiting=not form.cleaned_data["expects_place"],
                session_shown=form.cleaned_data["session_shown"],
            )
        except AlreadyBooked as refusal:
            messages.info(request, refusal.sentence)
            return _held(request, refusal.booking)
        except SessionIsFull as refusal:
            refused, just_filled = f"{refusal.sentence} Nothing is booked yet.", True
            form = BookForm(_again(request, expects_place="False"), request.FILES, asked=asked)
        except ChangedMeanwhile as refusal:
            # Read again: it may have moved between being read here and the lock.
            refused, session = refusal.sentence, _session(request, pk)
            asked = asked_of(request.actor, session, memberships, "" if own else person.name)
            # Whoever promised to come has promised it of another date or place.
            shows = {"session_shown": session_as_shown(session), "declaration": ""}
            form = BookForm(_again(request, **shows), request.FILES, asked=asked)
        else:
            return _booked(request, booking, own)
    prefetch_related_objects([session], "dates")
    waiting = session.bookings.filter(partnership=request.partnership).in_line().count()
    now = timezone.now()
    placed = would_get_places(session, [one.organisation for one in memberships], line_of(session), now)
    has_place = bool(placed) and not just_filled
    context = {
        "form": form or BookForm(initial=_shows(session, has_place), asked=asked),
        "asked": asked,
        "clashes": clashes_with(request.actor, person, session),
        "session": session,
        "dates": dates_of(session),
        "person": person,
        "own": own,
        "has_place": has_place,
        # Whoever has several employers may get a place in the name of one alone.
        "gets_place": [one.organisation for one in memberships if one.organisation_id in placed],
        "only_waits": [one.organisation for one in memberships if one.organisation_id not in placed],
        "waiting": waiting,
        "refused": refused,
        "manager": manager,
        "leads": own and (request.actor.is_team or request.actor.led_organisation_ids),
    }
    return render(request, "bookings/book.html", context, status=409 if refused else 200)


def _manager_form(request: HttpRequest, form: BookForm) -> ManagerForm | None:
    """The line manager to name, who must be where the organisation that was chosen has none recorded."""
    if not form.asked.may_name_manager:
        return None
    # Asked for its errors, the form knows which organisation was chosen, whatever else is wrong.
    chosen = None if form.has_error("organisation") else form.cleaned_data["organisation"]
    return ManagerForm(request.POST, is_needed=form.asked.must_name_manager(chosen))


def _shows(session: Session, has_place: bool) -> dict[str, object]:
    """What the page promises and shows, which comes back with what is sent."""
    return {"expects_place": has_place, "session_shown": session_as_shown(session)}


def _again(request: HttpRequest, **now: str) -> QueryDict:
    """What was sent, for another try from a page that shows how things are now."""
    again = request.POST.copy()
    for name, value in now.items():
        again[name] = value
    return again


def _valid(*forms: forms.Form | None) -> bool:
    # Every form is asked, so that the page shows all that is wrong.
    outcomes = [form.is_valid() for form in forms if form is not None]
    return all(outcomes)


def _live_booking(request: HttpRequest, session: Session, person: Person) -> Booking | None:
    bookings = Booking.objects.filter(partnership=request.partnership, session=session, person=person)
    return bookings.live().first()


def _held(request: HttpRequest, booking: Booking) -> HttpResponse:
    if not Booking.objects.visible_to(request.actor).filter(pk=booking.pk).exists():
        raise DomainError(f"{booking.person.name} is booked on this session through another organisation.")
    return redirect("bookings:booking", request.partnership.slug, booking.pk)


def _booked(request: HttpRequest, booking: Booking, own: bool) -> HttpResponse:
    slug, who = request.partnership.slug, "You have" if own else f"{booking.person.name} has"
    if booking.state == BookingState.REQUESTED:
        messages.success(request, f"{who} asked for a place. We write as soon as it is approved.")
    elif booking.holds_place:
        messages.success(request, f"{who} a place. We have sent the details by email.")
    else:
        who = "You are" if own else f"{booking.person.name} is"
        messages.success(request, f"{who} on the waiting list.")
    if not own and request.actor.is_team:
        return redirect("bookings:desk_session", slug, booking.session_id)
    return redirect("bookings:booking", slug, booking.pk)


def _session(request: HttpRequest, pk: int) -> Session:
    sessions = Session.objects.visible_to(request.actor).select_related(
        "course", "venue", "single_agency_for"
    )
    session = get_object_or_404(sessions.defer("course__search"), pk=pk)
    session.partnership = request.partnership
    return session
