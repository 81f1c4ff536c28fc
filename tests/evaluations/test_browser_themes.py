"""Themes in Chromium: tagging by the keyboard, without JavaScript on a phone, and accessible on every page."""

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from evaluations.jobs import ask_for_evaluations
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Invitation, Quote, ThemeTag
from evaluations.services.answers import save_answers
from evaluations.services.themes import adopt_themes
from evaluations.start_themes import portal_themes
from partnerships.models import Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, answers_to, booked, held
from tests.factories import job, make_course, make_partnership, make_person

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen" * 2
TEXTS = ("Share what we know with the school sooner.", f"Ask on. {LONG}", "Bring it to supervision.")


@pytest.fixture
def shire(db) -> Partnership:
    """A partnership in which three people have written."""
    partnership = make_partnership("themeshire")
    with acting_in(partnership):
        adopt(partnership)
        adopt_themes(actor=job(partnership), themes=portal_themes(), from_portal=True)
        session = held(partnership, course=make_course(partnership, title="Child Neglect Overview"))
        for _ in TEXTS:
            booked(session)
    ask_for_evaluations(partnership, timezone.now())
    with acting_in(partnership):
        for invitation, text in zip(Invitation.objects.order_by("pk"), TEXTS, strict=True):
            answer(invitation, pledge=text)
    return partnership


def team_of(shire):
    with acting_in(shire):
        return make_person(shire, Role.TEAM).user


def tags(shire) -> list[tuple[str, str]]:
    with acting_in(shire):
        return sorted(ThemeTag.objects.values_list("answer__text", "theme__key"))


def test_tagging_by_the_keyboard(shire, open_browser) -> None:
    page = open_browser(team_of(shire))
    page.goto(reverse("evaluations:free_texts", args=[shire.slug]))
    expect(page.get_by_text("next,")).to_be_visible()
    assert_accessible(page)
    answers = page.locator("[data-answer]")
    page.keyboard.press("1")
    expect(page.locator("input[type=checkbox]:checked")).to_have_count(0)
    page.get_by_role("button", name="Use the keyboard").click()
    expect(answers.nth(0)).to_be_focused()
    page.keyboard.press("1")
    expect(answers.nth(0).get_by_label("Information sharing")).to_be_checked()
    page.keyboard.press("2")
    page.keyboard.press("2")
    expect(answers.nth(0).get_by_label("Voice of the child")).not_to_be_checked()
    page.keyboard.press("Enter")
    expect(answers.nth(1)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("3")
    page.keyboard.press("j")
    expect(answers.nth(2)).to_be_focused()
    page.keyboard.press("5")
    assert_accessible(page)
    page.keyboard.press("s")
    expect(page.get_by_text("Saved: 3 answers changed.")).to_be_visible()
    expect(answers.nth(0)).to_be_focused()
    assert tags(shire) == sorted([(TEXTS[2], "1"), (TEXTS[1], "3"), (TEXTS[0], "5")])


def test_the_keys_leave_links_and_boxes_alone(shire, open_browser) -> None:
    page = open_browser(team_of(shire))
    page.goto(reverse("evaluations:free_texts", args=[shire.slug]))
    first = page.locator("[data-answer]").nth(0)
    box = first.get_by_label("Supervision")
    box.focus()
    page.keyboard.press("Space")
    expect(box).to_be_checked()
    page.keyboard.press("Enter")
    expect(page.locator("[data-answer]").nth(1)).to_be_focused()
    first.get_by_role("link", name="Take words out").focus()
    page.on("dialog", lambda dialog: dialog.accept())
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Take words out of an answer")).to_be_visible()


def test_tagging_on_a_phone_without_javascript(shire, open_browser) -> None:
    page = open_browser(team_of(shire), width=320, javascript=False)
    page.goto(reverse("evaluations:free_texts", args=[shire.slug]))
    expect(page.get_by_role("button", name="Use the keyboard")).to_be_hidden()
    answers = page.locator("[data-answer]")
    answers.nth(0).get_by_label("Information sharing").check()
    answers.nth(2).get_by_label("Supervision").check()
    page.get_by_role("button", name="Save all").click()
    expect(page.get_by_text("Saved: 2 answers changed.")).to_be_visible()
    assert tags(shire) == sorted([(TEXTS[2], "1"), (TEXTS[0], "5")])


def test_the_pages_of_themes(shire, open_browser) -> None:
    page = open_browser(team_of(shire), width=320)
    page.goto(reverse("evaluations:themes", args=[shire.slug]))
    assert_accessible(page)
    page.get_by_role("button", name="Add a theme").click()
    assert_accessible(page)
    page.get_by_role("button", name="Add the theme").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name").fill("Working with fathers")
    page.get_by_label("Key on the keyboard").fill("f")
    page.get_by_role("button", name="Add the theme").click()
    expect(page.get_by_text("Its key is F.")).to_be_visible()
    page.get_by_role("link", name="Working with fathers").click()
    assert_accessible(page)
    page.get_by_role("link", name="Retire this theme").click()
    assert_accessible(page)
    page.get_by_role("button", name="Retire it").click()
    expect(page.get_by_role("heading", name="Retired")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Working with fathers").click()
    page.get_by_role("link", name="Merge it into another theme").click()
    assert_accessible(page)
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Merge it into").select_option("Information sharing")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("No answer is about “Working with fathers”.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Merge them").click()
    expect(page.get_by_text("Merged into “Information sharing”", exact=True)).to_be_visible()
    assert_accessible(page)


def test_agreed_quoted_and_taken_back_on_a_phone_without_javascript(shire, open_browser) -> None:
    with acting_in(shire):
        booking = booked(held(shire, course=make_course(shire, title="Early Help")))
    ask_for_evaluations(shire, timezone.now())
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().get(booking=booking)
        save_answers(
            actor=holder_of(invitation),
            invitation=invitation,
            answers=answers_to(invitation, pledge="I will ask Ann and her school."),
        )
        at = [shire.slug, survey_token(invitation)]
        said = Answer.objects.get(invitation=invitation, question__key="pledge")
    phone = open_browser(width=320, javascript=False)
    phone.goto(reverse("evaluations:survey_check", args=at))
    box = phone.get_by_label("What I wrote may be quoted without my name")
    expect(box).not_to_be_checked()
    box.check()
    phone.get_by_role("button", name="Send answers").click()
    expect(phone.get_by_role("heading", name="Being quoted")).to_be_visible()
    page = open_browser(team_of(shire), width=320)
    page.goto(reverse("evaluations:free_texts", args=[shire.slug]))
    page.get_by_role("link", name="May be quoted").click()
    assert_accessible(page)
    page.get_by_label("Words to quote").fill("I will ask Bob")
    page.get_by_role("button", name="Mark as usable").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Words to quote").fill("I will ask […] her school.")
    page.get_by_role("button", name="Mark as usable").click()
    expect(page.get_by_text("It may be quoted like this.")).to_be_visible()
    expect(page.get_by_label("Words to quote")).to_have_value("I will ask […] her school.")
    assert_accessible(page)
    with acting_in(shire):
        assert Quote.objects.get().answer == said
    phone.goto(reverse("evaluations:survey", args=at))
    phone.get_by_role("link", name="Take that back").click()
    phone.get_by_role("button", name="Do not quote me any more").click()
    expect(phone.get_by_text("You are not quoted any more.")).to_be_visible()
    phone.goto(reverse("evaluations:survey", args=at))
    phone.get_by_role("link", name="Change that").click()
    phone.get_by_text("Let us quote what you wrote").click()
    phone.get_by_role("button", name="Quote me without my name").click()
    expect(phone.get_by_text("What you wrote may be quoted without your name.", exact=True)).to_be_visible()
    phone.get_by_role("button", name="Do not quote me any more").click()
    with acting_in(shire):
        assert not Quote.objects.exists()
    page.reload()
    expect(page.get_by_text("has not agreed to be quoted")).to_be_visible()
    assert_accessible(page)


def test_the_pages_of_whoever_agreed(shire, open_browser) -> None:
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().order_by("pk").first()
        Invitation.objects.filter(pk=invitation.pk).update(quoting_agreed_at=timezone.now())
        user = invitation.respondent.user
        at = [shire.slug, survey_token(invitation)]
    page = open_browser(user)
    for address in (
        reverse("evaluations:my_surveys", args=[shire.slug]),
        reverse("evaluations:my_survey_sent", args=[shire.slug, invitation.pk]),
        reverse("evaluations:survey", args=at),
        reverse("evaluations:survey_sent", args=at),
    ):
        page.goto(address)
        expect(page.get_by_text("may be quoted without your name").first).to_be_visible()
        assert_accessible(page)


def test_the_pages_of_whoever_could_agree(shire, open_browser) -> None:
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().order_by("pk").first()
        user = invitation.respondent.user
        at = [shire.slug, survey_token(invitation)]
    page = open_browser(user, width=320)
    page.goto(reverse("evaluations:my_surveys", args=[shire.slug]))
    expect(page.get_by_text("not to be quoted")).to_be_visible()
    assert_accessible(page)
    page.goto(reverse("evaluations:survey", args=at))
    assert_accessible(page)
    page.get_by_role("link", name="Change that").click()
    assert_accessible(page)
    page.get_by_text("Let us quote what you wrote").click()
    expect(page.get_by_role("button", name="Quote me without my name")).to_be_visible()
    assert_accessible(page)
    team = open_browser(team_of(shire), width=320)
    team.goto(reverse("evaluations:free_texts", args=[shire.slug]))
    team.get_by_role("link", name="No consent to quote").first.click()
    expect(team.get_by_text("There is no consent.")).to_be_visible()
    assert_accessible(team)
