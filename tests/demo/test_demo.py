"""The demonstration: who can be tried, the mailbox, the clock, and nothing of it anywhere else."""

from datetime import time, timedelta
from email.message import EmailMessage

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.management import CommandError, call_command
from django.utils import timezone

from bookings.models import Approval, Booking, GroupBooking
from bookings.queries import registers_outstanding
from bookings.reconciliation_desk import desk_of
from bookings.services.reconciliation import add_report
from courses.models import Session, SessionDate
from evaluations.models import Certificate, Invitation
from partnership_portal.demo import post
from partnership_portal.demo.cast import OPERATOR, PARTS
from partnership_portal.demo.loading import load, load_operator
from partnership_portal.demo.online import online_date
from partnership_portal.onboarding.reading import SHIPPED
from partnership_portal.pages.needs import BY_KEY, needs_of
from partnership_portal.working_days import UK, uk_date, uk_moment, uk_today
from partnerships.actors import actor_of
from partnerships.models import JoinRequest, Partnership, Person, User
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.architecture.addresses import every_address


@pytest.fixture
def _in_demonstration(settings) -> None:
    settings.PORTAL_DEMO = True
    settings.EMAIL_BACKEND = "partnership_portal.demo.mailbox.EmailBackend"


_PATHS = [one.path for one in every_address() if one.path.startswith("/demo/")]


@pytest.mark.parametrize("address", _PATHS)
def test_outside_a_demonstration_there_is_no_such_page(client, db, settings, address) -> None:
    settings.PORTAL_DEMO = False
    load_operator()
    assert client.get(address).status_code == 404
    assert client.post(address, {"email": OPERATOR}).status_code == 404
    assert "_auth_user_id" not in client.session


def test_made_up_people_are_loaded_into_a_demonstration_only(settings, db) -> None:
    settings.PORTAL_DEMO = False
    with pytest.raises(CommandError, match="PORTAL_DEMO"):
        call_command("load_demo")
    assert not Partnership.objects.exists()


@pytest.mark.usefixtures("_in_demonstration")
def test_one_click_signs_in_as_those_who_can_be_tried_and_nobody_else(client, partnership) -> None:
    load_operator()
    real = User.objects.create_user("real@example.org", "x", name="Real")
    assert client.post("/demo/sign-in/", {"email": real.email}).status_code == 404
    assert client.get("/demo/sign-in/").status_code == 405
    landed = client.post("/demo/sign-in/", {"email": OPERATOR}, follow=True)
    assert landed.redirect_chain[-1][0] == "/admin/" and landed.status_code == 200


@pytest.fixture
def letter(settings) -> post.Letter:
    message = EmailMultiAlternatives(
        "Your place", "Text with http://127.0.0.1/x", "a@example.org", ["Łucja <b@example.org>"]
    )
    message.attach_alternative("<p>Hello <script>alert(1)</script></p>", "text/html")
    message.attach('pla"n.ics', b"BEGIN:VCALENDAR", "text/calendar")
    get_connection("partnership_portal.demo.mailbox.EmailBackend").send_messages([message])
    return post.letter(post.names()[0])


@pytest.mark.usefixtures("_in_demonstration", "db")
def test_the_mailbox_shows_each_message_and_runs_nothing_of_it(client, letter) -> None:
    assert isinstance(letter.message, EmailMessage)
    assert "Your place" in client.get("/demo/mailbox/").content.decode()
    assert "Your place" not in client.get("/demo/mailbox/", {"to": "somebody else"}).content.decode()
    page = client.get(f"/demo/mailbox/{letter.name}/").content.decode()
    assert '<a href="http://127.0.0.1/x"' in page and "alert(1)" not in page
    framed = client.get(f"/demo/mailbox/{letter.name}/html/")
    policy = framed.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src 'none'" in policy and "sandbox" in policy
    kept = client.get(f"/demo/mailbox/{letter.name}/1/")
    assert kept.content == b"BEGIN:VCALENDAR"
    assert kept.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.usefixtures("_in_demonstration", "db")
@pytest.mark.parametrize("name", ["nothing", "..", "20260101-000000-000000-00000000"])
def test_the_mailbox_opens_no_other_file(client, name) -> None:
    assert client.get(f"/demo/mailbox/{name}/").status_code == 404


@pytest.mark.usefixtures("_in_demonstration", "db")
@pytest.mark.parametrize("name", ["herefordshire", "harrow"], ids=["certificate early", "certificate late"])
def test_everybody_who_can_be_tried_has_something_to_do(client, settings, name) -> None:
    file = SHIPPED / f"{name}.toml"
    assert load(file) is True
    assert load(file) is False, "a second start loads nothing"
    partnership = Partnership.objects.get(slug=name)
    now = timezone.now()
    with acting_in(partnership):
        people = {part.key: Person.objects.get(email_key=part.email(name)) for part in PARTS}
        to_answer = Invitation.objects.to_answer().filter(closes_at__gt=now)
        assert to_answer.filter(respondent=people["practitioner"]).count() >= 2
        assert to_answer.filter(respondent=people["practitioner"], kind="pre_course").exists()
        assert Certificate.objects.filter(booking__person=people["practitioner"]).exists()
        assert Booking.objects.filter(person=people["practitioner"], session__starts_at__gt=now).exists()
        assert Role.LINE_MANAGER in actor_of(people["manager"].user, partnership).roles
        assert JoinRequest.objects.visible_to(actor_of(people["lead"].user, partnership)).exists()
        outstanding = registers_outstanding(Session.objects.filter(partnership=partnership), now)
        own = outstanding.filter(session__trainer_links__person=people["trainer"])
        # Yesterday's; today's comes with it when the session has begun.
        assert own.filter(starts_at__lt=uk_moment(uk_date(now), time())).count() == 1
        assert to_answer.filter(respondent=people["observer"]).exists()
        states = set(Session.objects.values_list("status", flat=True))
        assert states == {"draft", "published", "cancelled"}
        assert Booking.objects.filter(state="waiting").exists()
        # Every list of the desk has something to show.
        assert {one.need.key for one in needs_of(actor_of(people["team"].user, partnership), now)} == set(
            BY_KEY
        )
        assert Booking.objects.filter(person=people["practitioner"], state="offered").exists()
        assert (
            GroupBooking.objects.get().bookings.filter(person__email="", booked_by=people["lead"]).count()
            == 2
        )
        for part in ("manager", "lead"):
            assert Approval.objects.waiting_for(actor_of(people[part].user, partnership)).exists()
    for part in PARTS:
        landed = client.post("/demo/sign-in/", {"email": part.email(name)}, follow=True)
        assert landed.status_code == 200
        assert landed.redirect_chain[-1][0] == f"/{name}/{'desk' if part.key == 'team' else 'me'}/"
    _try_the_reconciliation_desk(client, partnership, people["team"])
    reports = client.get(f"/{name}/desk/reports/")
    assert "Published" in reports.content.decode()
    later = now + timedelta(days=120)
    form = {
        "day_day": later.day,
        "day_month": later.month,
        "day_year": later.year,
        "partnership": partnership.pk,
    }
    done = client.post("/demo/clock/", form)
    assert done.status_code == 200
    told = done.context["done"][0]
    # Whoever has no email address is asked, but gets no message.
    assert 0 < told.unreachable < told.invitations <= told.messages + told.unreachable
    again = client.post("/demo/clock/", form)
    assert (again.context["done"][0].messages, again.context["done"][0].invitations) == (0, 0), (
        "nobody is asked twice"
    )


def _try_the_reconciliation_desk(client, partnership, team) -> None:
    """The report to download has something of everything for the online session whose register is open."""
    answer = client.get(f"/demo/meeting-report/{partnership.slug}/")
    assert "attachment" in answer["Content-Disposition"]
    with acting_in(partnership):
        date = online_date(partnership)
        add_report(actor=actor_of(team.user, partnership), session_date=date, content=answer.content)
        desk = desk_of(partnership, date)
        found = {group: len(entries) for group, _, entries in desk.groups}
        assert found == {"probable": 2, "matched": 9, "unknown": 1, "trainer": 1}
        assert {place.proposal for place in desk.places} == {"present", "in part", "absent"}
        assert len(desk.missing) == 3


@pytest.mark.usefixtures("_in_demonstration", "db")
def test_also_on_a_saturday_the_trainer_has_a_session_today_and_nobody_trains_at_night() -> None:
    today = uk_today()
    saturday = today + timedelta(days=(5 - today.weekday()) % 7)
    load(SHIPPED / "herefordshire.toml", now=uk_moment(saturday, time(10)))
    partnership = Partnership.objects.get(slug="herefordshire")
    with acting_in(partnership):
        trainer = Person.objects.get(email_key="trainer@herefordshire.example")
        days = SessionDate.objects.filter(session__trainer_links__person=trainer).select_related("session")
        (one,) = [date for date in days if uk_date(date.starts_at) == saturday]
        assert one.session.status == "published" and one.session.places_taken > 0
        for date in SessionDate.objects.all():
            starts, ends = date.starts_at.astimezone(UK), date.ends_at.astimezone(UK)
            assert time(9) <= starts.time() and ends.time() <= time(17, 30), (starts, ends)


@pytest.mark.usefixtures("_in_demonstration", "db")
def test_the_clock_asks_for_a_real_day(client) -> None:
    page = client.post("/demo/clock/", {"day_day": "31", "day_month": "2", "day_year": "2027"})
    assert "must be a real date" in page.content.decode()
