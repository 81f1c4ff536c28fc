"""Agreements by which an organisation uses the booking system for its own training."""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from django.db import transaction

from courses.models import Agreement, Course
from courses.plans import SessionPlan
from courses.refusals import PlanRefused
from partnership_portal.templatetags.portal import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Organisation
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


@dataclass(frozen=True)
class AgreementDetails:
    """What was agreed with whom, from when until when."""

    organisation: Organisation
    starts_on: date
    terms: str
    ends_on: date | None = None


def write_agreement(*, actor: Actor, details: AgreementDetails) -> Agreement:
    """Add an agreement; two with one organisation never hold on the same day. Locks the partnership."""
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        locked_partnership(actor)
        _check(actor, details)
        agreement = Agreement.objects.create(partnership=actor.partnership, **_columns(details))
        audit.record(actor, "courses.write_agreement", agreement, after=_facts(agreement))
    return agreement


def change_agreement(*, actor: Actor, agreement: Agreement, details: AgreementDetails) -> Agreement:
    """Change an agreement, such as to end it; sessions that were planned under it stay."""
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        locked_partnership(actor)
        agreement = Agreement.objects.visible_to(actor).select_for_update(of=("self",)).get(pk=agreement.pk)
        _check(actor, details, but=agreement.pk)
        before = _facts(agreement)
        for name, value in _columns(details).items():
            setattr(agreement, name, value)
        if _facts(agreement) != before:
            agreement.save()
            after = _facts(agreement)
            audit.record(actor, "courses.change_agreement", agreement, before=before, after=after)
    return agreement


def check_single_agency(plan: SessionPlan, course: Course, day: date) -> None:
    """Refuse a session of an organisation's own without an agreement, and opening one outside the priorities."""
    organisation = plan.single_agency_for
    if organisation is None:
        if plan.opened_to_others:
            raise PlanRefused(
                "Choose the organisation whose session is opened to others.", "single_agency_for"
            )
        return
    agreements = Agreement.objects.filter(partnership=course.partnership_id, organisation=organisation)
    if not agreements.in_force(day).exists():
        raise PlanRefused(
            f"There is no agreement with {organisation.name} that holds on {uk_date(day)}. Add it first.",
            "single_agency_for",
        )
    if plan.opened_to_others and course.priority_id is None:
        raise PlanRefused(
            "Only a course that belongs to a priority can be opened to others free of charge.",
            "opened_to_others",
        )


def _check(actor: Actor, details: AgreementDetails, but: int = 0) -> None:
    if details.ends_on is not None and details.ends_on < details.starts_on:
        raise PlanRefused("The last day can’t be before the first.", "ends_on")
    others = Agreement.objects.filter(partnership=actor.partnership, organisation=details.organisation)
    for other in others.exclude(pk=but):
        begins_before_end = details.ends_on is None or other.starts_on <= details.ends_on
        ends_after_begin = other.ends_on is None or other.ends_on >= details.starts_on
        if begins_before_end and ends_after_begin:
            raise PlanRefused(
                f"There is an agreement with {details.organisation.name} for some of these days already, from "
                f"{uk_date(other.starts_on)}.",
                "starts_on",
            )


def _columns(details: AgreementDetails) -> dict[str, Any]:
    return {field.name: getattr(details, field.name) for field in fields(details)}


def _facts(agreement: Agreement) -> dict[str, Any]:
    return {
        "organisation": agreement.organisation_id,
        "starts_on": agreement.starts_on.isoformat(),
        "ends_on": agreement.ends_on.isoformat() if agreement.ends_on else None,
        "terms": agreement.terms,
    }
