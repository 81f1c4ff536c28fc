"""Asking to join an organisation, and deciding who joins."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from partnerships.downloads import download_list
from partnerships.exports import JOIN_REQUESTS
from partnerships.filters import JoinRequestFilter
from partnerships.forms import DeclineForm, JobForm, SearchForm, carried_out
from partnerships.models import CompetencyGroup, JoinRequest, Organisation
from partnerships.permissions import Permission, requires, signed_in
from partnerships.services.joining import (
    accept_join_request,
    ask_to_join,
    decline_join_request,
    names_oneself,
)
from partnerships.services.people import claim_person


@signed_in
def join(request: HttpRequest) -> HttpResponse:
    """Choose the organisation to join; shows what became of earlier requests."""
    form = SearchForm(request.GET)
    organisations = Organisation.objects.filter(partnership=request.partnership, is_active=True)
    words = form.cleaned_data["q"].lower().split() if form.is_valid() else []
    for word in words:
        organisations = organisations.filter(name_key__contains=word)
    return render(
        request,
        "partnerships/join.html",
        {
            "search": form,
            "page": Paginator(organisations.select_related("sector"), 25).get_page(request.GET.get("page")),
            "requests": JoinRequest.objects.filter(partnership=request.partnership, user=request.user)
            .select_related("organisation")
            .order_by("-asked_at"),
        },
    )


@signed_in
def claim(request: HttpRequest) -> HttpResponse:
    """Look again for a record that waits for one of the account's confirmed addresses."""
    if request.method == "POST" and claim_person(actor=request.actor) is not None:
        messages.success(request, "We found your record. It now belongs to your account.")
        return redirect("pages:me", request.partnership.slug)
    if request.method == "POST":
        messages.info(request, "No record here has one of your confirmed email addresses.")
    return redirect("partnerships:join", request.partnership.slug)


@signed_in
def join_organisation(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to join one organisation."""
    organisation = get_object_or_404(Organisation, partnership=request.partnership, pk=pk, is_active=True)
    form = JobForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and carried_out(
        form, lambda: ask_to_join(actor=request.actor, organisation=organisation, **form.cleaned_data)
    ):
        messages.success(
            request,
            f"You have asked to join {organisation.name}. Its lead or the partnership team is told by email, and we "
            "email you when it is decided.",
        )
        return redirect("partnerships:join", request.partnership.slug)
    groups = CompetencyGroup.objects.filter(partnership=request.partnership)
    return render(
        request,
        "partnerships/join_organisation.html",
        {"form": form, "organisation": organisation, "groups": groups},
    )


@requires(Permission.DECIDE_JOIN_REQUEST)
def join_requests(request: HttpRequest) -> HttpResponse:
    """The requests to join the actor's organisations (the team: every organisation)."""
    chosen = _chosen(request)
    page = Paginator(chosen.qs.select_related("organisation"), 50).get_page(request.GET.get("page"))
    return render(request, "partnerships/join_requests.html", {"filter": chosen, "page_obj": page})


@requires(Permission.DECIDE_JOIN_REQUEST)
def join_requests_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same requests, to download."""
    chosen = _chosen(request)
    return download_list(
        request, "requests-to-join", ending, JOIN_REQUESTS.of(chosen.qs), filtered_by=chosen.in_use
    )


def _chosen(request: HttpRequest) -> JoinRequestFilter:
    found = JoinRequest.objects.visible_to(request.actor)
    if not request.actor.is_team:
        found = found.filter(organisation__in=request.actor.led_organisation_ids)
    return JoinRequestFilter(request.GET, found, request=request)


@requires(Permission.DECIDE_JOIN_REQUEST)
def join_request(request: HttpRequest, pk: int) -> HttpResponse:
    """Decide one request."""
    asked = get_object_or_404(
        JoinRequest.objects.visible_to(request.actor).select_related(
            "organisation", "competency_group", "user"
        ),
        pk=pk,
    )
    form = DeclineForm(request.POST if "decline" in request.POST else None)
    if "accept" in request.POST:
        accept_join_request(actor=request.actor, request=asked)
        messages.success(request, f"{asked.name} is now with {asked.organisation.name}.")
        return redirect("partnerships:join_requests", request.partnership.slug)
    if "decline" in request.POST and carried_out(
        form, lambda: decline_join_request(actor=request.actor, request=asked, **form.cleaned_data)
    ):
        messages.success(request, f"You declined the request of {asked.name}.")
        return redirect("partnerships:join_requests", request.partnership.slug)
    context = {
        "form": form,
        "asked": asked,
        "names_oneself": asked.state == JoinRequest.State.OPEN and names_oneself(asked),
    }
    return render(request, "partnerships/join_request.html", context)
