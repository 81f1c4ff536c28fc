"""Booking several people of an organisation: pick them, check what would come of it, confirm, see what came of it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from bookings.arrangements import dates_of
from bookings.as_shown import ChangedMeanwhile, session_as_shown
from bookings.charges.announced import Announced, announced
from bookings.charges.group_cost import cost_of
from bookings.colleagues import Wanted
from bookings.group_forms import (
    ConfirmForm,
    FindOrganisationForm,
    PickForm,
    as_lines,
    ask_what_is_missing,
    keys_picked,
    organisations_to_book_for,
    picked,
    rows_of,
    rows_sent,
    training_for_all,
)
from bookings.group_outcomes import Outcome
from bookings.models import GroupBooking
from bookings.queries import booked_in_group, people_to_pick
from bookings.said_before import in_one_text
from bookings.services.group_booking import MOST, ForAll, NotAsShown, book_group, check_group, digest
from bookings.services.held_evidence import hold_evidence
from bookings.services.places import check_open
from bookings.services.purchase_orders import check_single_agency
from courses.models import Session
from partnerships.models import Organisation
from partnerships.permissions import Permission, requires

_CHANGED = "The list or the places have changed since you looked. Check it again: nothing is booked yet."
_MISSING = "Nothing is booked yet. Answer what is still asked below."


@requires(Permission.BOOK_PLACE)
@require_safe
def group_organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Choose the organisation to book for; whoever leads one alone has chosen."""
    _may_book_groups(request)
    session, slug = _session(request, pk), request.partnership.slug
    form = FindOrganisationForm(request.GET)
    text = form.cleaned_data["q"] if form.is_valid() else ""
    found = organisations_to_book_for(request.actor, session, text)
    if len(found) == 1 and (session.is_single_agency or not request.actor.is_team):
        return redirect("bookings:group_pick", slug, pk, found[0].pk)
    context = {"search": form, "session": session, "found": found, "q": text}
    return render(request, "bookings/group_organisation.html", context)


@requires(Permission.BOOK_PLACE)
@require_http_methods(["GET", "HEAD", "POST"])
def group_pick(request: HttpRequest, pk: int, organisation_pk: int) -> HttpResponse:
    """Pick people and paste names; searching and coming back from the check page keep what was picked."""
    session, organisation = _session(request, pk), _organisation(request, organisation_pk)
    check_open(request.actor, session, timezone.now())
    check_single_agency(session, organisation)
    wanted = _rows_sent(request, session)
    if wanted is not None:
        return _pick(request, session, organisation, _kept(wanted))
    kept = {name: request.POST.get(name, "") for name in ("q", "pasted", "said")}
    return _pick(request, session, organisation, {**kept, "people": keys_picked(request.POST)})


@requires(Permission.BOOK_PLACE)
@require_POST
def group_check(request: HttpRequest, pk: int, organisation_pk: int) -> HttpResponse:
    """Show what would come of it, before anything is booked; the button that confirms books what was shown."""
    session, organisation = _session(request, pk), _organisation(request, organisation_pk)
    wanted = _rows_sent(request, session)
    if wanted is None:
        wanted = picked(request.POST)
    if not 0 < len(wanted) <= MOST:
        return _pick(request, session, organisation, _kept(wanted), error=_how_many(wanted))
    try:
        if "confirm" in request.POST:
            return _confirm(request, session, organisation, wanted)
        # Whoever comes from the page where people are picked has been promised nothing of the session yet.
        outcomes = _outcomes(request, session, organisation, wanted, request.POST.get("session_shown"))
    except NotAsShown as refusal:
        return _check(request, session, organisation, refusal.outcomes, told=_CHANGED, status=409)
    except ChangedMeanwhile as refusal:
        # Read again: it may have moved between being read here and the lock.
        session = _session(request, pk)
        outcomes = _outcomes(request, session, organisation, wanted, None)
        return _check(
            request, session, organisation, outcomes, told=refusal.sentence, declares=False, status=409
        )
    return _check(request, session, organisation, outcomes)


@requires(Permission.BOOK_PLACE)
@require_safe
def group_done(request: HttpRequest, pk: int, group_pk: int) -> HttpResponse:
    """What came of a group booking, for each person."""
    group = visible_group(request, pk, group_pk)
    context = {"group": group, "session": group.session, "booked": booked_in_group(group)}
    return render(request, "bookings/group_done.html", context)


def visible_group(request: HttpRequest, pk: int, group_pk: int) -> GroupBooking:
    """A group booking of this session, or a 404."""
    groups = GroupBooking.objects.visible_to(request.actor).select_related(
        "session__course", "session__venue", "organisation", "booked_by"
    )
    return get_object_or_404(groups.prefetch_related("session__dates"), pk=group_pk, session=pk)


def _confirm(
    request: HttpRequest, session: Session, organisation: Organisation, wanted: Sequence[Wanted]
) -> HttpResponse:
    form = _confirm_form(request, session, organisation, request.POST)
    sent = GroupBooking.objects.visible_to(request.actor).filter(key=_key(form)).first()
    if sent is not None:
        return redirect("bookings:group_done", request.partnership.slug, sent.session_id, sent.pk)
    session_shown = request.POST.get("session_shown", "")
    outcomes = _outcomes(request, session, organisation, wanted, session_shown)
    if form.data.get("shown") != digest(outcomes):
        return _check(request, session, organisation, outcomes, told=_CHANGED, status=409)
    rows = rows_of(outcomes)
    if ask_what_is_missing(rows, outcomes, request.actor) or not form.is_valid():
        form.is_valid()
        return _check(request, session, organisation, outcomes, form=form, rows=rows, told=_MISSING)
    group = book_group(
        actor=request.actor,
        session=session,
        organisation=organisation,
        wanted=wanted,
        key=form.cleaned_data["key"],
        shown=form.cleaned_data["shown"],
        for_all=ForAll(form.cleaned_data.get("purchase_order", ""), form.declared),
        session_shown=session_shown,
    )
    messages.success(request, "Everybody who is booked and has an email address gets a message.")
    return redirect("bookings:group_done", request.partnership.slug, session.pk, group.pk)


def _outcomes(
    request: HttpRequest,
    session: Session,
    organisation: Organisation,
    wanted: Sequence[Wanted],
    session_shown: str | None,
) -> list[Outcome]:
    return check_group(
        actor=request.actor,
        session=session,
        organisation=organisation,
        wanted=wanted,
        session_shown=session_shown,
    )


def _key(form: ConfirmForm) -> Any:
    form.is_valid()
    return form.cleaned_data.get("key")


def _confirm_form(
    request: HttpRequest, session: Session, organisation: Organisation, data: Any = None, **initial: Any
) -> ConfirmForm:
    options = {"cost": _cost(request, session, organisation), "actor": request.actor}
    return ConfirmForm(data, initial=initial, **options)


def _check(
    request: HttpRequest,
    session: Session,
    organisation: Organisation,
    outcomes: Sequence[Outcome],
    *,
    form: ConfirmForm | None = None,
    rows: Any = None,
    told: str = "",
    declares: bool = True,
    status: int = 200,
) -> HttpResponse:
    rows = rows if rows is not None else rows_of(outcomes)
    if form is None:
        # A promise to come that was made of another date or place is asked for anew.
        names = ("purchase_order", "declaration") if declares else ("purchase_order",)
        given = {name: request.POST.get(name, "") for name in names}
        shows = {"shown": digest(outcomes), "session_shown": session_as_shown(session)}
        form = _confirm_form(request, session, organisation, **shows, **given)
    fates = Counter(one.fate.value for one in outcomes)
    context = {
        "confirm": form,
        "rows": rows,
        "for_all": training_for_all(request.POST, outcomes),
        "people": list(zip(outcomes, rows, strict=True)),
        "fates": fates,
        "number": sum(one.is_booked for one in outcomes),
        "cost": cost_of(_cost(request, session, organisation), outcomes),
        "session": session,
        "organisation": organisation,
        "dates": dates_of(session),
        "told": told,
        "by_team": request.actor.may(Permission.MANAGE_BOOKINGS),
    }
    return render(request, "bookings/group_check.html", context, status=status)


def _pick(
    request: HttpRequest, session: Session, organisation: Organisation, kept: dict[str, Any], error: str = ""
) -> HttpResponse:
    people, booked, left = people_to_pick(
        request.actor, session, organisation, kept.get("q", ""), chosen=kept["people"]
    )
    form = PickForm(kept, people=people)
    if form.is_valid() and error:
        form.add_error("people" if people else "pasted", error)
    context = {
        "form": form,
        "session": session,
        "organisation": organisation,
        "booked": booked,
        "left": left,
        "people": people,
    }
    return render(request, "bookings/group_pick.html", context)


def _kept(wanted: Sequence[Wanted]) -> dict[str, Any]:
    """A list as the page where it is picked shows it."""
    people = [one.person for one in wanted if one.person]
    return {"people": people, "pasted": as_lines(wanted), "said": in_one_text(wanted)}


def _rows_sent(request: HttpRequest, session: Session) -> list[Wanted] | None:
    def hold(content: bytes) -> str:
        return str(hold_evidence(actor=request.actor, session=session, content=content).key)

    return rows_sent(request.POST, request.FILES, hold)


def _how_many(wanted: Sequence[Wanted]) -> str:
    if wanted:
        return f"Book at most {MOST} people at once. This list has {len(wanted)}"
    return "Choose at least one person, or paste a name"


def _cost(request: HttpRequest, session: Session, organisation: Organisation) -> Announced:
    (cost,) = announced(session, request.partnership.policy(session.starts_at), [organisation])
    return cost


def _may_book_groups(request: HttpRequest) -> None:
    if not (request.actor.is_team or request.actor.led_organisation_ids):
        raise Http404


def _organisation(request: HttpRequest, pk: int) -> Organisation:
    """The organisation to book for: one that the actor leads or, for the team, any."""
    organisations = Organisation.objects.filter(partnership=request.partnership)
    if not request.actor.may(Permission.MANAGE_BOOKINGS):
        organisations = organisations.filter(pk__in=request.actor.led_organisation_ids)
    return get_object_or_404(organisations, pk=pk)


def _session(request: HttpRequest, pk: int) -> Session:
    sessions = Session.objects.visible_to(request.actor).select_related(
        "course", "venue", "single_agency_for"
    )
    session = get_object_or_404(sessions.prefetch_related("dates"), pk=pk)
    session.partnership = request.partnership
    return session
