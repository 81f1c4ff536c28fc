"""Asking organisations about their own training: asked by the team or once a year, answered by a lead or the team."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from evaluations.answering import REMOVED, Value, asked, gaps, value_of
from evaluations.kinds import QuestionnaireKind
from evaluations.models import SingleAgencyAudit
from evaluations.periods import audit_due_and_closes, kept_long_enough
from evaluations.queries.single_agency_audits import organisations_to_ask_again
from evaluations.services.kept_answers import forget_what_is_not_asked, keep_answers
from evaluations.services.questionnaires import version_in_use
from evaluations.single_agency_audit_messages import about_audit, tell_asked, tell_given_back, tell_reminder
from evaluations.tabs import marks
from notifications.outbox import delete_about, drop_unsent
from partnership_portal.working_days import is_working_day, uk_date, working_days_between
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Organisation
from partnerships.permissions import Permission, require
from partnerships.services.policies import policy_of, version_in_force


class ChangedMeanwhile(DomainError):
    """The answers are not those that whoever sends them has seen."""


def ask_organisations(
    *, actor: Actor, organisations: Iterable[Organisation], now: datetime | None = None
) -> list[SingleAgencyAudit]:
    """Ask organisations about the training that they give their own staff; gives the audits that are new.

    One that waits for answers already is left as it is, as is one that is not active. A job writes to the leads.
    Locks the organisations. Refuses where no form is published.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    now = now or timezone.now()
    with transaction.atomic():
        version = version_in_use(actor.partnership, QuestionnaireKind.SINGLE_AGENCY_AUDIT)
        if version is None:
            raise DomainError(
                "There is no single-agency audit to ask. Publish one under “Questionnaires” and make it the default."
            )
        policy_version = version_in_force(actor.partnership, now)
        due_at, closes_at = audit_due_and_closes(policy_of(policy_version), now)
        chosen = Organisation.objects.select_for_update(no_key=True, of=("self",)).filter(
            partnership=actor.partnership, pk__in=[one.pk for one in organisations], is_active=True
        )
        locked = list(chosen.order_by("pk"))
        waiting = set(
            SingleAgencyAudit.objects.filter(partnership=actor.partnership, organisation__in=locked)
            .open()
            .values_list("organisation", flat=True)
        )
        made = SingleAgencyAudit.objects.bulk_create(
            SingleAgencyAudit(
                partnership=actor.partnership,
                organisation=one,
                version=version,
                policy_version=policy_version,
                asked_at=now,
                asked_by=actor.person,
                due_at=due_at,
                closes_at=closes_at,
                last_asked_on=uk_date(now),
            )
            for one in locked
            if one.pk not in waiting
        )
        audit.record_each(
            actor,
            "evaluations.ask_organisations",
            ((one, {"organisation": one.organisation_id, "due_at": due_at.isoformat()}) for one in made),
        )
        return made


def ask_again(*, actor: Actor, organisation: Organisation, now: datetime) -> list[SingleAgencyAudit]:
    """Ask an organisation a year after it was asked before, where the policy asks every year. Locks it."""
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        Organisation.objects.select_for_update(no_key=True).get(pk=organisation.pk)
        due = organisations_to_ask_again(actor.partnership, now).filter(pk=organisation.pk)
        return ask_organisations(actor=actor, organisations=due, now=now)


def tell_leads(*, actor: Actor, audited: SingleAgencyAudit, now: datetime) -> bool:
    """Write to the organisation's leads that it is asked, once; tells whether it did. Locks the audit.

    The time to answer begins with it.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        if audited.state != SingleAgencyAudit.State.OPEN or audited.told_at is not None:
            return False
        # Whoever hears of it late has as long as everybody else.
        audited.due_at, audited.closes_at = audit_due_and_closes(policy_of(audited.policy_version), now)
        if not tell_asked(audited):
            return False
        audited.told_at, audited.last_asked_on = now, uk_date(now)
        audited.save(update_fields=["told_at", "last_asked_on", "due_at", "closes_at"])
        return True


def is_time_to_remind_leads(audited: SingleAgencyAudit, now: datetime) -> bool:
    """Tell whether the next reminder is due today: a working day, enough of them passed, one left by the policy."""
    today, rules = uk_date(now), policy_of(audited.policy_version).single_agency_audit
    return (
        audited.state == SingleAgencyAudit.State.OPEN
        and audited.told_at is not None
        and now < audited.closes_at
        and is_working_day(today)
        and audited.reminders_sent < rules.reminders.value
        and working_days_between(audited.last_asked_on, today) >= rules.reminder_working_days.value
    )


def remind_leads(*, actor: Actor, audited: SingleAgencyAudit, now: datetime) -> bool:
    """Remind the organisation's leads if it is time; tells whether anybody was. Locks the audit.

    Whoever has come to lead it since the others were told is told first.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        if audited.state != SingleAgencyAudit.State.OPEN or now >= audited.closes_at:
            return False
        tell_asked(audited)
        if not is_time_to_remind_leads(audited, now):
            return False
        audited.last_asked_on = uk_date(now)
        if not tell_reminder(audited):
            return False
        audited.reminders_sent += 1
        audited.save(update_fields=["reminders_sent", "last_asked_on"])
        audit.record(
            actor,
            "evaluations.remind_leads",
            audited,
            after={"reminders_sent": audited.reminders_sent},
        )
        return True


def close_audit(*, actor: Actor, audited: SingleAgencyAudit, now: datetime) -> bool:
    """Close an audit that nobody answered in time; tells whether it did. Locks it.

    What was sent once and given back stands, with what was changed since; what was never sent is deleted.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        if audited.closes_at > now and audited.organisation.is_active:
            return False
        return _end(actor, audited, SingleAgencyAudit.State.CLOSED)


def withdraw_audit(*, actor: Actor, audited: SingleAgencyAudit) -> bool:
    """Ask an organisation no more, as if it had not been asked; tells whether it waited. Locks it.

    What was never sent is deleted; what was sent once and given back stands, with what was changed since.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        if audited.state == SingleAgencyAudit.State.ANSWERED:
            raise DomainError("The organisation has sent its answers meanwhile.")
        return _end(actor, audited, SingleAgencyAudit.State.WITHDRAWN)


def save_audit(
    *, actor: Actor, audited: SingleAgencyAudit, answers: dict[str, Value], is_typing: bool = False
) -> None:
    """Keep answers as a draft, by question key; an empty one takes back what was there. Locks the audit.

    All leads of the organisation and the team write on the same draft. What is kept while somebody is typing is not
    in the trail; that they have left the page is.
    """
    with transaction.atomic():
        audited = _to_answer(actor, audited)
        keep_answers(audited, answers)
        if not is_typing:
            audit.record(actor, "evaluations.save_audit", audited, after={"questions": sorted(answers)})


def send_audit(*, actor: Actor, audited: SingleAgencyAudit, seen: str, on_behalf: bool = False) -> None:
    """Send the saved answers, once; written down by the team for the organisation they are marked so. Locks the audit.

    ``seen`` is the mark of the answers that whoever sends them has seen (``mark_of``): several write on one draft.
    Refuses where it has changed since, and while a required answer is missing. Answers are accepted until it closes,
    however late.
    """
    with transaction.atomic():
        audited = _to_answer(actor, audited)
        if on_behalf:
            require(actor, Permission.MANAGE_SURVEYS)
        elif not _leads_it(actor, audited):
            raise PermissionDenied("The leads of this organisation answer for it.")
        forget_what_is_not_asked(audited)
        if missing := gaps(audited):
            raise DomainError(f"Answer “{missing[0].text}” before you send the form.")
        if seen != mark_of(audited, saved_in(audited)):
            raise ChangedMeanwhile("Somebody has changed the answers meanwhile. Check them once more.")
        audited.state = SingleAgencyAudit.State.ANSWERED
        audited.answered_at, audited.answered_by = timezone.now(), actor.person
        audited.on_behalf, audited.given_back_because = on_behalf, ""
        audited.save(update_fields=["state", "answered_at", "answered_by", "on_behalf", "given_back_because"])
        drop_unsent(audited.partnership, about_audit(audited))
        audit.record(
            actor,
            "evaluations.send_audit",
            audited,
            before={"state": "open"},
            after={"state": "answered", "late": audited.is_late, "on behalf": audited.on_behalf},
        )


def saved_in(audited: SingleAgencyAudit) -> dict[str, Value]:
    """The answers as they are saved now, by question (one query)."""
    return {one.question.key: value_of(one) for one in audited.answers.select_related("question")}


def mark_of(audited: SingleAgencyAudit, saved: Mapping[str, Value]) -> str:
    """What tells these answers from any others to the same audit."""
    asked_now = asked(audited.version.questions.all(), saved)
    return hashlib.sha256("\n".join(marks(asked_now, saved)).encode()).hexdigest()


def give_back_audit(*, actor: Actor, audited: SingleAgencyAudit, because: str) -> None:
    """Let the organisation put its answers right: they are a draft again, with what is wrong. Locks it.

    The time to answer begins anew, and the leads are told; that it was sent stays. Refuses what was given back before
    for another reason, and where it is asked anew already.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    now, because = timezone.now(), because.strip()
    with transaction.atomic():
        organisation = Organisation.objects.select_for_update(no_key=True).get(pk=audited.organisation_id)
        audited = _locked(audited)
        if audited.is_given_back:
            if audited.given_back_because == because:
                return
            raise DomainError(f"It was given back already, because: “{audited.given_back_because}”")
        if audited.state != SingleAgencyAudit.State.ANSWERED or audited.forgotten_at is not None:
            raise DomainError("There are no answers to put right.")
        since = SingleAgencyAudit.objects.filter(organisation=organisation, asked_at__gt=audited.asked_at)
        if since.not_withdrawn().exists():
            raise DomainError(f"{organisation} was asked anew since, so these answers stay as they are.")
        audited.state, audited.given_back_because = SingleAgencyAudit.State.OPEN, because
        audited.due_at, audited.closes_at = audit_due_and_closes(policy_of(audited.policy_version), now)
        audited.reminders_sent, audited.last_asked_on, audited.given_back_at = 0, uk_date(now), now
        if tell_given_back(audited, now):
            audited.told_at = audited.told_at or now
        audited.save(
            update_fields=[
                *("state", "given_back_because", "given_back_at", "told_at"),
                *("due_at", "closes_at", "reminders_sent", "last_asked_on"),
            ]
        )
        audit.record(
            actor,
            "evaluations.give_back_audit",
            audited,
            before={"state": "answered"},
            after={"state": "open", "due_at": audited.due_at.isoformat()},
        )


def take_out_words(*, actor: Actor, audited: SingleAgencyAudit, key: str) -> None:
    """Take the words out of one answer that was sent, for good: what was chosen beside them stays. Locks the audit.

    Done twice is done once.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        if audited.state != SingleAgencyAudit.State.ANSWERED:
            raise DomainError("These answers can still be changed. Change the words there.")
        taken_out = (
            audited.answers.filter(question__key=key).exclude(text__in=("", REMOVED)).update(text=REMOVED)
        )
        if taken_out:
            audit.record(actor, "evaluations.take_out_words", audited, after={"question": key})


def forget_audit(*, actor: Actor, audited: SingleAgencyAudit, now: datetime) -> int:
    """Delete answers that were kept as long as was promised; gives how many. Locks the audit. Done twice is done once.

    What was written to the leads about it goes too; that the organisation was asked, and whether it answered, stays.
    """
    require(actor, Permission.MANAGE_SURVEYS)
    with transaction.atomic():
        audited = _locked(audited)
        is_sent = audited.state == SingleAgencyAudit.State.ANSWERED
        if not is_sent or audited.forgotten_at is not None or not kept_long_enough(audited, now):
            return 0
        audited.forgotten_at, audited.given_back_because = now, ""
        audited.save(update_fields=["forgotten_at", "given_back_because"])
        deleted, _ = audited.answers.all().delete()
        delete_about(actor.partnership, [about_audit(audited)])
        audit.record(actor, "evaluations.forget_audit", audited, after={"answers": deleted})
        return deleted


def refuse_unless_open(audited: SingleAgencyAudit, now: datetime) -> None:
    """Refuse answers to an audit that was answered or is over."""
    if audited.state == SingleAgencyAudit.State.ANSWERED:
        raise DomainError(
            "These answers were sent already. If something is wrong, tell the partnership team."
        )
    if audited.state == SingleAgencyAudit.State.WITHDRAWN:
        raise DomainError("The partnership team does not ask this any more.")
    if audited.state == SingleAgencyAudit.State.CLOSED or audited.closes_at <= now:
        raise DomainError("The time to answer is over. If you still want to, tell the partnership team.")


def may_answer_audit(actor: Actor, audited: SingleAgencyAudit) -> bool:
    """Tell whether the actor leads the organisation, or writes down what it says."""
    return actor.person is not None and (_leads_it(actor, audited) or actor.may(Permission.MANAGE_SURVEYS))


def _leads_it(actor: Actor, audited: SingleAgencyAudit) -> bool:
    return audited.organisation_id in actor.led_organisation_ids


def _to_answer(actor: Actor, audited: SingleAgencyAudit) -> SingleAgencyAudit:
    audited = _locked(audited)
    if not may_answer_audit(actor, audited):
        raise PermissionDenied("The leads of this organisation answer for it.")
    refuse_unless_open(audited, timezone.now())
    return audited


def _end(actor: Actor, audited: SingleAgencyAudit, state: SingleAgencyAudit.State) -> bool:
    if audited.state != SingleAgencyAudit.State.OPEN:
        return False
    drop_unsent(audited.partnership, about_audit(audited))
    if audited.is_given_back:
        # What was to be put right is still said beside what stands, with what was changed and not sent again.
        state = SingleAgencyAudit.State.ANSWERED
        forget_what_is_not_asked(audited)
    else:
        audited.answers.all().delete()
    audited.state = state
    audited.save(update_fields=["state"])
    audit.record(
        actor, "evaluations.end_audit", audited, before={"state": "open"}, after={"state": state.value}
    )
    return True


def _locked(audited: SingleAgencyAudit) -> SingleAgencyAudit:
    return (
        SingleAgencyAudit.objects.select_for_update(no_key=True, of=("self",))
        .select_related("partnership", "organisation", "version", "policy_version")
        .get(pk=audited.pk)
    )
