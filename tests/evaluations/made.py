"""Makes bookings that were attended, and answers to questionnaires."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking
from courses.models import Session
from evaluations.answering import Value, asked, choices_of
from evaluations.kinds import QuestionKind
from evaluations.library import first_choices
from evaluations.links import holder_of
from evaluations.models import (
    Certificate,
    Invitation,
    Question,
    Questionnaire,
    QuestionnaireVersion,
    SingleAgencyAudit,
)
from evaluations.queries.analysis import Analysis, added_up, asked_in
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.counting import SETTLED_AFTER, close_counts, count_answers
from evaluations.services.questionnaires import adopt_library
from evaluations.services.single_agency_audits import ask_organisations
from partnerships.models import AuditEntry, Organisation, Partnership, Person
from partnerships.services.policies import version_in_force
from tests.factories import job, make_person, make_session


def adopt(partnership: Partnership) -> None:
    """Give the partnership the library's questionnaires: by the service, or as copies of what it wrote before.

    A hundred and fifty queries each time were half of what many tests took.
    """
    if Questionnaire.objects.filter(partnership=partnership).exists():
        adopt_library(actor=job(partnership))
        return
    chosen = tuple(sorted(form.name for form in first_choices(partnership.policy(), {}).values()))
    if chosen in _adopted:
        _copy(*_adopted[chosen], partnership)
    else:
        adopt_library(actor=job(partnership))
        _adopted[chosen] = _written(partnership)


# What the service wrote, by which questionnaires are asked, as the policy says.
_adopted: dict[tuple[str, ...], tuple[list[QuestionnaireVersion], list[AuditEntry]]] = {}


def _written(partnership: Partnership) -> tuple[list[QuestionnaireVersion], list[AuditEntry]]:
    versions = QuestionnaireVersion.objects.filter(partnership=partnership).order_by("pk")
    entries = AuditEntry.objects.filter(partnership=partnership, subject_type__startswith="evaluations.")
    return (
        list(versions.select_related("questionnaire").prefetch_related("questions")),
        list(entries.order_by("pk")),
    )


def _copy(versions: list[QuestionnaireVersion], entries: list[AuditEntry], partnership: Partnership) -> None:
    """Write the same rows about another partnership, as of now."""
    forms = [_anew(one.questionnaire, partnership) for one in versions]
    Questionnaire.objects.bulk_create(forms)
    written = [
        _anew(one, partnership, questionnaire=form, published_at=timezone.now())
        for one, form in zip(versions, forms, strict=True)
    ]
    QuestionnaireVersion.objects.bulk_create(written)
    Question.objects.bulk_create(
        _anew(question, partnership, version=new)
        for one, new in zip(versions, written, strict=True)
        for question in one.questions.all()
    )
    keys = {
        (one.questionnaire._meta.label_lower, one.questionnaire_id): form.pk
        for one, form in zip(versions, forms, strict=True)
    }
    keys |= {(one._meta.label_lower, one.pk): new.pk for one, new in zip(versions, written, strict=True)}
    said = []
    for entry in entries:
        key = keys[entry.subject_type, entry.subject_id]
        after = {**entry.after, **({"questionnaire": key} if "questionnaire" in entry.after else {})}
        said.append(_anew(entry, partnership, subject_id=key, after=after))
    AuditEntry.objects.bulk_create(said)


def _anew(row: Any, partnership: Partnership, **changes: Any) -> Any:
    """The same row of another partnership, not saved yet."""
    changes["partnership"] = partnership
    same = [
        one.attname for one in row._meta.concrete_fields if not one.primary_key and one.name not in changes
    ]
    return type(row)(**{name: getattr(row, name) for name in same}, **changes)


def held(partnership: Partnership, *, days_ago: float = 1, **fields: Any) -> Session:
    """A session that is over."""
    fields.setdefault("starts_at", timezone.now() - timedelta(days=days_ago))
    return make_session(partnership, **fields)


def booked(session: Session, *, person: Person | None = None, state: str = "attended") -> Booking:
    """A booking of somebody at the session, attended unless told otherwise."""
    person = person or make_person(session.partnership)
    return Booking.objects.create(
        partnership=session.partnership,
        session=session,
        person=person,
        organisation=person.memberships.first().organisation,
        state=state,
        booked_at=session.starts_at - timedelta(days=30),
        policy_version=version_in_force(session.partnership, session.starts_at),
    )


def answers_to(invitation: Invitation, **given: Value) -> dict[str, Value]:
    """An answer to every required question that is then asked, and those given."""
    every: dict[str, Value] = dict(given)
    for one in (questions := list(invitation.version.questions.all())):
        if one.is_required and one.key not in every and one in asked(questions, every):
            every[one.key] = _any_answer(one)
    return every


def answer(invitation: Invitation, *, share: bool = False, **given: Value) -> Certificate | None:
    """Answer as the holder of the link, and share it if told so."""
    actor = holder_of(invitation)
    save_answers(actor=actor, invitation=invitation, answers=answers_to(invitation, **given))
    return submit_answers(actor=actor, invitation=invitation, share=share)


def asked_about_own_training(partnership: Partnership, organisation: Organisation) -> SingleAgencyAudit:
    """An audit of one organisation that was asked just now."""
    if not Questionnaire.objects.filter(partnership=partnership, kind="single_agency_audit").exists():
        adopt(partnership)
    (audited,) = ask_organisations(actor=job(partnership), organisations=[organisation])
    return audited


def counted(partnership: Partnership) -> None:
    """Have what was answered counted for others than the team, as far as it makes whole blocks."""
    count_answers(partnership, timezone.now())


def closed(partnership: Partnership) -> None:
    """Have the counts of choices closed about every session that nobody can answer about any more."""
    counted(partnership)
    close_counts(partnership, timezone.now() + SETTLED_AFTER + timedelta(days=1))


def analysis_of(invitations: QuerySet[Invitation], *, for_team: bool, **more: Any) -> Analysis:
    """Add up some surveys, all parts at once."""
    return added_up(asked_in(invitations, for_team=for_team, **more))


def at(day: str) -> datetime:
    """A moment from a day and, if given, an hour by UK clocks: 2026-03-28 06:30."""
    moment = datetime.fromisoformat(day)
    return timezone.make_aware(moment)


def _any_answer(question: Question) -> Value:
    match question.kind:
        case QuestionKind.SCALE | QuestionKind.CONFIDENCE:
            return 4
        case QuestionKind.SHORT_TEXT | QuestionKind.LONG_TEXT:
            return "Listen to the child first."
        case QuestionKind.DATE:
            return "2027-03-01"
        case QuestionKind.MATRIX:
            return [f"{row['value']}:4" for row in question.rows]
        case _:
            return [choices_of(question)[0][0]]
