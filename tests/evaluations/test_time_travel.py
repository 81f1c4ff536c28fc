"""Whole impact windows lived through day by day, and a mail server that is down for a day."""

from collections import Counter
from datetime import date, datetime, timedelta

import pytest
from django.core import mail
from django.db.models import F
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations, close_surveys, remind_and_close
from evaluations.models import Invitation
from notifications.models import Message
from notifications.tasks import sweep_outboxes
from partnership_portal.onboarding.reading import read_file, read_profile
from partnership_portal.schedule import JOBS
from partnership_portal.working_days import UK, is_working_day, uk_date
from partnerships.models import Partnership
from tests.evaluations.made import adopt as adopt_questionnaires
from tests.evaluations.made import answer, at, booked, held
from tests.factories import adopt, make_course, policy

# When the session ended, whose policy says the window and how far apart reminders are, the first day on which people
# may be asked, and the day on which it closes. Whoever never answers gets both reminders in it.
WINDOWS = {
    # Winter session, summer window: the clocks change on 29 March, Good Friday is 3 April 2026.
    "3-6 months over Easter": ("2026-01-05 16:30", "herefordshire", date(2026, 4, 5), date(2026, 7, 5)),
    "6-8 weeks over Easter": ("2026-02-18 16:30", "harrow", date(2026, 4, 1), date(2026, 4, 15)),
    # Summer session, winter window: the clocks change on 25 October, Christmas closes the offices.
    "3-6 months over Christmas": ("2026-09-24 16:30", "herefordshire", date(2026, 12, 24), date(2027, 3, 24)),
    "6-8 weeks over the autumn change": ("2026-09-02 16:30", "harrow", date(2026, 10, 14), date(2026, 10, 28)),
    # Three bank holidays in two weeks: the fewest working days that there can be.
    "6-8 weeks over Christmas": ("2026-11-11 16:30", "harrow", date(2026, 12, 23), date(2027, 1, 6)),
    "6-8 weeks over the spring bank holiday": ("2026-04-08 16:30", "harrow", date(2026, 5, 20), date(2026, 6, 3)),
}  # fmt: skip
PEOPLE = 5


def live_through(
    partnership: Partnership,
    first: date,
    last: date,
    *,
    answering: dict[date, int],
    clock: pytest.MonkeyPatch,
) -> None:
    """Every morning's jobs, twice on some days and not at all on others, and people who answer on their day."""
    day = first
    while day <= last:
        morning = datetime(day.year, day.month, day.day, 6, 30, tzinfo=UK)
        # The machine is down every ninth day, and every fourth a second worker does the same.
        for _ in range(0 if day.toordinal() % 9 == 0 else 2 if day.toordinal() % 4 == 0 else 1):
            ask_about_impact(partnership, morning)
            remind_and_close(partnership, morning)
        with clock.context() as noon:
            noon.setattr(timezone, "now", lambda: morning + timedelta(hours=6))  # noqa: B023 (called right here)
            for _ in range(answering.get(day, 0)):
                answer(Invitation.objects.filter(kind="impact").to_answer().order_by("pk").first())
        day += timedelta(days=1)


@pytest.mark.parametrize(("ended", "profile", "opens", "closes"), WINDOWS.values(), ids=WINDOWS)
def test_nobody_is_asked_twice_missed_or_reminded_after_answering(
    partnership, ended, profile, opens, closes, monkeypatch
) -> None:
    rules = read_profile(read_file(profile)).policy.impact
    ruled = policy(
        impact__window=rules.window.value.model_dump(),
        impact__reminders=rules.reminders.value,
        impact__reminder_working_days=rules.reminder_working_days.value,
    )
    adopt(partnership, ruled, at=at("2026-01-01"))
    adopt_questionnaires(partnership)
    course = make_course(partnership, asks_impact=True)
    session = held(partnership, course=course, starts_at=at(ended) - timedelta(hours=3))
    for _ in range(PEOPLE):
        booked(session)
    booked(session, state="did_not_attend")
    answering = {opens + timedelta(days=2): 1, opens + timedelta(days=9): 1}
    days = (opens - timedelta(days=3), closes + timedelta(days=3))
    live_through(partnership, *days, answering=answering, clock=monkeypatch)

    invitations = list(Invitation.objects.filter(kind="impact"))
    assert len(invitations) == len({one.booking_id for one in invitations}) == PEOPLE
    # Never before the window opens, nor later than the first morning on which the machine was up.
    assert {0 <= (uk_date(one.invited_at) - opens).days <= 2 for one in invitations} == {True}
    assert {uk_date(one.closes_at) for one in invitations} == {closes}
    assert {one.closes_at.astimezone(UK).hour for one in invitations} == {session.ends_at.astimezone(UK).hour}
    assert Counter(one.state for one in invitations) == {"answered": 2, "closed": PEOPLE - 2}
    asked = Message.objects.filter(purpose="survey-impact")
    assert asked.count() == asked.values("to_email").distinct().count() == PEOPLE
    for one in invitations:
        assert one.reminders_sent <= 2
        assert one.reminders_sent == 0 or is_working_day(one.last_asked_on)
        if one.answered_at is not None:
            assert one.last_asked_on <= uk_date(one.answered_at)
    assert {one.reminders_sent for one in invitations if one.state == "closed"} == {2}
    written = Message.objects.filter(purpose="survey-reminder").count()
    assert written == sum(one.reminders_sent for one in invitations)


def let_pass(hours: float) -> None:
    """Let time pass for the outbox: everything that was tried was tried so much earlier."""
    Message.objects.filter(claimed_at__isnull=False).update(
        claimed_at=F("claimed_at") - timedelta(hours=hours)
    )


def take_down(settings) -> None:
    """Take the mail server down: nothing listens there."""
    settings.EMAIL_BACKEND, settings.EMAIL_HOST, settings.EMAIL_PORT = (
        "django.core.mail.backends.smtp.EmailBackend",
        "127.0.0.1",
        1,
    )


def bring_back(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def test_a_mail_server_that_is_down_for_a_day_costs_nobody_a_survey(partnership, settings) -> None:
    take_down(settings)
    adopt_questionnaires(partnership)
    session = held(partnership)
    for _ in range(PEOPLE):
        booked(session)
    for _ in range(2):
        ask_for_evaluations(partnership, timezone.now())
    Message.objects.update(not_before=None)
    for _hour in range(25):
        sweep_outboxes()
        ask_for_evaluations(partnership, timezone.now())
        let_pass(hours=1)
    assert {one.state for one in Message.objects.all()} == {"queued"}

    bring_back(settings)
    for _hour in range(13):
        let_pass(hours=1)
        sweep_outboxes()
    recipients = [address for sent in mail.outbox for address in sent.to]
    assert len(recipients) == len(set(recipients)) == PEOPLE
    assert {one.state for one in Message.objects.all()} == {"sent"}


def test_a_day_without_mail_in_an_impact_window_reminds_nobody_who_has_answered_or_can_no_longer(
    partnership, settings, monkeypatch
) -> None:
    """The reminders of a morning wait all day; meanwhile one of three answers, and another's survey closes."""
    assert close_surveys in JOBS["frequent"].values()
    window = {"first": 6, "last": 8, "unit": "weeks"}
    adopt(partnership, policy(impact__window=window, impact__reminders=2), at=at("2026-01-01"))
    adopt_questionnaires(partnership)
    people = []
    # Of the last, the eight weeks end on the day without mail, at half past four.
    for ended in ("2026-09-02 16:30", "2026-09-02 16:30", "2026-08-27 16:30"):
        course = make_course(partnership, asks_impact=True)
        people.append(
            booked(held(partnership, course=course, starts_at=at(ended) - timedelta(hours=3))).person
        )
    answering, silent, closing = (one.email for one in people)

    def hour(moment: str) -> datetime:
        now = at(moment)
        monkeypatch.setattr(timezone, "now", lambda: now)
        return now

    def morning(day: str) -> None:
        now = hour(f"{day} 06:30")
        ask_about_impact(partnership, now)
        remind_and_close(partnership, now)

    def sent(purpose: str) -> list[str]:
        return sorted(
            Message.objects.filter(purpose=purpose, state="sent").values_list("to_email", flat=True)
        )

    morning("2026-10-15")
    sweep_outboxes()
    assert sent("survey-impact") == sorted([answering, silent, closing])
    take_down(settings)
    morning("2026-10-22")
    waiting = Message.objects.filter(purpose="survey-reminder", state="queued")
    assert waiting.count() == 3
    for clock in range(7, 24):
        now = hour(f"2026-10-22 {clock:02}:00")
        close_surveys(partnership, now)
        if clock == 12:
            answer(Invitation.objects.for_answering().get(kind="impact", respondent_email=answering))
        if clock == 20:
            bring_back(settings)
        sweep_outboxes()
    for clock in range(6):
        hour(f"2026-10-23 {clock:02}:00")
        sweep_outboxes()
    assert sent("survey-reminder") == [silent]
    for day in range(23, 31):
        morning(f"2026-10-{day}")
        sweep_outboxes()
    assert sent("survey-reminder") == [silent]
    assert sent("survey-impact") == sorted([answering, silent, closing])
    states = Invitation.objects.filter(kind="impact").values_list("respondent_email", "state")
    assert dict(states) == {answering: "answered", silent: "closed", closing: "closed"}
