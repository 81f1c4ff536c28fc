"""Organisations that were asked about their own training: some have answered, some wait, one is overdue."""

import datetime as dt

from evaluations.answering import Value, WithWords
from evaluations.jobs import tell_leads_of_audits
from evaluations.models import SingleAgencyAudit
from evaluations.services.single_agency_audits import (
    ask_organisations,
    mark_of,
    save_audit,
    saved_in,
    send_audit,
)
from partnership_portal.demo.cast import PARTS
from partnerships.actors import actor_of
from partnerships.models import Organisation, Partnership, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in

_GOOD: dict[str, Value] = {
    "topics": ["level_1", "prevent", "fgm", "early_help"],
    "outlines": ["yes"],
    "staff_required": "64",
    "staff_trained": "61",
    "why_not": "Three are on long leave and do it on their first day back.",
    "evaluated": WithWords("yes", "A short form at the end, and questions in supervision two months later."),
    "assurance": ["sure"],
    "actions": "The head of department goes through the record every term.",
}
_POOR: dict[str, Value] = {
    "topics": ["level_1"],
    "outlines": WithWords("no", "Prevent, and the introduction to early help."),
    "gaps": "Female genital mutilation is not taught at all yet.",
    "staff_required": "23",
    "staff_trained": "14",
    "why_not": "Evening staff can’t come in the day. Two evenings are booked for March.",
    "evaluated": ["no"],
    "assurance": ["partly"],
    "actions": "The safeguarding lead writes the two outlines by the end of term.",
}
_WHOLE, _BEGUN = (_GOOD, _POOR, _GOOD), {"topics": ["level_1", "prevent"], "outlines": ["yes"]}


def ask_about_own_training(partnership: Partnership, now: dt.datetime) -> None:
    """Let the team ask the lead's organisation and some others, weeks ago and today, once."""
    with acting_in(partnership):
        if SingleAgencyAudit.objects.filter(partnership=partnership).exists():
            return
        team = actor_of(_part(partnership, "team").user, partnership)
        own = _part(partnership, "lead").memberships.get(
            ended_on__isnull=True, granted_roles__role=Role.ORGANISATION_LEAD
        )
        others = Organisation.objects.filter(partnership=partnership, is_active=True)
        earlier = list(others.exclude(pk=own.organisation_id).order_by("pk")[: len(_WHOLE) + 2])
        answered = ask_organisations(
            actor=team, organisations=earlier[: len(_WHOLE)], now=now - dt.timedelta(days=20)
        )
        for audited, answers in zip(answered, _WHOLE, strict=True):
            save_audit(actor=team, audited=audited, answers=answers)
            send_audit(actor=team, audited=audited, seen=mark_of(audited, saved_in(audited)), on_behalf=True)
        late = ask_organisations(
            actor=team, organisations=earlier[len(_WHOLE) :], now=now - dt.timedelta(days=40)
        )
        save_audit(actor=team, audited=late[-1], answers=dict(_BEGUN))
        ask_organisations(actor=team, organisations=[own.organisation], now=now - dt.timedelta(days=3))
    tell_leads_of_audits(partnership, now)


def _part(partnership: Partnership, key: str) -> Person:
    part = next(one for one in PARTS if one.key == key)
    return Person.objects.get(partnership=partnership, email_key=part.email(partnership.slug))
