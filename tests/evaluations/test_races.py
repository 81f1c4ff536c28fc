"""Two workers at once, and a worker killed in the middle: nobody is asked twice, nobody is missed."""

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, close_old_connections, connection
from django.db.models import QuerySet
from django.utils import timezone

from bookings.models import Booking
from bookings.querysets import BookingQuerySet
from bookings.services.register import mark_attendance
from evaluations import links
from evaluations.jobs import ask_about_impact, ask_for_evaluations, issue_certificates, remind_and_close
from evaluations.links import holder_of
from evaluations.models import Answer, Certificate, Invitation, ThemeTag
from evaluations.queries.due import certificates_due
from evaluations.services import (
    answers,
    certificates,
    invitations,
    merged_themes,
    notices,
    reminders,
    tagging,
)
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.merged_themes import merge_theme
from evaluations.services.notices import ask_other_manager
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import adopt_themes
from evaluations.start_themes import portal_themes
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, answers_to, at, booked, held
from tests.factories import actor_for, job, make_course, make_partnership, make_person

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

NOW = at("2026-03-02 14:00")
PEOPLE, OF_A_SESSION = 12, 3


@pytest.fixture
def raced(settings):
    """A partnership in the database for every connection, with people who attended."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    partnership = make_partnership("raceshire")
    with acting_in(partnership):
        adopt(partnership)
        for _ in range(PEOPLE // OF_A_SESSION):
            session = held(partnership, starts_at=at("2026-03-02 10:00"))
            for _ in range(OF_A_SESSION):
                booked(session)
    return partnership


def together(count: int, act) -> list[object]:
    """Run an act in several threads that start at the same moment; give what each returned or raised."""
    barrier, outcomes = threading.Barrier(count), []

    def run() -> None:
        try:
            barrier.wait()
            outcomes.append(act())
        except Exception as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    close_old_connections()
    return outcomes


def asked(partnership) -> tuple[int, int]:
    with acting_in(partnership):
        return Invitation.objects.count(), Message.objects.filter(purpose="survey-evaluation").count()


def raised(caplog) -> list[type[BaseException]]:
    """What jobs have caught and logged: they go on with the others whatever one item raises."""
    return [one.exc_info[0] for one in caplog.records if one.exc_info]


def in_the_trail(partnership, action: str) -> int:
    with acting_in(partnership):
        return AuditEntry.objects.filter(action=action).count()


def without_locks(monkeypatch) -> None:
    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)


def test_two_workers_at_once_ask_everybody_once(raced, caplog):
    assert together(2, lambda: ask_for_evaluations(raced, NOW)) == [None, None]
    assert asked(raced) == (PEOPLE, PEOPLE)
    assert raised(caplog) == []


def test_control_without_the_locks_the_database_has_to_refuse_to_ask_twice(raced, caplog, monkeypatch):
    both_have_looked, invite = threading.Barrier(2), invitations._invite

    def look_together(*given):
        both_have_looked.wait(timeout=20)
        return invite(*given)

    without_locks(monkeypatch)
    monkeypatch.setattr(invitations, "_invite", look_together)
    assert together(2, lambda: ask_for_evaluations(raced, NOW)) == [None, None]
    assert raised(caplog) == [IntegrityError] * (PEOPLE // OF_A_SESSION)
    # The constraints stand behind the locks: the worker that was refused leaves it to the other.
    assert asked(raced) == (PEOPLE, PEOPLE)


def test_two_workers_at_once_remind_everybody_once(raced, caplog):
    ask_for_evaluations(raced, NOW)
    assert together(3, lambda: remind_and_close(raced, at("2026-03-09 06:30"))) == [None, None, None]
    assert raised(caplog) == []
    with acting_in(raced):
        assert Message.objects.filter(purpose="survey-reminder").count() == PEOPLE
        assert set(Invitation.objects.values_list("reminders_sent", flat=True)) == {1}
    assert in_the_trail(raced, "evaluations.remind") == PEOPLE


def test_control_without_the_locks_everybody_is_reminded_twice(raced, monkeypatch):
    both_have_looked, is_time, keys = threading.Barrier(2), reminders.is_time_to_remind, itertools.count()
    write = reminders.send

    def look_together(*given):
        due = is_time(*given)
        both_have_looked.wait(timeout=20)
        return due

    def send(*given, about, **named) -> bool:
        # The outbox stands behind the locks: it knows a reminder by its day. Here each has a key of its own.
        return write(*given, about=f"{about}:{next(keys)}", **named)

    ask_for_evaluations(raced, NOW)
    without_locks(monkeypatch)
    monkeypatch.setattr(reminders, "is_time_to_remind", look_together)
    monkeypatch.setattr(reminders, "send", send)
    assert together(2, lambda: remind_and_close(raced, at("2026-03-09 06:30"))) == [None, None]
    with acting_in(raced):
        assert Message.objects.filter(purpose="survey-reminder").count() == 2 * PEOPLE
    assert in_the_trail(raced, "evaluations.remind") == 2 * PEOPLE


KILLED = """
import os, sys, threading, time
import django
django.setup()
from django.db import connection
connection.settings_dict["NAME"] = sys.argv[1]
from django.conf import settings
settings.CELERY_TASK_ALWAYS_EAGER = True
from evaluations import jobs
from evaluations.services import invitations
from partnerships.models import Partnership
from tests.evaluations.made import at
queue, count = invitations.queue_messages, 0
def queue_and_stop(**given):
    global count
    count += 1
    messages = queue(**given)
    if count == 3:
        print("in the middle", flush=True)
        time.sleep(60)
    return messages
invitations.queue_messages = queue_and_stop
jobs.ask_for_evaluations(Partnership.objects.get(slug="raceshire"), at("2026-03-02 14:00"))
"""


def test_worker_killed_in_the_middle_leaves_nobody_asked_twice_or_missed(raced):
    worker = subprocess.Popen(
        [sys.executable, "-c", KILLED, connection.settings_dict["NAME"]],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "partnership_portal.settings"},
    )
    assert worker.stdout is not None
    assert worker.stdout.readline().strip() == "in the middle"
    worker.send_signal(signal.SIGKILL)
    assert worker.wait() == -signal.SIGKILL
    worker.stdout.close()
    # The third session was in an open transaction when the worker died: the two before it stand, whole.
    until, two = time.monotonic() + 10, (2 * OF_A_SESSION, 2 * OF_A_SESSION)
    while time.monotonic() < until and asked(raced) != two:
        time.sleep(0.1)
    assert asked(raced) == two
    ask_for_evaluations(raced, NOW)
    assert asked(raced) == (PEOPLE, PEOPLE)


def test_job_stopped_by_its_own_process_goes_on_where_it_was(raced, monkeypatch):
    queue, count = invitations.queue_messages, 0

    def queue_and_leave(**given):
        nonlocal count
        count += 1
        if count == 3:
            raise SystemExit
        return queue(**given)

    monkeypatch.setattr(invitations, "queue_messages", queue_and_leave)
    with pytest.raises(SystemExit):
        ask_for_evaluations(raced, NOW)
    assert asked(raced) == (2 * OF_A_SESSION, 2 * OF_A_SESSION)
    monkeypatch.undo()
    ask_for_evaluations(raced, NOW)
    assert asked(raced) == (PEOPLE, PEOPLE)


@pytest.fixture
def answered(raced):
    """Everybody has written their answers and is about to send them."""
    ask_for_evaluations(raced, NOW)
    with acting_in(raced):
        Invitation.objects.update(closes_at=at("2099-01-01"))
        for invitation in Invitation.objects.select_related("partnership", "respondent"):
            save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
    return raced


def send_all(partnership) -> None:
    with acting_in(partnership):
        waiting = list(Invitation.objects.select_related("partnership", "respondent"))
    for invitation in waiting:
        try:
            with acting_in(partnership):
                submit_answers(actor=holder_of(invitation), invitation=invitation)
        except DomainError:
            continue


def test_certificates_are_numbered_without_gaps_and_issued_once(answered):
    def both() -> None:
        send_all(answered)
        issue_certificates(answered, at("2099-01-01"))

    outcomes = together(4, both)
    assert outcomes == [None] * 4
    with acting_in(answered):
        numbers = sorted(Certificate.objects.values_list("number", flat=True))
        assert len(numbers) == PEOPLE
        assert [int(number[-6:]) for number in numbers] == list(range(1, PEOPLE + 1))
        assert Message.objects.filter(purpose="certificate").count() == PEOPLE


def test_control_numbers_collide_when_the_counter_is_not_locked(answered, monkeypatch):
    """The race is real: the same test without the lock on the counter does not give one number to each."""

    def unlocked(booking, numbering, now) -> str:
        counter, _ = certificates.CertificateCounter.objects.get_or_create(
            partnership=booking.partnership, year=2026
        )
        time.sleep(0.05)
        counter.last += 1
        counter.save(update_fields=["last"])
        return f"RACE-{counter.last}"

    monkeypatch.setattr(certificates, "_number", unlocked)
    with acting_in(answered):
        invitations = list(Invitation.objects.select_related("partnership", "respondent")[:4])

    def send() -> None:
        invitation = invitations.pop()
        with acting_in(answered):
            submit_answers(actor=holder_of(invitation), invitation=invitation)

    outcomes = together(4, send)
    assert any(isinstance(one, Exception) for one in outcomes)


def mark_and_send_at_once(partnership) -> list[object]:
    """A trainer marks the register while a learner sends the evaluation: two workers with the last two pieces."""
    with acting_in(partnership):
        invitation = Invitation.objects.select_related("partnership", "respondent").first()
        booking = invitation.booking
        Booking.objects.filter(pk=booking.pk).update(state="confirmed")
        date = booking.session.dates.get()

    def mark() -> None:
        mark_attendance(actor=job(partnership), session_date=date, marks={booking.pk: "present"})

    def send() -> None:
        submit_answers(actor=holder_of(invitation), invitation=invitation)

    acts = [mark, send]

    def act() -> None:
        with acting_in(partnership):
            acts.pop()()

    return together(2, act)


def test_the_last_two_pieces_by_two_workers_at_once_make_one_certificate(answered):
    for done in range(1, 7):
        assert mark_and_send_at_once(answered) == [None, None]
        with acting_in(answered):
            assert Certificate.objects.count() == done
            assert Message.objects.filter(purpose="certificate").count() == done
            Invitation.objects.filter(state="answered").delete()


def test_control_without_the_lock_each_leaves_the_certificate_to_the_other(answered, monkeypatch):
    is_due, both_have_looked = certificates._is_due, threading.Barrier(2)

    def look_together(booking, release, now) -> bool:
        due = is_due(booking, release, now)
        both_have_looked.wait(timeout=20)
        return due

    def look_at_all_together(*given):
        due = certificates_due(*given)
        both_have_looked.wait(timeout=20)
        return due

    monkeypatch.setattr(certificates, "_is_due", look_together)
    monkeypatch.setattr(certificates, "certificates_due", look_at_all_together)
    monkeypatch.setattr(BookingQuerySet, "select_for_update", lambda self, **given: self)
    assert mark_and_send_at_once(answered) == [None, None]
    with acting_in(answered):
        assert not Certificate.objects.exists()


def test_answers_sent_twice_at_once_count_once(answered):
    with acting_in(answered):
        invitation = Invitation.objects.select_related("partnership", "respondent").first()

    def send() -> None:
        with acting_in(answered):
            submit_answers(actor=holder_of(invitation), invitation=invitation)

    outcomes = together(5, send)
    assert outcomes.count(None) == 1
    assert all(isinstance(one, DomainError) for one in outcomes if one is not None)
    with acting_in(answered):
        assert Certificate.objects.count() == 1
    assert in_the_trail(answered, "evaluations.submit_answers") == 1


def test_control_without_the_locks_answers_are_accepted_twice(answered, monkeypatch):
    with acting_in(answered):
        invitation = Invitation.objects.select_related("partnership", "respondent").first()
    both_have_looked, missing = threading.Barrier(2), answers.gaps

    def look_together(invitation):
        found = missing(invitation)
        both_have_looked.wait(timeout=20)
        return found

    def send() -> None:
        with acting_in(answered):
            submit_answers(actor=holder_of(invitation), invitation=invitation)

    without_locks(monkeypatch)
    monkeypatch.setattr(answers, "gaps", look_together)
    assert together(2, send) == [None, None]
    assert in_the_trail(answered, "evaluations.submit_answers") == 2


@pytest.fixture
def form(raced):
    """The form of a line manager who is nobody here."""
    with acting_in(raced):
        learner = make_person(raced, line_manager_name="Meg", line_manager_email="meg@nursery.example")
        course = make_course(raced, asks_line_manager=True)
        booked(held(raced, course=course, starts_at=at("2026-03-02 10:00")), person=learner)
    ask_about_impact(raced, at("2026-06-10 14:00"))
    with acting_in(raced):
        Invitation.objects.update(closes_at=at("2099-01-01"))
        return Invitation.objects.for_answering().get(kind="line_manager")


def answer_while_another_is_asked(partnership, form, monkeypatch) -> object:
    """Whoever was asked first saves what they wrote while the team asks another; gives what came of it."""
    holder, being_asked = holder_of(form), threading.Event()
    with acting_in(partnership):
        team = actor_for(make_person(partnership, Role.TEAM))

    def send_slowly(*given, **named) -> None:
        being_asked.set()
        time.sleep(0.5)

    monkeypatch.setattr(notices, "send", send_slowly)

    def ask_another() -> None:
        ask_other_manager(actor=team, invitation=form, name="Mia", email="mia@nursery.example")

    def save() -> None:
        being_asked.wait(timeout=20)
        save_answers(actor=holder, invitation=form, answers={"example": "Written by Meg"})

    acts = [save, ask_another]

    def act() -> None:
        with acting_in(partnership):
            acts.pop()()

    (outcome,) = [one for one in together(2, act) if one is not None] or [None]
    return outcome


def test_a_link_that_is_replaced_while_it_is_used_answers_nothing(raced, form, monkeypatch):
    assert isinstance(answer_while_another_is_asked(raced, form, monkeypatch), PermissionDenied)
    with acting_in(raced):
        assert not Answer.objects.exists()
        assert Invitation.objects.get(pk=form.pk).respondent_name == "Mia"


def test_control_without_the_links_number_it_writes_into_the_other_managers_form(raced, form, monkeypatch):
    monkeypatch.setattr(links, "survey_nonce", lambda invitation: "")
    assert answer_while_another_is_asked(raced, form, monkeypatch) is None
    with acting_in(raced):
        assert Answer.objects.get().text == "Written by Meg"


@pytest.fixture
def tagged(raced):
    """An answer, two of the team with the page open, and what each ticks: one theme both, and one of their own."""
    ask_for_evaluations(raced, NOW)
    with acting_in(raced):
        invitation = Invitation.objects.for_answering().first()
        Invitation.objects.filter(pk=invitation.pk).update(closes_at=timezone.now() + timedelta(days=1))
        answer(Invitation.objects.for_answering().get(pk=invitation.pk))
        said = Answer.objects.get(invitation=invitation, question__key="pledge")
        themes = adopt_themes(actor=job(raced), themes=portal_themes()[:3], from_portal=True)
        people = [make_person(raced, Role.TEAM) for _ in range(2)]
    ticks = [(people[0], [themes[0], themes[2]]), (people[1], [themes[1], themes[2]])]

    def tick():
        person, chosen = ticks.pop()
        with acting_in(raced):
            added = frozenset(one.pk for one in chosen)
            tagged = tag_answers(actor=actor_for(person), changes=[Retagging(said.pk, added, frozenset())])
            return tagged.changed

    return said, themes, tick


def test_two_who_tag_at_once_keep_each_others_themes(raced, tagged):
    said, themes, tick = tagged
    assert together(2, tick) == [1, 1]
    with acting_in(raced):
        assert {one.theme_id for one in said.theme_tags.all()} == {one.pk for one in themes}


def test_control_without_the_lock_one_of_two_taggers_is_refused(raced, tagged, monkeypatch):
    _, _, tick = tagged
    barrier, write = threading.Barrier(2), ThemeTag.objects.bulk_create

    def write_together(rows):
        barrier.wait(10)
        return write(rows)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
    monkeypatch.setattr(ThemeTag.objects, "bulk_create", write_together)
    outcomes = together(2, tick)
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1


@pytest.fixture
def merging(raced):
    """Somebody merges a theme into another while three others tag with it: what each of the four does."""
    ask_for_evaluations(raced, NOW)
    with acting_in(raced):
        later = timezone.now() + timedelta(days=1)
        Invitation.objects.update(closes_at=later)
        for invitation in Invitation.objects.for_answering()[:3]:
            answer(invitation)
        said = list(Answer.objects.filter(question__key="pledge", invitation__state="answered"))
        old, new = adopt_themes(actor=job(raced), themes=portal_themes()[:2], from_portal=True)
        team = actor_for(make_person(raced, Role.TEAM))
    acts = [lambda: merge_theme(actor=team, theme=old, into=new)]
    for one in said:
        change = [Retagging(one.pk, frozenset({old.pk}), frozenset())]
        acts.append(lambda change=change: tag_answers(actor=team, changes=change))

    def act():
        mine = acts.pop()
        with acting_in(raced):
            return mine()

    return old, new, act


def test_whoever_tags_while_themes_are_merged_is_done_before_or_told(raced, merging):
    old, new, act = merging
    outcomes = together(4, act)
    refused = [one for one in outcomes if isinstance(one, tagging.Retagged) and one.retired]
    assert not [one for one in outcomes if isinstance(one, Exception)]
    with acting_in(raced):
        assert not ThemeTag.objects.filter(theme=old).exists()
        assert ThemeTag.objects.filter(theme=new).count() == 3 - len(refused)


def test_control_without_the_lock_the_database_has_to_refuse_the_tag(raced, merging, monkeypatch):
    old, _, act = merging
    barrier = threading.Barrier(4)

    def wait_and_hold(actor, touched):
        barrier.wait(10)
        time.sleep(0.3)
        return set(touched), {}

    def wait_and_look(theme, into):
        barrier.wait(10)
        return merged_themes.Merged(0, 0)

    monkeypatch.setattr(tagging, "_offered", wait_and_hold)
    monkeypatch.setattr(merged_themes, "what_merges", wait_and_look)
    outcomes = together(4, act)
    assert sum(isinstance(one, IntegrityError) for one in outcomes) == 3
    with acting_in(raced):
        assert not ThemeTag.objects.filter(theme=old).exists()
