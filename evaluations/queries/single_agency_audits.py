"""Audits of organisations' own training: who was asked and has answered, whom to write to, and what was answered."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from evaluations.answering import REMOVED, in_words, pages_asked, value_of
from evaluations.kinds import QuestionKind
from evaluations.models import Question, SingleAgencyAnswer, SingleAgencyAudit
from evaluations.periods import kept_long_enough
from partnership_portal.working_days import add_months, uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.models import MembershipRole, Organisation, Partnership, Person
from partnerships.permissions import Permission, Role
from partnerships.policy import SingleAgencyAuditRule

ANSWER_HEADERS = ["Organisation", "Answered", "Late", "Sent by"]
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Given:
    """One question with its answer in words, nothing where none was given; ``key`` where words can be taken out."""

    question: str
    words: str
    key: str


def organisations_asked(actor: Actor) -> QuerySet[Organisation]:
    """The organisations that can be asked or were, each with its newest audit and whether anybody leads it.

    Of the newest audit: ``audit``, ``state``, ``asked_at``, ``due_at``, ``answered_at``; to sort by, ``asked_or_never``
    and ``answered_or_never`` have a moment long ago where there is none.
    """
    audits = SingleAgencyAudit.objects.filter(organisation=OuterRef("pk"))
    # One that was withdrawn counts only where there is no other.
    newest = audits.order_by(_last("withdrawn"), "-asked_at", "-pk")
    found = Organisation.objects.filter(partnership=actor.partnership).annotate(
        audit=Subquery(newest.values("pk")[:1]),
        state=Subquery(newest.values("state")[:1]),
        asked_at=Subquery(newest.values("asked_at")[:1]),
        due_at=Subquery(newest.values("due_at")[:1]),
        answered_at=Subquery(newest.values("answered_at")[:1]),
        has_lead=Exists(_leads().filter(membership__organisation=OuterRef("pk"))),
        asked_or_never=Coalesce("asked_at", Value(_NEVER)),
        answered_or_never=Coalesce("answered_at", Value(_NEVER)),
    )
    if not actor.may(Permission.MANAGE_SURVEYS):
        return found.none()
    return found.filter(Q(is_active=True) | Q(audit__isnull=False)).select_related("sector")


def never_asked(partnership: Partnership) -> QuerySet[Organisation]:
    """The active organisations that were never asked, or of which that was withdrawn."""
    asked = SingleAgencyAudit.objects.filter(partnership=partnership).not_withdrawn().values("organisation")
    return Organisation.objects.filter(partnership=partnership, is_active=True).exclude(pk__in=asked)


def organisations_to_ask_again(partnership: Partnership, now: datetime) -> QuerySet[Organisation]:
    """Where the policy asks every year, those that were asked a year ago and not since."""
    if partnership.policy(now).single_agency_audit.rule.value is not SingleAgencyAuditRule.YEARLY:
        return Organisation.objects.none()
    audits, since = SingleAgencyAudit.objects.filter(partnership=partnership), _a_year_before(now)
    # Whoever is not to be asked this year, or has put right what they had sent, is asked no sooner either.
    lately = audits.filter(Q(state="open") | Q(asked_at__gte=since) | Q(given_back_at__gte=since))
    asked = Organisation.objects.filter(
        partnership=partnership, is_active=True, pk__in=audits.not_withdrawn().values("organisation")
    )
    return asked.exclude(pk__in=lately.values("organisation"))


def audits_to_tell(partnership: Partnership, now: datetime) -> QuerySet[SingleAgencyAudit]:
    """Audits whose organisation has a lead by now who can be written to, and of which nobody was told yet."""
    untold = SingleAgencyAudit.objects.filter(
        partnership=partnership, told_at__isnull=True, closes_at__gt=now
    )
    leads = _leads().filter(membership__organisation=OuterRef("organisation"))
    return untold.open().filter(Exists(leads), organisation__is_active=True)


def audits_to_close(partnership: Partnership, now: datetime) -> QuerySet[SingleAgencyAudit]:
    """Audits that nobody answered in time, and those of organisations that are not active any more."""
    over = Q(closes_at__lte=now) | Q(organisation__is_active=False)
    return SingleAgencyAudit.objects.filter(over, partnership=partnership).open()


def audits_to_remind(partnership: Partnership, now: datetime) -> QuerySet[SingleAgencyAudit]:
    """Audits that wait for answers and of which somebody was told, before anybody has looked whether it is time."""
    told = SingleAgencyAudit.objects.filter(partnership=partnership, told_at__isnull=False, closes_at__gt=now)
    return told.open().filter(organisation__is_active=True).select_related("policy_version")


def audits_to_forget(partnership: Partnership, now: datetime) -> list[SingleAgencyAudit]:
    """Audits whose answers were kept as long as was promised."""
    old = SingleAgencyAudit.objects.filter(
        partnership=partnership, forgotten_at__isnull=True, asked_at__lte=now - timedelta(days=365)
    ).filter(state="answered")
    return [one for one in old.select_related("policy_version") if kept_long_enough(one, now)]


def audits_of(actor: Actor, organisation: Organisation) -> QuerySet[SingleAgencyAudit]:
    """Every audit of one organisation that the actor may see, the newest first."""
    return SingleAgencyAudit.objects.visible_to(actor).filter(organisation=organisation)


def leads_of(audit: SingleAgencyAudit) -> list[Person]:
    """Those who lead the organisation and can be written to."""
    people = Person.objects.filter(partnership=audit.partnership_id)
    return list(people.leading(audit.organisation_id).order_by("name", "pk"))


def own_audits(actor: Actor) -> QuerySet[SingleAgencyAudit]:
    """The audits of the organisations that the actor leads, those that wait first."""
    own = SingleAgencyAudit.objects.filter(
        partnership=actor.partnership, organisation__in=actor.led_organisation_ids
    )
    return own.select_related("organisation", "answered_by").order_by(_first("open"), "-asked_at", "-pk")


def waiting_for(actor: Actor) -> QuerySet[SingleAgencyAudit]:
    """Those that the actor can answer now, the most urgent first."""
    return own_audits(actor).open().filter(closes_at__gt=timezone.now()).order_by("due_at", "pk")


def overdue(actor: Actor, now: datetime) -> QuerySet[SingleAgencyAudit]:
    """Audits whose answers are late and can still be given, the oldest first."""
    late = SingleAgencyAudit.objects.visible_to(actor).open().filter(due_at__lt=now, closes_at__gt=now)
    active = late.filter(organisation__is_active=True)
    return active.select_related("organisation").order_by("due_at", "pk")


def given_in(audit: SingleAgencyAudit) -> list[tuple[str, list[Given]]]:
    """The answers by the headings of the form (of an audit read ``for_answering``)."""
    answers = {one.question.key: one for one in audit.answers.all()}
    asked = pages_asked(audit.version.questions.all(), {key: value_of(one) for key, one in answers.items()})
    return [
        (heading, [_given(one, answers.get(one.key)) for one in questions]) for heading, questions in asked
    ]


def newest_answered(
    partnership: Partnership, organisations: QuerySet[Organisation]
) -> QuerySet[SingleAgencyAudit]:
    """Of each organisation the newest audit that it has answered, with the answers."""
    answered = SingleAgencyAudit.objects.filter(
        partnership=partnership,
        state="answered",
        forgotten_at__isnull=True,
        organisation__in=organisations.values("pk"),
    )
    newest = answered.order_by("organisation_id", "-answered_at", "-pk").distinct("organisation_id")
    return (
        SingleAgencyAudit.objects.filter(pk__in=newest.values("pk"))
        .select_related("organisation", "answered_by")
        .prefetch_related("answers__question")
        .order_by("organisation__name_key", "pk")
    )


def answers_in_columns(audits: Iterable[SingleAgencyAudit]) -> tuple[list[str], list[list[Any]]]:
    """The answers of several audits as a table: a row for each, the questions in the order of the newest form.

    A question that only earlier forms asked comes after the others.
    """
    audits = list(audits)
    questions: dict[str, Question] = {}
    for question in Question.objects.filter(version__in={one.version_id for one in audits}):
        known = questions.get(question.key)
        if known is None or known.version_id < question.version_id:
            questions[question.key] = question
    keys = sorted(questions, key=lambda key: (-questions[key].version_id, questions[key].position))
    rows = []
    for one in audits:
        given = {answer.question.key: in_words(answer.question, answer) for answer in one.answers.all()}
        by = "the partnership team" if one.on_behalf else "the organisation"
        rows.append(
            [one.organisation.name, one.answered_at, one.is_late, by, *(given.get(key, "") for key in keys)]
        )
    return [*ANSWER_HEADERS, *(questions[key].text for key in keys)], rows


def _first(state: str) -> Case:
    return Case(When(state=state, then=0), default=1, output_field=IntegerField())


def _last(state: str) -> Case:
    return Case(When(state=state, then=1), default=0, output_field=IntegerField())


def _given(question: Question, answer: SingleAgencyAnswer | None) -> Given:
    can_be_taken_out = (
        answer is not None and answer.text not in ("", REMOVED) and question.kind != QuestionKind.DATE
    )
    return Given(question.text, in_words(question, answer), question.key if can_be_taken_out else "")


def _leads() -> QuerySet[MembershipRole]:
    # Those who can be written to.
    leads = MembershipRole.objects.filter(role=Role.ORGANISATION_LEAD, membership__ended_on__isnull=True)
    return leads.exclude(membership__person__email="")


def _a_year_before(now: datetime) -> datetime:
    """The end of the same day a year ago, so that whoever is asked again is asked in the morning."""
    return uk_moment(add_months(uk_date(now), -12) + timedelta(days=1), time())
