"""In Chromium: a manager on a phone without JavaScript, what is shared side by side, and the team on the telephone."""

from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from courses.models import SessionTrainer
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.links import learner_link, survey_token
from evaluations.models import Invitation
from notifications.models import Message
from partnerships.models import Partnership, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import make_course, make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

PLAN = "Ask the child alone"
LONG = "Bartholomew-Featherstonehaugh O’Shaughnessy-Wolverhampton"


@pytest.fixture
def shire(db) -> Partnership:
    """A partnership with somebody who has evaluated and is asked about the impact, and their manager."""
    partnership = make_partnership("browsershire")
    with acting_in(partnership):
        adopt(partnership)
        course = make_course(partnership, asks_line_manager=True, title="Child Neglect Overview")
        learner = make_person(
            partnership, name=LONG, line_manager_name="Meg Manager", line_manager_email="meg@nursery.example"
        )
        booking = booked(held(partnership, days_ago=100, course=course), person=learner)
    ask_for_evaluations(partnership, booking.session.ends_at)
    with acting_in(partnership):
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
        answer(asked("evaluation"), share=True, pledge=PLAN, pledge_by="2027-03-01")
    ask_about_impact(partnership, timezone.now())
    return partnership


def asked(kind: str) -> Invitation:
    return Invitation.objects.for_answering().get(kind=kind)


def link(partnership: Partnership, kind: str) -> str:
    with acting_in(partnership):
        return reverse("evaluations:survey", args=[partnership.slug, survey_token(asked(kind))])


def go(page: Page, button: str) -> None:
    page.get_by_role("button", name=button, exact=True).click()


def test_a_manager_answers_and_shares_on_a_phone_without_javascript(shire, open_browser) -> None:
    page = open_browser(width=320, javascript=False)
    page.goto(link(shire, "line_manager"))
    expect(page.get_by_text(f"After the course {LONG} said they would:")).to_be_visible()
    expect(page.get_by_text(PLAN)).to_be_visible()
    go(page, "Start")
    page.get_by_role("group", name="Have you seen a change").get_by_label("Yes, clearly").check()
    page.get_by_label("What have you seen").fill("She asks better questions")
    page.get_by_role("group", name="Have you talked about the course").get_by_label("Yes").check()
    go(page, "Save and continue")
    page.get_by_label(f"Share these answers with {LONG}").check()
    go(page, "Send answers")
    page.get_by_role("link", name="What you and").click()
    expect(page.get_by_text("She asks better questions")).to_be_visible()
    expect(page.get_by_text(f"Shared with {LONG}")).to_be_visible()
    expect(page.get_by_text("The impact evaluation has not been answered.")).to_be_visible()


def test_every_page_of_managers_and_learners(shire, open_browser) -> None:
    page = open_browser()
    form, impact = link(shire, "line_manager"), link(shire, "impact")
    for address in (form, f"{form}1/", f"{form}left/", f"{form}not-manager/", f"{impact}left/"):
        assert page.goto(address).status == 200
        assert_accessible(page)
    page.goto(f"{form}not-manager/")
    page.get_by_label("Email address of the line manager").fill("nobody")
    go(page, "I am not the line manager")
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    with acting_in(shire):
        answer(asked("impact"), share=True, practice="I asked three children alone")
        answer(asked("line_manager"), share=True, example="She asks better questions")
        told = Message.objects.get(purpose="survey-shared", to_email="meg@nursery.example")
        shared = next(word for word in told.text.split() if "/s/supervision-" in word)
        booking = asked("impact").booking
    for address in (f"{form}sent/", f"{impact}sent/", "/" + shared.split("/", 3)[3]):
        assert page.goto(address).status == 200
        assert_accessible(page)
    page = open_browser(booking.person.user)
    for name, more in (("my_surveys", []), ("my_supervision", [booking.pk])):
        page.goto(reverse(f"evaluations:{name}", args=[shire.slug, *more]))
        expect(page.get_by_role("heading", name="supervision").first).to_be_visible()
        assert_accessible(page)
    page.get_by_role("button", name="Stop sharing").last.click()
    expect(page.get_by_text("You no longer share your answers.")).to_be_visible()


def test_the_team_on_the_telephone(shire, open_browser) -> None:
    with acting_in(shire):
        team = make_person(shire, Role.TEAM, name="Tess Team")
        session, booking = asked("impact").session, asked("impact").booking
    page = open_browser(team.user)
    page.goto(reverse("evaluations:desk_supervision", args=[shire.slug, booking.pk]))
    expect(page.get_by_role("heading", name="supervision").first).to_be_visible()
    assert_accessible(page)
    for name in ("surveys", "survey_courses"):
        page.goto(reverse(f"evaluations:{name}", args=[shire.slug]))
        assert_accessible(page)
    page.goto(reverse("evaluations:chase", args=[shire.slug, session.pk]))
    assert_accessible(page)
    page.get_by_role("link", name="Meg Manager").click()
    assert_accessible(page)
    page.get_by_role("link", name="Type in what they say").or_(
        page.get_by_role("button", name="Type in what they say")
    ).click()
    assert_accessible(page)
    go(page, "Start")
    page.get_by_role("group", name="Have you seen a change").get_by_label("Some change").check()
    page.get_by_role("group", name="Have you talked about the course").get_by_label("No").check()
    assert_accessible(page)
    go(page, "Save and continue")
    expect(page.get_by_role("button", name="Send answers")).to_be_visible()
    expect(page.get_by_label("Share these answers")).to_have_count(0)
    assert_accessible(page)
    go(page, "Send answers")
    expect(page.get_by_text("Typed in by Tess Team")).to_be_visible()
    page.goto(reverse("evaluations:chase", args=[shire.slug, session.pk]))
    page.get_by_role("link", name=LONG, exact=False).first.click()
    page.get_by_role("button", name="has left").click()
    expect(page.get_by_role("button", name="End the membership today")).to_be_visible()
    assert_accessible(page)
    page.goto(reverse("pages:desk", args=[shire.slug]))
    expect(page.get_by_role("heading", name="Has left, or is not the manager")).to_be_visible()
    assert_accessible(page)


def test_what_is_typed_is_kept_without_a_button_and_through_a_drop_of_the_line(shire, open_browser) -> None:
    def kept(key: str) -> str:
        with acting_in(shire):
            found = asked("impact").answers.filter(question__key=key).first()
            return found.text if found else ""

    page = open_browser(width=320)
    page.goto(link(shire, "impact"))
    go(page, "Start")
    page.get_by_role("radio").first.check()
    go(page, "Save and continue")
    first, second = page.get_by_role("textbox").first, page.get_by_role("textbox").nth(1)
    first.fill("I asked three children al")
    expect(page.get_by_text("Saved at")).to_be_visible(timeout=20_000)
    key, other = (one.get_attribute("name") for one in (first, second))
    assert kept(key) == "I asked three children al"
    assert_accessible(page)
    page.context.set_offline(True)
    first.fill("I asked three children alone")
    expect(page.get_by_text("There is no connection.")).to_be_visible(timeout=20_000)
    assert_accessible(page)
    here = page.url
    go(page, "Save and continue")
    expect(first).to_have_value("I asked three children alone")
    assert page.url == here and kept(key) == "I asked three children al"
    page.context.set_offline(False)
    expect(page.get_by_text("Saved at")).to_be_visible(timeout=20_000)
    expect(page.get_by_text("There is no connection.")).not_to_be_visible()
    assert kept(key) == "I asked three children alone"
    # A press right after the last letter saves and goes on, and what was emptied is gone.
    second.fill("They go to the youth club")
    page.keyboard.press("Tab")
    first.fill("")
    go(page, "Save and come back later")
    expect(page.get_by_text("Your answers so far are saved")).to_be_visible()
    assert (kept(key), kept(other)) == ("", "They go to the youth club")


def test_a_page_that_can_not_be_answered_any_more_says_so_while_one_types(shire, open_browser) -> None:
    page = open_browser()
    page.goto(f"{link(shire, 'line_manager')}1/")
    with acting_in(shire):
        answer(asked("line_manager"))
    page.get_by_label("What have you seen").fill("She asks better questions")
    expect(page.get_by_text("this can’t be answered any more")).to_be_visible(timeout=20_000)
    go(page, "Save and continue")
    expect(page.get_by_role("heading", name="You have already answered")).to_be_visible()


def test_a_learner_without_an_address_opens_the_code_on_a_phone_without_javascript(
    shire, open_browser
) -> None:
    with acting_in(shire):
        impact = asked("impact")
        booking = impact.booking
        team, trainer = make_person(shire, Role.TEAM), make_person(shire, Role.TRAINER)
        SessionTrainer.objects.create(partnership=shire, session=booking.session, person=trainer)
        Person.objects.filter(pk=booking.person_id).update(email="", user=None)
        Invitation.objects.filter(pk=impact.pk).update(respondent_email="")
        code = urlsplit(learner_link(booking)).path
    phone, other = open_browser(width=320, javascript=False), open_browser()
    phone.goto(code)
    go(phone, "Open it on this phone or computer")
    expect(phone.get_by_text("Your code opens them nowhere else")).to_be_visible()
    # The plan was written before the code was opened.
    expect(phone.get_by_text(PLAN)).to_have_count(0)
    go(phone, "Start")
    go(phone, "Save and come back later")
    expect(phone.get_by_text("You can come back with your code, on this phone or computer.")).to_be_visible()
    other.goto(code)
    expect(other.get_by_role("heading", name="This code is not open here")).to_be_visible()
    assert_accessible(other)
    for person in (team, trainer):
        page = open_browser(person.user)
        page.goto(reverse("evaluations:codes", args=[shire.slug, booking.session_id]))
        assert_accessible(page)
    page = open_browser(team.user)
    page.goto(reverse("evaluations:code_new", args=[shire.slug, booking.pk]))
    assert_accessible(page)
    go(page, "Make a new code")
    expect(page.get_by_text("Not opened yet")).to_be_visible()
    with acting_in(shire):
        other.goto(urlsplit(learner_link(booking, 1)).path)
    assert_accessible(other)
    go(other, "Open it on this phone or computer")
    assert_accessible(other)
    phone.goto(code)
    expect(phone.get_by_role("heading", name="This code does not work")).to_be_visible()


def test_the_team_opens_it_again_on_a_phone_without_javascript(shire, open_browser) -> None:
    with acting_in(shire):
        team = make_person(shire, Role.TEAM, name="Tess Team")
        missed = asked("impact")
        Invitation.objects.filter(pk=missed.pk).update(state="closed", closes_at=timezone.now())
        record = reverse("compliance:organisation_person", args=[shire.slug, missed.booking.person_id])
    page, seeing = (open_browser(team.user, width=320, javascript=has) for has in (False, True))

    def check() -> None:
        # Axe needs JavaScript; the page itself does not.
        seeing.goto(page.url)
        assert_accessible(seeing)

    page.goto(record)
    check()
    page.goto(reverse("evaluations:chase", args=[shire.slug, missed.session_id]))
    expect(page.get_by_role("heading", name="Who missed it")).to_be_visible()
    check()
    page.get_by_role("region", name="People who missed it").get_by_role("link", name=LONG).click()
    check()
    page.get_by_role("button", name="Open it again").click()
    check()
    go(page, "Open it again")
    expect(page.get_by_role("link", name="Enter the reason")).to_be_visible()
    go(seeing, "Open it again")
    assert_accessible(seeing)
    page.get_by_label("Reason").fill("Was away")
    go(page, "Open it again")
    expect(page.get_by_text("It is open again until")).to_be_visible()
    check()
    with acting_in(shire):
        told = Message.objects.get(purpose="survey-opened_again")
        sent = next(word for word in told.text.split() if "/s/survey-" in word)
    page = open_browser(width=320, javascript=False)
    page.goto("/" + sent.split("/", 3)[3])
    expect(page.get_by_role("button", name="Start")).to_be_visible()
