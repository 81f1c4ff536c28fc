"""Writing a questionnaire in Chromium, every page accessible, and answering it on a phone without JavaScript."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import Page, expect

from evaluations.jobs import ask_for_evaluations
from evaluations.links import survey_token
from evaluations.models import Answer, Invitation, Questionnaire
from partnerships.models import Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, booked, held
from tests.factories import make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    partnership = make_partnership("browsershire")
    with acting_in(partnership):
        adopt(partnership)
        booked(held(partnership))
    return partnership


def save(page: Page) -> None:
    assert_accessible(page)
    page.get_by_role("button", name="Save", exact=False).last.click()


def add_page(page: Page, heading: str) -> None:
    page.get_by_role("button", name="Add a page").click()
    page.get_by_label("Heading of the page").fill(heading)
    save(page)


def add_question(page: Page, to: str, kind: str, text: str) -> None:
    page.get_by_role("button", name=f"Add a question to the page “{to}”").click()
    page.get_by_role("radio", name=kind).check()
    page.get_by_role("button", name="Continue").click()
    page.get_by_label("Question", exact=True).fill(text)
    page.get_by_label("It must be answered").uncheck()


def fill_ends(page: Page, lowest: str, highest: str) -> None:
    page.get_by_label(f"Words at {lowest}").fill("Not at all")
    page.get_by_label(f"Words at {highest}").fill("Very")


def write_every_kind(page: Page) -> None:
    add_page(page, "First")
    add_question(page, "First", "Yes or no", "Have you used it?")
    page.get_by_label("Of whoever answers No").check()
    page.get_by_label("What to ask beside it").fill("What stopped you?")
    page.get_by_label("It must be answered").check()
    save(page)
    add_question(page, "First", "Scale from 1 to 5", "How useful was it?")
    fill_ends(page, "1", "5")
    save(page)
    add_question(page, "First", "Confidence from 0 to 10", "How sure are you?")
    fill_ends(page, "0", "10")
    save(page)
    add_page(page, "Second")
    add_question(page, "Second", "One of several", "Where?")
    page.get_by_label("Choice 1").fill("At home")
    save(page)
    expect(page.get_by_role("link", name="Enter at least two choices")).to_be_visible()
    page.get_by_label("Choice 3").fill("At school")
    # The key for the next line saves; it does not press a button that moves a choice.
    page.get_by_label("Choice 3").press("Enter")
    add_question(page, "Second", "Any of several", "With whom?")
    page.get_by_label("Choice 1").fill("Alone")
    page.get_by_label("Choice 2").fill("With a colleague")
    page.get_by_role("button", name="Add more boxes").click()
    page.get_by_label("Choice 6").fill("With the family")
    page.get_by_role("button", name="Move up choice 2").click()
    expect(page.get_by_label("Choice 1")).to_have_value("With a colleague")
    save(page)
    add_question(page, "Second", "Short text", "In one word?")
    save(page)
    add_question(page, "Second", "Long text", "How did you use it?")
    page.get_by_role("group", name="Only if “Have you used it?” is answered").get_by_label("Yes").check()
    save(page)
    add_question(page, "Second", "Date", "When?")
    save(page)
    add_question(page, "Second", "Several rows on one scale", "How was the day?")
    fill_ends(page, "1", "5")
    page.get_by_label("Row 1").fill("The room")
    page.get_by_label("Row 2").fill("The pace")
    save(page)


def try_in_the_frame(page: Page) -> None:
    page.get_by_role("link", name="Preview").click()
    assert_accessible(page)
    phone = page.frame_locator("iframe")
    phone.get_by_role("button", name="Start").click()
    phone.get_by_role("group", name="Have you used it?").get_by_label("Yes").check()
    phone.get_by_role("button", name="Save and continue").click()
    expect(phone.get_by_label("How did you use it?")).to_be_visible()
    expect(phone.get_by_role("group", name="How was the day?")).to_be_visible()
    phone.get_by_role("link", name="Start again").click()
    phone.get_by_role("button", name="Start").click()
    phone.get_by_role("group", name="Have you used it?").get_by_label("No").check()
    phone.get_by_role("button", name="Save and continue").click()
    expect(phone.get_by_role("heading", name="Second")).to_be_visible()
    expect(phone.get_by_label("How did you use it?")).to_have_count(0)
    page.get_by_role("link", name="Try it without the frame").click()
    page.get_by_role("button", name="Start").click()
    assert_accessible(page)


def test_a_questionnaire_from_the_first_page_to_the_first_answer(shire, open_browser) -> None:
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
    page = open_browser(team.user)
    page.goto(reverse("pages:desk", args=[shire.slug]))
    page.get_by_role("link", name="Questionnaires").click()
    assert_accessible(page)
    page.get_by_role("button", name="Write a questionnaire").click()
    page.get_by_label("Evaluation", exact=True).check()
    page.get_by_label("Title").fill("Every kind of question")
    assert_accessible(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("Add a page with at least one question.")).to_be_visible()
    write_every_kind(page)
    assert_accessible(page)
    draft = page.url.partition("#")[0]
    try_in_the_frame(page)
    page.goto(draft)
    page.get_by_role("button", name="Check and publish").click()
    assert_accessible(page)
    page.get_by_role("button", name="Publish").click()
    page.get_by_role("button", name="Make it the default").click()
    assert_accessible(page)

    page.get_by_role("button", name="Change the questions").click()
    page.get_by_role("link", name="Change question 1: Have you used it?").click()
    page.get_by_label("Question", exact=True).fill("Have you put it to use?")
    page.get_by_role("button", name="Save the question").click()
    page.get_by_role("button", name="Check and publish").click()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("A minor change: the trend goes on").check()
    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_text("Version 2 is published.")).to_be_visible()
    assert_accessible(page)

    answer_on_a_phone(shire, open_browser)


def answer_on_a_phone(shire: Partnership, open_browser) -> None:
    ask_for_evaluations(shire, timezone.now())
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().get()
        assert invitation.version.number == 2
        address = reverse("evaluations:survey", args=[shire.slug, survey_token(invitation)])
    page = open_browser(width=320, javascript=False)
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("group", name="Have you put it to use?").get_by_label("Yes").check()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("How did you use it?").fill("With a plan")
    page.get_by_role("group", name="The pace").get_by_label("4", exact=True).check()
    page.get_by_role("group", name="With whom?").get_by_label("With a colleague").check()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("button", name="Send answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    with acting_in(shire):
        given = {
            one.question.key: one.chosen or one.text for one in Answer.objects.select_related("question")
        }
    assert given == {
        "have-you-used-it": ["yes"],
        "how-did-you-use-it": "With a plan",
        "how-was-the-day": ["the-pace:4"],
        "with-whom": ["with-a-colleague"],
    }


def test_it_is_written_without_javascript_on_a_narrow_screen(shire, open_browser) -> None:
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
        found = Questionnaire.objects.get(kind="evaluation", is_default=True)
    page = open_browser(team.user, width=320, javascript=False)
    page.goto(reverse("evaluations:questionnaire", args=[shire.slug, found.pk]))
    page.get_by_role("button", name="Change the questions").click()
    page.get_by_role("button", name="Move up “How relevant was the course to your work?”").click()
    page.get_by_role("link", name="Remove question 1: How relevant").click()
    expect(page.get_by_text("Reports will no longer be able to say how relevant")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    page.get_by_role("button", name="Check and publish").click()
    expect(page.get_by_role("heading", name="Removed")).to_be_visible()
    expect(page.get_by_text("Reports will no longer be able to say how relevant")).to_be_visible()


def test_the_other_pages(shire, open_browser) -> None:
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
        found = Questionnaire.objects.get(kind="evaluation", is_default=True)
    page = open_browser(team.user)
    start = reverse("evaluations:questionnaire", args=[shire.slug, found.pk])
    page.goto(start)
    page.get_by_role("button", name="Change the questions").click()
    for more in (
        "courses/",
        "discard/",
        "rename/",
        "retire/",
        "edit/",
        "edit/introduction/",
        "edit/pages/1/",
        "edit/pages/1/add/",
        "edit/pages/1/add/?chosen=yes",
        "edit/pages/1/remove/",
        "edit/questions/relevance/",
        "edit/questions/relevance/remove/",
        "publish/",
    ):
        assert page.goto(f"{start}{more}").status == 200
        assert_accessible(page)
