"""What the portal refuses, as people see it: a plain sentence on a page of its own look, and nothing done by halves."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from bookings.models import Booking
from evaluations.jobs import ask_for_evaluations
from evaluations.links import survey_token
from evaluations.models import Invitation
from partnerships.models import Partnership
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import make_partnership, make_person, make_session
from tests.journeys import steps

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    partnership = make_partnership("refusalshire")
    with acting_in(partnership):
        adopt(partnership)
    return partnership


@pytest.fixture
def own(shire):
    """Somebody who wants a place."""
    with acting_in(shire):
        return make_person(shire)


def told(page: Page, sentence: str) -> None:
    """The page says this, in the portal's look, and everybody can read it."""
    assert page.get_by_text(sentence).first.is_visible(), page.inner_text("main")
    expect(page.locator(".portal-masthead")).to_be_visible()
    assert page.get_by_role("heading", level=1).count() == 1
    assert_accessible(page)


def bookings(partnership: Partnership) -> int:
    with acting_in(partnership):
        return Booking.objects.count()


def test_sessions_that_cannot_be_booked(shire, own, open_browser):
    now = timezone.now()
    refused = [
        ({"starts_at": now - timedelta(days=2)}, 409, "This session is over."),
        ({"starts_at": now - timedelta(minutes=10)}, 409, "This session has already begun."),
        ({"status": "cancelled"}, 409, "This session has been cancelled."),
        ({"booking_closes_at": now - timedelta(hours=1)}, 409, "Booking for this session has closed."),
        ({"status": "draft"}, 404, "If you typed the web address"),
    ]
    page = open_browser(own.user)
    for fields, status, sentence in refused:
        with acting_in(shire):
            session = make_session(shire, **fields)
        response = page.goto(f"/refusalshire/sessions/{session.pk}/book/")
        assert response.status == status, sentence
        told(page, sentence)
    assert bookings(shire) == 0


def test_last_place_goes_while_the_form_is_open(shire, own, open_browser):
    with acting_in(shire):
        session, quicker = make_session(shire, capacity=1), make_person(shire)
    page = open_browser(own.user)
    page.goto(f"/refusalshire/sessions/{session.pk}/book/")
    other = open_browser(quicker.user)
    other.goto(f"/refusalshire/sessions/{session.pk}/book/")
    steps.book(other)
    page.get_by_label("Is there anything you need to take part?").fill("A hearing loop")
    page.get_by_label("My manager agrees", exact=False).check()
    page.get_by_role("button", name="Book the place").click()
    told(page, "The last place on this session has just gone.")
    assert bookings(shire) == 1
    assert page.get_by_label("Is there anything you need to take part?").input_value() == "A hearing loop"
    page.get_by_role("button", name="Join the waiting list").click()
    told(page, "You are on the waiting list.")


def test_second_booking_shows_the_first(shire, own, open_browser):
    with acting_in(shire):
        session = make_session(shire)
    first, second = open_browser(own.user), open_browser(own.user)
    for page in (first, second):
        page.goto(f"/refusalshire/sessions/{session.pk}/book/")
    steps.book(first)
    second.get_by_label("My manager agrees", exact=False).check()
    second.get_by_role("button", name="Book the place").click()
    assert second.url == first.url
    told(second, "already")
    first.goto(f"/refusalshire/sessions/{session.pk}/book/")
    assert first.url == second.url
    assert bookings(shire) == 1


def test_links_that_do_not_work(shire, open_browser):
    with acting_in(shire):
        session = held(shire)
        for _ in range(3):
            booked(session)
    ask_for_evaluations(shire, session.ends_at)
    with acting_in(shire):
        used, expired, good = Invitation.objects.for_answering().order_by("pk")
        answer(used)
        Invitation.objects.filter(pk=expired.pk).update(closes_at=timezone.now() - timedelta(minutes=1))
    page = open_browser()
    token = survey_token(good)
    refused = [
        (
            f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}",
            404,
            "This link is not complete or has been changed.",
        ),
        (token[:10], 404, "This link is not complete or has been changed."),
        (survey_token(used), 409, "You have already answered"),
        (survey_token(expired), 410, "This survey is closed"),
    ]
    for one, status, sentence in refused:
        assert page.goto(f"/refusalshire/s/survey-{one}/").status == status
        told(page, sentence)
    # Whoever was in the middle of answering when the survey closed is told the same.
    page.goto(f"/refusalshire/s/survey-{token}/1/")
    with acting_in(shire):
        Invitation.objects.filter(pk=good.pk).update(closes_at=timezone.now() - timedelta(minutes=1))
    for group in page.get_by_role("group").all():
        group.get_by_role("radio").first.check()
    with page.expect_navigation():
        page.get_by_role("button", name="Save and continue").click()
    told(page, "This survey is closed")


def test_form_whose_cookie_is_gone(shire, own, open_browser):
    with acting_in(shire):
        session = make_session(shire)
    page = open_browser(own.user)
    page.goto(f"/refusalshire/sessions/{session.pk}/book/")
    page.context.clear_cookies(name="csrftoken")
    page.get_by_label("My manager agrees", exact=False).check()
    page.get_by_role("button", name="Book the place").click()
    told(page, "Your page was out of date")
    assert bookings(shire) == 0


def test_other_partnerships_objects_are_not_found(shire, own, open_browser):
    neighbour = make_partnership("neighbourshire")
    with acting_in(neighbour):
        session = make_session(neighbour)
        theirs = booked(session, state="confirmed")
    page = open_browser(own.user)
    for path in (
        f"sessions/{session.pk}/",
        f"sessions/{session.pk}/book/",
        f"courses/{session.course.slug}/",
        f"me/bookings/{theirs.pk}/",
        f"me/bookings/{theirs.pk}/cancel/",
    ):
        assert page.goto(f"/refusalshire/{path}").status == 404, path
    told(page, "Page not found")
    assert page.goto("/refusalshire/desk/").status == 403
    expect(page.locator(".portal-masthead")).to_be_visible()
    assert_accessible(page)
    assert page.goto("/nowhere/").status == 404
    told(page, "Page not found")
