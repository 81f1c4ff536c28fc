"""The register on a phone, where the line drops while a mark is being saved."""

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from bookings.check_in_codes import code_for
from bookings.models import Attendance, Booking
from courses.models import SessionDate
from partnerships.models import PolicyVersion
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun
from tests.browser import assert_accessible
from tests.factories import make_partnership, make_person, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def room(db):
    """A session that has begun, its trainer and twelve people."""
    partnership = make_partnership("phoneshire")
    with acting_in(partnership):
        trainer = make_person(partnership, Role.TRAINER, name="Tina Trainer")
        session = make_session(partnership, trainers=(trainer,))
        version = PolicyVersion.objects.get(partnership=partnership)
        for number in range(12):
            person = make_person(partnership, account=False, name=f"Learner {number:02}")
            Booking.objects.create(
                partnership=partnership,
                session=session,
                person=person,
                organisation=person.memberships.get().organisation,
                state="confirmed",
                booked_at=session.starts_at,
                policy_version=version,
            )
        begun(session)
        address = f"/phoneshire/training/sessions/{session.pk}/register/{session.dates.get().pk}/"
    return partnership, trainer, address


def marks(partnership) -> dict[str, str]:
    with acting_in(partnership):
        return dict(Attendance.objects.values_list("booking__person__name", "mark"))


def tap(page, name: str, mark: str = "Present") -> None:
    page.get_by_role("button", name=f"{mark} {name}", exact=True).click()


def test_nothing_is_lost_when_the_line_drops_while_saving(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    assert_accessible(page)
    tap(page, "Learner 00")
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    # The portal gets this one, and its answer is lost on the way.
    page.route(f"**{address}", lambda route: (route.fetch(), route.abort()))
    tap(page, "Learner 01")
    expect(page.get_by_text("1 tap is kept on this phone")).to_be_visible()
    page.unroute(f"**{address}")
    page.context.set_offline(True)
    tap(page, "Learner 02", "Absent")
    tap(page, "Learner 03")
    tap(page, "Learner 03", "Absent")
    expect(page.get_by_text("4 taps are kept on this phone")).to_be_visible()
    assert_accessible(page)
    assert set(marks(partnership)) <= {"Learner 00", "Learner 01"}
    page.context.set_offline(False)
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    assert marks(partnership) == {
        "Learner 00": "present",
        "Learner 01": "present",
        "Learner 02": "absent",
        "Learner 03": "absent",
    }
    expect(page.locator("[data-count=open]")).to_have_text("8")


def test_what_waits_is_sent_after_the_page_was_closed(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    page.context.set_offline(True)
    tap(page, "Learner 05")
    expect(page.get_by_text("Present: waiting for the line")).to_be_visible()
    page.close()
    assert marks(partnership) == {}
    page = page.context.new_page()
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    assert marks(partnership) == {"Learner 05": "present"}
    page.get_by_role("button", name="Undo Learner 05").click()
    expect(page.locator("[data-count=open]")).to_have_text("12")
    assert marks(partnership) == {}


def test_signed_out_meanwhile(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    tap(page, "Learner 06")
    expect(page.get_by_text("You are signed out. Load this page again and sign in.")).to_be_visible()
    assert marks(partnership) == {}
    page.context.add_cookies(cookies)
    page.reload()
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    assert marks(partnership) == {"Learner 06": "present"}


def test_a_tap_that_is_refused_shows_what_the_register_has(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    with acting_in(partnership):
        Booking.objects.filter(person__name="Learner 01").update(state="cancelled")
    tap(page, "Learner 01")
    expect(page.get_by_text("no longer has a place")).to_be_visible()
    button = page.get_by_role("button", name="Present Learner 01", exact=True)
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page.locator("li", has_text="Learner 01")).to_have_attribute("data-mark", "")


def test_a_tap_goes_as_a_form_where_the_phone_has_no_room(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    page.evaluate("() => { Storage.prototype.setItem = () => { throw new Error('full'); }; }")
    with page.expect_navigation():
        tap(page, "Learner 02")
    assert marks(partnership) == {"Learner 02": "present"}


def test_buttons_are_large_and_the_list_grows_shorter(room, open_browser) -> None:
    _, trainer, address = room
    page = open_browser(trainer.user, width=320)
    page.goto(address)
    for name in ("Present", "Absent"):
        box = page.get_by_role("button", name=f"{name} Learner 00").bounding_box()
        assert min(box["width"], box["height"]) >= 44
    page.get_by_label("Find a name").fill("learner 03")
    assert page.locator("[data-booking]:visible").count() == 1


def test_without_javascript_the_focus_comes_back_to_the_person(room, open_browser) -> None:
    partnership, trainer, address = room
    page = open_browser(trainer.user, width=320, javascript=False)
    page.goto(address)
    tap(page, "Learner 07")
    assert page.url.endswith(
        "#person-" + page.locator("li", has_text="Learner 07").get_attribute("data-booking")
    )
    row = page.locator("li", has_text="Learner 07")
    expect(row.get_by_text("Present", exact=True).last).to_be_visible()
    expect(row).to_be_focused()
    page.get_by_role("button", name="Mark everybody else absent").click()
    expect(page.get_by_text("11 marked absent")).to_be_visible()
    assert sorted(marks(partnership).values()).count("absent") == 11


def test_a_walk_in_is_added_at_the_door_and_checks_in_others_by_the_code(room, open_browser) -> None:
    _, trainer, address = room
    page = open_browser(trainer.user, width=320, javascript=False)
    page.goto(address)
    page.get_by_role("link", name="Add somebody who came without a booking").click()
    page.get_by_role("button", name="Add and mark present").click()
    expect(page).to_have_title(re.compile("^Error: "))
    page.get_by_label("Full name").fill("Nell Newcomer")
    page.get_by_label("Organisation").fill("A place that nobody knows")
    page.get_by_role("button", name="Add and mark present").click()
    expect(page.get_by_text("Nell Newcomer is on the register and marked present.")).to_be_visible()
    checked = open_browser(trainer.user)
    for name in ("Add somebody", "Show the code", "Codes for people without"):
        checked.goto(address)
        # Followed by its address, so that the page is whole before axe looks at it.
        link = checked.get_by_role("link", name=name).evaluate("link => link.href")
        checked.goto(link)
        assert_accessible(checked)


def test_checking_in_on_a_phone(room, open_browser) -> None:
    partnership, _, _ = room
    with acting_in(partnership):
        date = SessionDate.objects.get()
        learner = Booking.objects.get(person__name="Learner 04").person.email
        path = f"/phoneshire/check-in/{code_for(date, timezone.now())}/"
    page = open_browser(width=320)
    page.goto(path)
    assert_accessible(page)
    page.get_by_role("button", name="I am here").click()
    expect(page.get_by_role("link", name="Enter the email address that you were booked with")).to_be_visible()
    page.get_by_label("Email address of your booking").fill(learner)
    page.get_by_role("button", name="I am here").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert_accessible(page)
    assert marks(partnership) == {"Learner 04": "present"}
