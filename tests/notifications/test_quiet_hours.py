"""Quiet hours: nothing that can wait disturbs anybody at night, on a weekend or a bank holiday."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from notifications.models import Message
from notifications.outbox import drop_unsent, queue_message
from notifications.quiet import next_allowed
from notifications.tasks import sweep_outboxes
from partnership_portal.working_days import is_working_day
from partnerships.policy import MessagesPolicy
from tests.factories import clause, make_person

UK = ZoneInfo("Europe/London")
DEFAULT = MessagesPolicy()


def rules(**values) -> MessagesPolicy:
    return MessagesPolicy.model_validate({name: clause(value) for name, value in values.items()})


@pytest.mark.parametrize(
    ("moment", "allowed"),
    [
        pytest.param("2026-11-24 06:59", "2026-11-24 07:00", id="before the morning"),
        pytest.param("2026-11-24 07:00", "2026-11-24 07:00", id="at seven"),
        pytest.param("2026-11-24 19:59", "2026-11-24 19:59", id="in the evening"),
        pytest.param("2026-11-24 20:00", "2026-11-25 07:00", id="at eight"),
        pytest.param("2026-11-25 00:00", "2026-11-25 07:00", id="at midnight"),
        pytest.param("2026-11-27 20:00", "2026-11-30 07:00", id="Friday night waits for Monday"),
        pytest.param("2026-11-28 12:00", "2026-11-30 07:00", id="Saturday noon waits for Monday"),
        pytest.param("2026-12-24 21:00", "2026-12-29 07:00", id="Christmas, with its substitute on Monday"),
        pytest.param("2027-03-25 20:30", "2027-03-30 07:00", id="Easter, and the clocks go forward"),
        pytest.param("2026-03-28 23:30", "2026-03-30 07:00", id="the night in which the clocks go forward"),
        pytest.param("2026-10-24 23:30", "2026-10-26 07:00", id="the night in which the clocks go back"),
    ],
)
def test_what_can_wait_goes_on_the_next_working_morning(moment, allowed) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UK) for text in (moment, allowed))
    assert next_allowed(DEFAULT, start.astimezone(UTC)) == end.astimezone(UTC)


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        # 20:00 to 07:00 are eleven hours, but the night before summer time has ten and the one after it twelve.
        (datetime(2026, 3, 28, 20, tzinfo=UK), 10),
        (datetime(2026, 3, 29, 20, tzinfo=UK), 11),
        (datetime(2026, 10, 24, 20, tzinfo=UK), 12),
    ],
)
def test_a_night_is_as_long_as_the_clocks_make_it(moment, hours) -> None:
    start = moment.astimezone(UTC)
    assert next_allowed(rules(weekends=True), start) - start == timedelta(hours=hours)


def test_the_second_half_past_one_of_the_autumn_night_is_quiet_too() -> None:
    for hour in (0, 1):
        moment = datetime(2026, 10, 25, hour, 30, tzinfo=UTC)
        assert next_allowed(rules(weekends=True), moment) == datetime(2026, 10, 25, 7, tzinfo=UTC)


def test_the_same_time_twice_means_no_quiet_hours() -> None:
    moment = datetime(2026, 11, 24, 23, tzinfo=UTC)
    assert next_allowed(rules(quiet_from="20:00", quiet_until="20:00"), moment) == moment


def test_hours_that_make_no_night_are_refused() -> None:
    with pytest.raises(ValueError, match="quiet_until is a time of the morning"):
        rules(quiet_from="07:00", quiet_until="20:00")


@given(
    minutes=st.integers(0, 60 * 24 * 365 * 2),
    weekends=st.booleans(),
    opens=st.integers(0, 11),
    night=st.integers(12, 23),
)
def test_a_moment_allowed_is_never_before_never_quiet_and_stays_allowed(
    minutes, weekends, opens, night
) -> None:
    some = rules(quiet_from=f"{night:02}:00", quiet_until=f"{opens:02}:00", weekends=weekends)
    moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    allowed = next_allowed(some, moment)
    local = allowed.astimezone(UK)
    assert allowed >= moment and opens <= local.hour < night
    assert weekends or is_working_day(local.date())
    assert next_allowed(some, allowed) == allowed


NIGHT = datetime(2026, 11, 24, 23, tzinfo=UTC)
MORNING = datetime(2026, 11, 25, 7, tzinfo=UTC)


@pytest.fixture
def held(settings, partnership):
    """Queue something at night that can wait."""
    settings.PORTAL_QUIET_HOURS = True
    person = make_person(partnership)

    def queue(**changes) -> Message:
        return queue_message(
            partnership=partnership,
            **{
                "purpose": "join_request_accepted",
                "subject_key": "request:1",
                "values": {"organisation": "Oak Tree"},
                "person": person,
                "now": NIGHT,
                **changes,
            },
        )

    return queue


def test_a_message_of_the_night_waits_until_the_morning(
    held, settings, django_capture_on_commit_callbacks
) -> None:
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"
    with django_capture_on_commit_callbacks(execute=True):
        message = held()
    assert message.not_before == MORNING
    message.refresh_from_db()
    assert message.state == "queued"
    Message.objects.update(not_before=timezone.now() + timedelta(minutes=1))
    sweep_outboxes()
    message.refresh_from_db()
    assert message.state == "queued"
    # Two sweeps at once, or one after the other, send it once.
    Message.objects.update(not_before=timezone.now())
    for _ in range(2):
        sweep_outboxes()
    message.refresh_from_db()
    assert (message.state, message.attempts) == ("sent", 1)
    assert len(list(settings.DEMO_MAILBOX_DIR.glob("*.eml"))) == 1


@pytest.mark.parametrize(
    ("changes", "not_before"),
    [
        ({}, MORNING),
        ({"at_once": True}, None),
        ({"no_later_than": MORNING}, MORNING),
        ({"no_later_than": MORNING - timedelta(minutes=1)}, None),
        ({"now": MORNING}, None),
        ({"purpose": "waiting_left", "values": None}, None),
    ],
)
def test_what_is_urgent_or_answers_somebody_goes_at_night_too(held, changes, not_before) -> None:
    if changes.get("values", "") is None:
        from bookings.message_kinds import LEFT

        changes = {**changes, "values": {one.name: one.example for one in LEFT.placeholders}}
    assert held(**changes).not_before == not_before


def test_what_is_no_longer_true_is_not_sent_in_the_morning(held, partnership) -> None:
    keys = ["booking:1", "booking:1:2", "booking:12", "booking:2"]
    for key in keys:
        held(subject_key=key)
    drop_unsent(partnership, "booking:1")
    dropped = set(Message.objects.filter(state="dropped").values_list("subject_key", flat=True))
    assert dropped == {"booking:1", "booking:1:2"}
    Message.objects.update(not_before=None)
    sweep_outboxes()
    assert set(Message.objects.exclude(state="sent").values_list("subject_key", flat=True)) == dropped
