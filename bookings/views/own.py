"""One's own bookings: the list, one booking, its calendar file, and giving it up."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from bookings.arrangements import calendar_of, dates_of
from bookings.as_shown import ChangedMeanwhile, as_shown
from bookings.before_the_course import to_do_for
from bookings.charges.announced import still_to_follow
from bookings.evidence import ENDINGS
from bookings.forms import CancelForm, NeedsForm
from bookings.giving_up import GivingUp, giving_up
from bookings.models import AccessNeeds, Booking, Prerequisite
from bookings.notice import is_late
from bookings.queries import own_bookings
from bookings.querysets import BookingQuerySet
from bookings.services.access_needs import change_access_needs
from bookings.services.places import give_up
from bookings.services.queue import position_in_queue
from bookings.services.rights import may_give_up, may_read_what_was_said, may_swap
from bookings.services.swaps import can_be_swapped
from bookings.services.tasks import tick_task, untick_task
from bookings.states import ENDED, EXPECTED, BookingState
from bookings.views.answers import answer_coming, answer_offer, answer_pass_on
from notifications.calendars import CONTENT_TYPE
from partnership_portal.working_days import uk_date
from partnerships.forms import carried_out
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_OWN_PAGES)
def mine(request: HttpRequest) -> HttpResponse:
    """My bookings: what is coming, where I wait, what was."""
    return render(request, "bookings/mine.html", own_bookings(request.actor, timezone.now()))


@requires(Permission.SEE_OWN_PAGES)
def booking(request: HttpRequest, pk: int) -> HttpResponse:
    """One booking with all that its holder needs on the day."""
    one = _visible(request, pk)
    own = one.person == request.actor.person
    can_take = may_give_up(request.actor, one) and request.actor.may(Permission.BOOK_PLACE)
    context = {
        "booking": one,
        "session": one.session,
        "dates": dates_of(one.session),
        "own": own,
        # The joining link is for the booked; others see only that there is one.
        "shows_joining": one.state in EXPECTED and (own or request.actor.is_team),
        "position": position_in_queue(one) if one.is_in_line else None,
        "can_answer": may_give_up(request.actor, one),
        "can_take": can_take,
        "awaits_answer": one.awaits_answer(timezone.now()) and may_give_up(request.actor, one),
        # Whoever can take what is offered lets it go where they answer.
        "shows_cancel": _can_cancel(request, one) and not (can_take and one.state == BookingState.OFFERED),
        "giving_up": _words(request, one),
        "if_not": still_to_follow(one, timezone.now()) if one.state == BookingState.CONFIRMED else [],
        "can_pass_on": own
        and request.actor.may(Permission.BOOK_PLACE)
        and can_be_swapped(one, timezone.now()),
        "can_swap": may_swap(request.actor, one) and can_be_swapped(one, timezone.now()),
        "can_change_needs": own and one.is_upcoming and one.session.ends_at > timezone.now(),
        "access_needs": AccessNeeds.objects.filter(booking=one).first() if own else None,
        "reads_what_was_said": may_read_what_was_said(request.actor, one),
        "prerequisite": getattr(one, "prerequisite", None),
        "opens_evidence": own or request.actor.is_team,
        "to_do": [] if one.is_ended else to_do_for(one),
        "ticks": own and one.is_upcoming,
    }
    return render(request, "bookings/booking.html", context)


@requires(Permission.SEE_OWN_PAGES)
def evidence(request: HttpRequest, pk: int) -> HttpResponse:
    """The file that shows what was done first: for the person and the team, to be saved and never shown in place."""
    shown = Prerequisite.objects.visible_to(request.actor).select_related("file")
    found = get_object_or_404(shown, booking=pk, file__isnull=False)
    kind = Prerequisite.Evidence(found.evidence_type)
    response = HttpResponse(bytes(found.file.content), content_type=kind.value)
    response["Content-Disposition"] = f'attachment; filename="evidence-{pk}.{ENDINGS[kind]}"'
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@requires(Permission.SEE_OWN_PAGES)
def tick(request: HttpRequest, pk: int, task_pk: int) -> HttpResponse:
    """Tick a pre-course task off, or take the tick back."""
    one = get_object_or_404(_bookings(request), pk=pk, person=request.actor.person)
    task = get_object_or_404(one.session.course.tasks.all(), pk=task_pk)
    step = untick_task if "undo" in request.POST else tick_task
    step(actor=request.actor, booking=one, task=task)
    address = reverse("bookings:booking", args=[request.partnership.slug, one.pk])
    return redirect(f"{address}#task-{task.pk}")


@requires(Permission.SEE_OWN_PAGES)
def calendar(request: HttpRequest, pk: int) -> HttpResponse:
    """The dates of a booking for a diary."""
    one = get_object_or_404(_bookings(request).expected(), pk=pk, person=request.actor.person)
    response = HttpResponse(
        calendar_of(one, stamp=timezone.now()), content_type=f"{CONTENT_TYPE}; charset=utf-8"
    )
    response["Content-Disposition"] = (
        f'attachment; filename="session-{uk_date(one.session.starts_at):%Y-%m-%d}.ics"'
    )
    return response


@requires(Permission.CANCEL_BOOKING)
def cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask whether to give up the booking, then do it."""
    one = _to_answer(request, pk)
    if one.state in ENDED:
        return redirect("bookings:booking", request.partnership.slug, one.pk)
    form, changed = CancelForm(request.POST or None), ""
    if one.person != request.actor.person:
        form.fields["reason"].label = "Why is it cancelled?"
        readers = f"{one.person}, the lead of {one.organisation} and the partnership team"
        form.fields["reason"].help_text = f"{readers} can read this. Leave out anything private."
    if request.method == "POST" and form.is_valid():
        words = _words(request, one)
        said = {"reason": form.cleaned_data["reason"], "shown": request.POST.get("shown", "")}
        try:
            give_up(actor=request.actor, booking=one, **said)
        except ChangedMeanwhile as refusal:
            changed, one = refusal.sentence, _visible(request, pk)
        else:
            messages.success(request, words.done)
            return redirect("bookings:booking", request.partnership.slug, one.pk)
    context = {
        "form": form,
        "changed": changed,
        "words": _words(request, one),
        "as_shown": as_shown(one),
        "booking": one,
        "session": one.session,
        "own": one.person == request.actor.person,
        "can_cancel": _can_cancel(request, one),
        "late": one.state == BookingState.CONFIRMED and is_late(one, timezone.now()),
        "if_not": still_to_follow(one, timezone.now()) if one.state == BookingState.CONFIRMED else [],
    }
    return render(request, "bookings/cancel.html", context, status=409 if changed else 200)


@requires(Permission.BOOK_PLACE)
def offer(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the place that is offered, or let it go."""
    return answer_offer(request, request.actor, _to_answer(request, pk))


@requires(Permission.CANCEL_BOOKING)
def coming(request: HttpRequest, pk: int) -> HttpResponse:
    """Say whether I am still coming."""
    return answer_coming(request, request.actor, _to_answer(request, pk))


@requires(Permission.BOOK_PLACE)
def pass_on(request: HttpRequest, pk: int) -> HttpResponse:
    """Give my place to a colleague."""
    one = get_object_or_404(_bookings(request), pk=pk, person=request.actor.person)
    return answer_pass_on(request, request.actor, one)


@requires(Permission.CHANGE_OWN_DETAILS)
def access_needs(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what I need on the day."""
    one = get_object_or_404(_bookings(request), pk=pk, person=request.actor.person)
    kept = AccessNeeds.objects.filter(booking=one).first()
    initial = (
        {"access_needs": kept.text, "diets": kept.diets, "dietary": kept.dietary} if kept is not None else {}
    )
    form = NeedsForm(
        request.POST if request.method == "POST" else None,
        initial=initial,
        is_online=one.session.is_online,
    )

    def change() -> None:
        text = form.cleaned_data["access_needs"]
        change_access_needs(actor=request.actor, booking=one, text=text, **form.food)

    if request.method == "POST" and carried_out(form, change):
        messages.success(request, "What you need is changed.")
        return redirect("bookings:booking", request.partnership.slug, one.pk)
    return render(
        request, "bookings/access_needs.html", {"form": form, "booking": one, "session": one.session}
    )


def _bookings(request: HttpRequest) -> BookingQuerySet:
    return (
        Booking.objects.visible_to(request.actor)
        .select_related(
            "session__course",
            "session__venue",
            "person",
            "organisation",
            "booked_by",
            "ended_by",
            "partnership",
            "prerequisite",
        )
        .prefetch_related("session__dates")
    )


def _visible(request: HttpRequest, pk: int) -> Booking:
    return get_object_or_404(_bookings(request), pk=pk)


def _to_answer(request: HttpRequest, pk: int) -> Booking:
    """A booking for which the actor answers; trainers and line managers only see theirs."""
    one = _visible(request, pk)
    if not may_give_up(request.actor, one):
        raise Http404
    return one


def _words(request: HttpRequest, one: Booking) -> GivingUp:
    """How giving it up is called to the actor, who is the one to do it."""
    return giving_up(one, request.actor.person, by=request.actor.person)


def _can_cancel(request: HttpRequest, one: Booking) -> bool:
    return one.is_upcoming and one.session.starts_at > timezone.now() and may_give_up(request.actor, one)
