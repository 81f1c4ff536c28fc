"""Assurance in Chromium: an observation on a phone, what is agreed afterwards, and every page accessible."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from evaluations.answering import WithWords
from evaluations.jobs import ask_for_evaluations, watch_for_concerns
from evaluations.models import Invitation, ObservationAction
from partnerships.models import Partnership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import make_organisation, make_partnership, make_person, make_session

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    partnership = make_partnership("assureshire")
    with acting_in(partnership):
        adopt(partnership)
    return partnership


def test_observation_from_the_plan_to_an_action_done(shire, open_browser):
    with acting_in(shire):
        team, observer = (
            make_person(shire, Role.TEAM),
            make_person(shire, Role.OBSERVER, name="Olive Observer"),
        )
        trainer = make_person(shire, Role.TRAINER, name="Tess Trainer-Featherstonehaugh")
        chair = make_person(shire, Role.SUBGROUP_CHAIR)
        session = make_session(shire, starts_at=timezone.now() + timedelta(hours=1), trainers=(trainer,))
    desk = open_browser(team.user)
    desk.goto(reverse("evaluations:observation_plan", args=[shire.slug]))
    assert_accessible(desk)
    desk.get_by_role("link", name="choose an observer").click()
    assert_accessible(desk)
    desk.get_by_label("Olive Observer").check()
    desk.get_by_role("button", name="Ask them to observe it").click()
    expect(desk.get_by_text("Olive Observer observes this session and was written to.")).to_be_visible()
    with acting_in(shire):
        type(session).objects.filter(pk=session.pk).update(starts_at=timezone.now() - timedelta(minutes=5))

    phone = open_browser(observer.user, width=320, javascript=False)
    phone.goto(reverse("evaluations:observations", args=[shire.slug]))
    phone.get_by_role("link", name=session.course.title).first.click()
    phone.get_by_role("button", name="Start").click()
    for legend in ("How well did the trainers explain", "How well did they make everybody"):
        phone.get_by_role("group", name=legend).get_by_label("4", exact=True).check()
    phone.get_by_role("button", name="Save and come back later").click()
    phone.get_by_role("button", name="Continue").click()
    # It goes on where something is still to be said.
    for legend in ("How well did the content", "How suitable were"):
        phone.get_by_role("group", name=legend).get_by_label("4", exact=True).check()
    phone.get_by_role("button", name="Save and continue").click()
    phone.get_by_label("What went well?").fill("Everybody spoke.")
    phone.get_by_label("What should change").fill("Later slides.")
    phone.get_by_role("button", name="Save and continue").click()
    phone.get_by_role("button", name="Send answers").click()
    expect(phone.get_by_role("heading", name="Thank you")).to_be_visible()
    with acting_in(shire):
        observation = Invitation.objects.get(kind="observation")
        page = reverse("evaluations:observation", args=[shire.slug, observation.pk])
    phone.goto(page)
    phone.get_by_role("link", name="Add an action").click()
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_role("heading", name="There is a problem")).to_be_visible()
    phone.get_by_label("What is to be done").fill("Bring the slides up to date")
    phone.get_by_label("Tess Trainer-Featherstonehaugh").check()
    for label, value in (("Day", "30"), ("Month", "6"), ("Year", "2027")):
        phone.get_by_label(label).fill(value)
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("The action is on the list.")).to_be_visible()

    for person in (trainer, chair, team, observer):
        window = open_browser(person.user)
        for name in ("sent_observations", "observation_actions", "observation"):
            key = [observation.pk] if name == "observation" else []
            window.goto(reverse(f"evaluations:{name}", args=[shire.slug, *key]))
            assert_accessible(window)
    window = open_browser(trainer.user)
    window.goto(page)
    window.get_by_role("button", name="It is done").click()
    expect(window.get_by_text("The action is done.")).to_be_visible()
    with acting_in(shire):
        action = ObservationAction.objects.get()
        change = reverse("evaluations:change_action", args=[shire.slug, action.pk])
    desk.goto(change)
    assert_accessible(desk)


def test_concern_from_the_desk_to_settled(shire, open_browser):
    with acting_in(shire):
        team = make_person(shire, Role.TEAM, name="Tia Team")
        booking = booked(held(shire))
    ask_for_evaluations(shire, timezone.now())
    with acting_in(shire):
        said = WithWords("yes", "The trainer laughed at a question.")
        answer(Invitation.objects.get(booking=booking), concern=said, trainer=1)
    watch_for_concerns(shire, timezone.now())
    page = open_browser(team.user)
    page.goto(reverse("pages:desk", args=[shire.slug]))
    page.locator("#concerns + p + *").get_by_role("link", name=booking.session.course.title).click()
    expect(page.get_by_text("The trainer laughed at a question.")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="I look into it").click()
    expect(page.get_by_text("Tia Team looks into this concern.")).to_be_visible()
    page.get_by_role("button", name="Settle the concern").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("What was done").fill("Spoke to the trainer; another example from now on.")
    page.get_by_role("button", name="Settle the concern").click()
    expect(page.get_by_text("Settled by Tia Team")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Take words out of what was done").click()
    assert_accessible(page)
    page.get_by_label("Words to take out").fill("Spoke to the trainer")
    page.get_by_label("Reason").fill("It named somebody")
    page.get_by_role("button", name="Take the words out").click()
    expect(page.get_by_text("[removed by the team]; another example from now on.")).to_be_visible()
    assert_accessible(page)
    page.goto(reverse("evaluations:concerns", args=[shire.slug]))
    assert_accessible(page)


def test_words_taken_out_of_an_answer(shire, open_browser):
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
        booking = booked(held(shire))
    ask_for_evaluations(shire, timezone.now())
    with acting_in(shire):
        answer(Invitation.objects.get(booking=booking), pledge="Ring the mother of Zephyrine on Monday.")
    page = open_browser(team.user, width=320)
    page.goto(reverse("evaluations:session_evaluation", args=[shire.slug, booking.session.pk]))
    page.get_by_role("link", name="Take words out of the answer: Ring the mother").click()
    assert_accessible(page)
    page.get_by_label("Words to take out").fill("Zephyrine")
    page.get_by_label("Reason").fill("Zephyrine was named")
    page.get_by_role("button", name="Take the words out").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Reason").fill("It named a child")
    page.get_by_role("button", name="Take the words out").click()
    expect(page.get_by_text("Ring the mother of [removed by the team] on Monday.")).to_be_visible()
    assert_accessible(page)


def test_an_organisation_answers_about_its_own_training(shire, open_browser):
    with acting_in(shire):
        school = make_organisation(
            shire, name="Saint Bartholomew’s Church of England Primary School, Leominster"
        )
        team = make_person(shire, Role.TEAM)
        lead = make_person(shire, Role.ORGANISATION_LEAD, organisation=school)
        make_organisation(shire)
    desk = open_browser(team.user)
    desk.goto(reverse("evaluations:desk_audits", args=[shire.slug]))
    assert_accessible(desk)
    desk.get_by_label(f"Select {school.name}").check()
    desk.get_by_role("button", name="Ask those ticked").click()
    expect(desk.get_by_text("1 organisation is asked.")).to_be_visible()
    assert_accessible(desk)

    watched = open_browser(lead.user, width=320)
    phone = open_browser(lead.user, width=320, javascript=False)
    phone.goto(reverse("evaluations:our_audits", args=[shire.slug]))
    phone.get_by_role("link", name=school.name).click()
    watched.goto(reverse("evaluations:our_audits", args=[shire.slug]))
    assert_accessible(watched)
    watched.goto(phone.url)
    assert_accessible(watched)
    phone.get_by_role("button", name="Start").click()
    phone.get_by_label("Safeguarding children, level 1").check()
    phone.get_by_role("button", name="Save and continue").click()
    expect(phone.get_by_role("heading", name="There is a problem")).to_be_visible()
    phone.get_by_role("group", name="Is there a written outline").get_by_label("Yes", exact=True).check()
    phone.get_by_role("button", name="Save and continue").click()
    phone.get_by_label("How many staff and volunteers must do").fill("40")
    phone.get_by_role("button", name="Save and come back later").click()
    expect(phone.get_by_text("Your answers so far are saved.")).to_be_visible()
    phone.get_by_role("button", name="Continue").click()
    watched.goto(phone.url)
    assert_accessible(watched)
    phone.get_by_label("How many of them have done it").fill("31")
    phone.get_by_role("button", name="Save and continue").click()
    phone.get_by_role("group", name="Is the training evaluated").get_by_label("No", exact=True).check()
    phone.get_by_label("Partly: some of it must be put right").check()
    phone.get_by_label("What will you put right").fill("Evening staff, by March.")
    phone.get_by_role("button", name="Save and continue").click()
    expect(phone.get_by_role("heading", name="Check your answers")).to_be_visible()
    watched.goto(phone.url)
    assert_accessible(watched)
    phone.get_by_role("button", name="Send answers").click()
    expect(phone.get_by_text("are sent.")).to_be_visible()
    watched.goto(phone.url)
    assert_accessible(watched)

    desk.get_by_role("link", name=school.name).click()
    expect(desk.get_by_text("Evening staff, by March.")).to_be_visible()
    assert_accessible(desk)
    desk.get_by_role("link", name="Take words out of: What will you put right").click()
    assert_accessible(desk)
    desk.get_by_role("link", name=school.name).click()
    desk.get_by_role("link", name="Give the answers back to be put right").click()
    assert_accessible(desk)
    desk.get_by_label("What is to be put right").fill("How many are due for a refresher?")
    desk.get_by_role("button", name="Give back").click()
    expect(desk.get_by_text("can change its answers and send them again")).to_be_visible()
    assert_accessible(desk)
    desk.get_by_role("button", name="Go on writing down what it says").click()
    expect(desk.get_by_role("heading", name="Check your answers")).to_be_visible()
    assert_accessible(desk)
    desk.get_by_role("link", name="Change").first.click()
    expect(desk.get_by_role("heading", name="What is taught")).to_be_visible()
    assert_accessible(desk)
    desk.goto(reverse("evaluations:desk_audits", args=[shire.slug]))
    desk.get_by_role("button", name="Ask").first.click()
    expect(desk.get_by_role("heading", name=re.compile("^Ask .* now"))).to_be_visible()
    assert_accessible(desk)
    desk.get_by_role("button", name="Ask them").click()
    expect(desk.get_by_text("Their leads get a message within minutes.")).to_be_visible()
    desk.get_by_role("link", name=school.name).click()
    desk.get_by_role("link", name="Leave the answers as they are").click()
    assert_accessible(desk)
    watched.reload()
    expect(watched.get_by_text("How many are due for a refresher?")).to_be_visible()
    assert_accessible(watched)
