"""People and where they stand: my team, my organisation, and the record of one of them."""

from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from bookings.queries import approvals_waiting
from compliance.forms import PeopleFilter, TrainingForManyForm
from compliance.models import Exemption
from compliance.queries.people import (
    Show,
    Sort,
    every_row,
    managed_people,
    organisations_of,
    page_of_people,
    people_of,
)
from compliance.queries.record import record_of
from compliance.queries.requirements import met_elsewhere
from compliance.queries.standing import standing_in
from compliance.services.training import record_training_for_many
from compliance.spreadsheets import people_sheets
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from partnership_portal.keys import key_in
from partnership_portal.templatetags.portal import uk_date
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.models import Membership, Organisation, Person
from partnerships.permissions import Permission, requires


@requires(Permission.SEE_TEAM)
def team(request: HttpRequest) -> HttpResponse:
    """The people I manage, and the forms that wait for me."""
    forms = (
        Invitation.objects.of(request.actor)
        .to_answer()
        .filter(kind=QuestionnaireKind.LINE_MANAGER)
        .select_related("session__course", "booking__person")
        .order_by("closes_at", "pk")
    )
    tasks = [
        {
            "title": f"{form.booking.person.name}: {form.session.course.title}",
            "url": reverse("evaluations:my_survey", args=[request.partnership.slug, form.pk]),
            "status": "due",
            "hint": f"Answer by {uk_date(form.closes_at)}",
        }
        for form in forms
    ]
    context = {
        "rows": managed_people(request.actor),
        "tasks": tasks,
        "approvals": approvals_waiting(request.actor),
    }
    return render(request, "compliance/team.html", context)


@requires(Permission.SEE_TEAM)
def team_person(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one of the people I manage."""
    managed = Membership.objects.managed_by(request.actor)
    person = get_object_or_404(
        Person.objects.visible_to(request.actor).filter(pk__in=managed.values("person")), pk=pk
    )
    crumbs = [("My team", reverse("compliance:team", args=[request.partnership.slug]))]
    return _person_page(request, person, managed.filter(person=person), crumbs)


@requires(Permission.SEE_ORGANISATION)
def organisation(request: HttpRequest) -> HttpResponse:
    """The people of my organisation and where they stand."""
    chosen, form, wanted = _asked_for(request)
    memberships = people_of(request.actor, chosen, name=wanted["name"])
    page = page_of_people(
        request.actor, memberships, show=wanted["show"], sort=wanted["sort"], page=request.GET.get("page")
    )
    context = {
        "organisation": chosen,
        # The team has lists of its own, of all organisations.
        "is_led": chosen.pk in request.actor.led_organisation_ids,
        "filter": form,
        "clear_url": f"?organisation={chosen.pk}",
        "is_filtered": bool(wanted["name"] or wanted["show"]),
        "page_obj": page,
        "rows": page.object_list,
        "approvals": approvals_waiting(request.actor),
    }
    return render(request, "compliance/organisation.html", context)


@requires(Permission.SEE_ORGANISATION)
def organisation_file(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same people, to download; a spreadsheet says besides what each still needs."""
    chosen, _, wanted = _asked_for(request)
    memberships = people_of(request.actor, chosen, name=wanted["name"])
    rows = every_row(request.actor, memberships, show=wanted["show"], sort=wanted["sort"])
    filtered_by = [name for name in ("name", "show") if wanted[name]]
    return download_list(request, "our-people", ending, *people_sheets(rows), filtered_by=filtered_by)


@requires(Permission.SEE_ORGANISATION)
def organisation_person(request: HttpRequest, pk: int) -> HttpResponse:
    """The record of one of the organisation's people."""
    theirs = Membership.objects.live().filter(organisation__in=organisations_of(request.actor))
    person = get_object_or_404(
        Person.objects.visible_to(request.actor).filter(pk__in=theirs.values("person")), pk=pk
    )
    crumbs = [("Organisation", reverse("compliance:organisation", args=[request.partnership.slug]))]
    return _person_page(request, person, theirs.filter(person=person), crumbs)


@requires(Permission.SEE_ORGANISATION)
def organisation_training(request: HttpRequest) -> HttpResponse:
    """Add in-house training to the records of several people."""
    chosen, _ = _organisation(request)
    memberships = people_of(request.actor, chosen)
    form = TrainingForManyForm(
        request.POST if request.method == "POST" else None,
        initial={"people": request.GET.getlist("person"), "provider": chosen.name},
        memberships=memberships,
        requirements=met_elsewhere(request.actor),
    )
    if request.method == "POST" and form.is_valid():
        given = dict(form.cleaned_data)
        people = [membership.person for membership in given.pop("people")]
        try:
            added = record_training_for_many(actor=request.actor, people=people, **given)
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            who = added[0].person.name if len(added) == 1 else f"{len(added)} people"
            messages.success(request, f"“{added[0].title}” is on the record of {who}.")
            return redirect(_address(request, chosen))
    crumbs = [("Organisation", _address(request, chosen))]
    context = {"form": form, "organisation": chosen, "crumbs": crumbs}
    return render(request, "compliance/organisation_training.html", context)


def _asked_for(request: HttpRequest) -> tuple[Organisation, PeopleFilter, dict[str, Any]]:
    chosen, organisations = _organisation(request)
    given = {"sort": "name", "show": "", **request.GET.dict(), "organisation": chosen.pk}
    form = PeopleFilter(given, organisations=organisations, several=len(organisations) > 1)
    wanted = form.cleaned_data if form.is_valid() else {"name": "", "show": Show.ALL, "sort": Sort.NAME}
    return chosen, form, wanted


def _person_page(
    request: HttpRequest, person: Person, found: QuerySet[Membership], crumbs: list[tuple[str, str]]
) -> HttpResponse:
    memberships = list(found.select_related("organisation", "competency_group"))
    standing = standing_in(memberships)
    may_record = request.actor.may(Permission.SEE_ORGANISATION)
    can_be_exempt = any(one.requirement.exempt for one in (*standing.required, *standing.exempt))
    context = {
        "person": person,
        "memberships": memberships,
        "entries": record_of(person, request.actor),
        "standing": standing,
        "crumbs": crumbs,
        "may_record": may_record,
        "can_be_exempt": can_be_exempt and may_record,
        "exemptions": _exemptions(request, memberships) if can_be_exempt and may_record else [],
    }
    return render(request, "compliance/person.html", context)


def _exemptions(request: HttpRequest, memberships: list[Membership]) -> QuerySet[Exemption]:
    theirs = Exemption.objects.visible_to(request.actor).live().filter(membership__in=memberships)
    return theirs.select_related("requirement", "membership__organisation", "recorded_by")


def _organisation(request: HttpRequest) -> tuple[Organisation, QuerySet[Organisation]]:
    """The organisation that the address chooses, else the one that the actor's own membership is in, else the first."""
    organisations = organisations_of(request.actor).select_related("sector")
    theirs = {one.pk: one for one in organisations}
    wanted = request.GET.get("organisation", "")
    membership = request.actor.membership
    if wanted:
        chosen = theirs.get(key_in(wanted))
    else:
        own = theirs.get(membership.organisation_id) if membership else None
        chosen = own or next(iter(theirs.values()), None)
    if chosen is None:
        raise Http404
    return chosen, organisations


def _address(request: HttpRequest, chosen: Organisation) -> str:
    return f"{reverse('compliance:organisation', args=[request.partnership.slug])}?organisation={chosen.pk}"
