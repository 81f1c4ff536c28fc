"""Whom the team rings, what it types in for them, and who says that they are not the one to ask."""

from collections import Counter
from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.jobs import ask_about_impact, ask_for_evaluations, remind_and_close
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Certificate, Invitation, Notice, Sharing
from evaluations.queries import course_rates
from evaluations.queries.notices import not_delivered
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.notices import ask_other_manager, say_left, say_not_manager, settle_notice
from notifications.models import Message
from notifications.services.resending import send_again
from partnership_portal.working_days import is_working_day, uk_date
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import answer, answers_to, at, booked, held
from tests.evaluations.test_answering import PAGES
from tests.factories import actor_for, make_course, make_person, policy
from tests.factories import adopt as adopt_policy

PLAN = "Ask the child alone"


@pytest.fixture
def person(partnership):
    return make_person(partnership, Role.TEAM, name="Tess Team")


@pytest.fixture
def team(person):
    return actor_for(person)


@pytest.fixture
def booking(partnership):
    """Somebody who attended a course that asks the line manager too, and is asked for the evaluation."""
    learner = make_person(
        partnership, name="Lee", line_manager_name="Meg", line_manager_email="meg@nursery.example"
    )
    course = make_course(partnership, asks_line_manager=True, title="Neglect")
    booking = booked(held(partnership, days_ago=100, course=course), person=learner)
    ask_for_evaluations(partnership, booking.session.ends_at)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=30))
    return booking


@pytest.fixture
def form(partnership, booking) -> Invitation:
    """The form of the line manager, who is nobody here."""
    ask_about_impact(partnership, timezone.now())
    return asked(booking, "line_manager")


def asked(booking, kind: str) -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def desk(name: str, *more: object) -> str:
    return reverse(f"evaluations:{name}", args=["alphashire", *more])


def survey(invitation: Invitation, page: str = "") -> str:
    return reverse("evaluations:survey", args=["alphashire", survey_token(invitation)]) + page


class TestTypedIn:
    def test_from_the_list_to_the_certificate_marked_and_told_once(
        self, partnership, booking, person, sign_in
    ) -> None:
        client = sign_in(person)
        invitation = asked(booking, "evaluation")
        listed = client.get(desk("chase", booking.session_id)).content.decode()
        assert desk("asked", invitation.pk) in listed
        assert "Type in what they say" in client.get(desk("asked", invitation.pk)).content.decode()
        start = desk("typed", invitation.pk)
        assert "You are writing down what <strong>Lee</strong> says" in client.get(start).content.decode()
        assert client.post(start).url == f"{start}1/"
        for number, answers in enumerate(PAGES, start=1):
            client.post(f"{start}{number}/", answers)
        assert "line manager" not in client.get(f"{start}check/").content.decode().split("<main")[1]
        page = client.post(f"{start}check/", follow=True).content.decode()
        assert "Typed in by Tess Team" in page
        found = Invitation.objects.get(pk=invitation.pk)
        assert found.typed_in_by == person
        assert Certificate.objects.get().booking == booking
        assert not Sharing.objects.exists()
        message = Message.objects.get(purpose="survey-typed_in")
        assert message.to_email == booking.person.email and "Tess Team" in message.text
        assert PAGES[3]["pledge"] not in message.text
        entry = AuditEntry.objects.get(action="evaluations.submit_answers")
        assert entry.after["on behalf"] is True and entry.person == person
        assert client.post(f"{start}check/").status_code == 409
        assert Message.objects.filter(purpose="survey-typed_in").count() == 1
        assert course_rates(partnership).get(kind="evaluation")["typed_in"] == 1

    def test_the_one_who_answers_themselves_is_not_marked(self, booking) -> None:
        answer(asked(booking, "evaluation"))
        assert Invitation.objects.get(kind="evaluation").typed_in_by is None
        assert not Message.objects.filter(purpose="survey-typed_in").exists()

    def test_what_the_team_began_the_learner_can_finish(self, booking, team) -> None:
        invitation = asked(booking, "evaluation")
        save_answers(actor=team, invitation=invitation, answers={"pledge": PLAN})
        answer(invitation)
        assert Invitation.objects.get(kind="evaluation").typed_in_by is None

    @pytest.mark.parametrize("name", ["typed", "typed_check", "asked", "asked_manager", "asked_settle"])
    def test_only_the_team_and_only_its_own(self, partnership, neighbour, form, sign_in, name) -> None:
        address = desk(name, form.pk)
        for role in (Role.TRAINER, Role.ORGANISATION_LEAD, Role.OBSERVER):
            client = sign_in(make_person(partnership, role))
            assert client.get(address).status_code == 403
            assert client.post(address).status_code == 403
        with acting_in(neighbour):
            client = sign_in(make_person(neighbour, Role.TEAM))
        address = reverse(f"evaluations:{name}", args=[neighbour.slug, form.pk])
        assert client.post(address).status_code == (405 if name == "asked" else 404)
        assert client.get(address).status_code in {404, 405}
        assert Invitation.objects.get(pk=form.pk).state == "open"

    def test_observers_write_for_themselves(self, partnership, booking, person, sign_in) -> None:
        Invitation.objects.filter(kind="evaluation").update(
            kind="observation", booking=None, respondent=make_person(partnership)
        )
        found = Invitation.objects.get()
        assert sign_in(person).get(desk("typed", found.pk)).status_code == 404
        assert "Type in" not in sign_in(person).get(desk("asked", found.pk)).content.decode()


class TestLeft:
    @pytest.mark.parametrize("who", ["learner", "manager", "signed in"])
    def test_in_one_press_and_not_by_a_look(self, partnership, booking, form, sign_in, who) -> None:
        invitation = form if who == "manager" else asked(booking, "impact")
        client, start = Client(), survey(invitation)
        if who == "signed in":
            client = sign_in(booking.person)
            start = reverse("evaluations:my_survey", args=["alphashire", invitation.pk])
        words = "Lee has left" if who == "manager" else "I have left"
        assert words in client.get(start).content.decode()
        assert client.get(f"{start}left/").status_code == 200
        assert Invitation.objects.get(pk=invitation.pk).state == "open"
        page = client.post(f"{start}left/", follow=True).content.decode()
        assert "Thank you for telling us" in page
        found = Invitation.objects.get(pk=invitation.pk)
        assert (found.state, found.closed_because) == ("closed", "left")
        for _ in range(2):
            client.post(f"{start}left/")
        assert Notice.objects.count() == 1
        before = Message.objects.count()
        for day in range(1, 25):
            remind_and_close(partnership, timezone.now() + timedelta(days=day))
        about = Message.objects.filter(subject_key__startswith=f"invitation:{invitation.pk}:")
        assert set(about.values_list("state", flat=True)) == {"dropped"} and Message.objects.count() > before

    def test_a_manager_does_not_close_what_the_learner_is_asked(self, booking, form) -> None:
        say_left(actor=holder_of(form), invitation=form)
        assert asked(booking, "impact").state == "open"
        answer(asked(booking, "evaluation"))
        assert Certificate.objects.exists()

    def test_the_team_ends_the_membership(self, booking, form, person, sign_in) -> None:
        say_left(actor=holder_of(form), invitation=form)
        client = sign_in(person)
        page = client.get(desk("asked", form.pk)).content.decode()
        assert "The line manager says that Lee has left" in page and "End the membership today" in page
        for _ in range(2):
            page = client.post(desk("asked_settle", form.pk), {"outcome": "ended"}, follow=True)
        assert Membership.objects.get(person=booking.person).ended_on is not None
        assert "The membership was ended" in page.content.decode()
        assert Notice.objects.get().settled_by == person

    def test_or_asks_again_and_reminders_go_on_where_they_were(self, partnership, form, team) -> None:
        Invitation.objects.filter(pk=form.pk).update(reminders_sent=1)
        notice = say_left(actor=holder_of(form), invitation=form)
        for _ in range(2):
            settle_notice(actor=team, notice=notice, outcome=Notice.Outcome.ASKED_AGAIN)
        found = asked(form.booking, "line_manager")
        assert (found.state, found.closed_because, found.reminders_sent) == ("open", "", 1)
        # What was to ask them first was dropped unsent; they are asked once more, and once.
        about = Message.objects.filter(purpose="survey-line_manager").order_by("pk")
        assert list(about.values_list("state", flat=True)) == ["dropped", "queued"]
        answer(found)

    def test_but_not_when_its_time_is_over(self, form, team) -> None:
        notice = say_left(actor=holder_of(form), invitation=form)
        Invitation.objects.filter(pk=form.pk).update(closes_at=timezone.now() - timedelta(days=1))
        with pytest.raises(DomainError, match="nobody can be asked again"):
            settle_notice(actor=team, notice=notice, outcome=Notice.Outcome.ASKED_AGAIN)
        settle_notice(actor=team, notice=notice, outcome=Notice.Outcome.NOTED)
        assert Notice.objects.get().outcome == "noted"

    def test_nothing_is_said_after_answering(self, form) -> None:
        answer(form)
        response = Client().post(survey(form, "left/"))
        assert response.status_code == 409
        assert not Notice.objects.exists()


class TestNotTheManager:
    def test_who_is_gets_a_link_of_their_own(self, booking, form, person, sign_in) -> None:
        save_answers(actor=holder_of(form), invitation=form, answers={"example": "Drafted by Meg"})
        old = survey(form)
        said = {"name": "Mia", "email": "mia@nursery.example"}
        assert "I am not the line manager of Lee" in Client().get(old).content.decode()
        Client().post(f"{old}not-manager/", said)
        client = sign_in(person)
        page = client.get(desk("asked", form.pk)).content.decode()
        assert "but Mia is" in page and 'value="mia@nursery.example"' in page
        page = client.post(desk("asked_manager", form.pk), said, follow=True).content.decode()
        assert "The form is on its way to Mia" in page
        found = asked(booking, "line_manager")
        assert (found.respondent_name, found.respondent_email) == ("Mia", "mia@nursery.example")
        assert found.state == "open" and not Answer.objects.filter(invitation=found).exists()
        membership = Membership.objects.get(person=booking.person)
        assert membership.line_manager_email == "mia@nursery.example"
        message = Message.objects.get(to_email="mia@nursery.example")
        assert survey(found) in message.text and old not in message.text
        for page in ("", "1/", "check/", "left/"):
            assert Client().get(f"{old}{page}").status_code == 404
            assert Client().post(f"{old}{page}").status_code == 404
        assert Client().get(survey(found)).status_code == 200
        assert Notice.objects.get().outcome == "other_manager"

    def test_what_was_shared_with_them_is_so_no_longer(self, booking, form) -> None:
        answer(asked(booking, "evaluation"), share=True, pledge=PLAN)
        assert PLAN in Client().get(survey(form)).content.decode()
        say_not_manager(actor=holder_of(form), invitation=form)
        assert Sharing.objects.get().withdrawn_at is not None

    def test_the_trail_does_not_keep_who_is_said_to_be(self, form) -> None:
        say_not_manager(actor=holder_of(form), invitation=form, name="Mia", email="mia@nursery.example")
        entry = AuditEntry.objects.get(action="evaluations.say_instead")
        assert "mia" not in str((entry.before, entry.after)).lower()

    def test_the_same_at_another_address_keeps_one_live_link(self, booking, form, team) -> None:
        for email in ("meg@new.example", "meg@new.example", "meg@newer.example"):
            ask_other_manager(actor=team, invitation=form, name="Meg", email=email)
        found = asked(booking, "line_manager")
        assert found.link_number == 3 and found.reminders_sent == 0
        assert Message.objects.filter(purpose="survey-line_manager").count() == 4

    @pytest.mark.parametrize("email", ["", "no address", "lee"])
    def test_it_needs_an_address_that_is_not_the_learners(self, form, team, email) -> None:
        email = form.booking.person.email if email == "lee" else email
        with pytest.raises(DomainError):
            ask_other_manager(actor=team, invitation=form, name="Mia", email=email)
        assert asked(form.booking, "line_manager").respondent_email == "meg@nursery.example"

    def test_whoever_has_the_old_link_can_not_answer_even_as_the_same_person(self, booking, team) -> None:
        manager = make_person(booking.partnership)
        Membership.objects.filter(person=booking.person).update(
            line_manager=manager, line_manager_email=manager.email
        )
        ask_about_impact(booking.partnership, timezone.now())
        form = asked(booking, "line_manager")
        old = holder_of(form)
        save_answers(actor=old, invitation=form, answers={"example": "Drafted"})
        # The account has another address by now, and the team sends the form there.
        Person.objects.filter(pk=manager.pk).update(email="new@nursery.example")
        ask_other_manager(actor=team, invitation=form, name="Meg", email="new@nursery.example")
        for act in (
            lambda: save_answers(actor=old, invitation=form, answers={"example": "Again"}),
            lambda: submit_answers(actor=old, invitation=form),
            lambda: say_left(actor=old, invitation=form),
        ):
            with pytest.raises(PermissionDenied):
                act()
        answer(asked(booking, "line_manager"))

    def test_learners_surveys_do_not_say_it(self, booking, form) -> None:
        impact = asked(booking, "impact")
        assert Client().get(survey(impact, "not-manager/")).status_code == 404
        with pytest.raises(DomainError):
            say_not_manager(actor=holder_of(impact), invitation=impact)


class TestNotDelivered:
    def fail(self, invitation: Invitation) -> Message:
        message = Message.objects.get(purpose=f"survey-{invitation.kind}")
        Message.objects.filter(pk=message.pk).update(state="failed")
        Invitation.objects.filter(pk=invitation.pk).update(invited_at=message.created_at)
        return message

    def test_until_the_address_is_put_right(self, form, team, person, sign_in) -> None:
        self.fail(form)
        assert [one.pk for one in not_delivered(team, timezone.now())] == [form.pk]
        page = sign_in(person).get(desk("asked", form.pk)).content.decode()
        assert "Our message to this address came back" in page
        ask_other_manager(actor=team, invitation=form, name="Meg", email="meg@new.example")
        assert not not_delivered(team, timezone.now()).exists()

    def test_somebody_known_here_is_corrected_with_the_message(self, booking, team, person, sign_in) -> None:
        invitation = asked(booking, "evaluation")
        message = self.fail(invitation)
        (found,) = not_delivered(team, timezone.now())
        assert found.failed_message == message.pk
        link = reverse("notifications:message", args=["alphashire", message.pk])
        assert link in sign_in(person).get(desk("asked", invitation.pk)).content.decode()
        booking.person.user = None
        booking.person.save()
        send_again(actor=team, message=message, email="lee@new.example", correct_person=True)
        assert not not_delivered(team, timezone.now()).exists()

    def test_nobody_is_to_be_reached_who_has_answered(self, form, team) -> None:
        self.fail(form)
        answer(form)
        assert not not_delivered(team, timezone.now()).exists()


def test_reminders_go_out_in_the_coordinators_name(partnership, form) -> None:
    for day in range(1, 20):
        remind_and_close(partnership, timezone.now() + timedelta(days=day))
    told = Message.objects.filter(purpose="survey-reminder", to_email="meg@nursery.example")
    assert told.count() == 2
    assert {(one.from_name, one.reply_to) for one in told} == {
        (partnership.coordinator_name, partnership.coordinator_email)
    }


@pytest.mark.parametrize("rows", [1, 5])
def test_who_has_answered_takes_the_same_number_of_queries(
    partnership, person, sign_in, rows, django_assert_num_queries
) -> None:
    session = held(partnership)
    for _ in range(rows * 2):
        booked(session)
    ask_for_evaluations(partnership, timezone.now())
    for one in Invitation.objects.for_answering()[:rows]:
        answer(one)
    client = sign_in(person)
    client.get(desk("chase", session.pk))
    with django_assert_num_queries(12):
        client.get(desk("chase", session.pk))


ACTS = ("remind", "weekend", "answer", "type in", "left", "again", "other")


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.lists(st.sampled_from(ACTS), min_size=4, max_size=14))
def test_in_any_order_reminders_stay_within_the_policy(partnership, team, form, order) -> None:
    """On working days only, as many as the policy says for each one who is asked, and none after the last word."""
    with transaction.atomic():
        point = transaction.savepoint()
        adopt_policy(
            partnership, policy(impact__reminders=2, impact__reminder_working_days=1), at=at("2019-01-01")
        )
        now, number = timezone.now(), 0
        told = Message.objects.filter(purpose="survey-reminder", to_email__endswith="@nursery.example")
        for act in order:
            found, before = asked(form.booking, "line_manager"), told.count()
            match act:
                case "remind" | "weekend":
                    now += timedelta(days=1)
                    while is_working_day(uk_date(now)) is (act == "weekend"):
                        now += timedelta(days=1)
                    for _ in range(2):
                        remind_and_close(partnership, now)
                    more = told.count() - before
                    assert more <= (found.state == "open" and act == "remind")
                case "answer" | "type in" if found.state == "open":
                    actor = team if act == "type in" else holder_of(found)
                    save_answers(actor=actor, invitation=found, answers=answers_to(found))
                    submit_answers(actor=actor, invitation=found)
                case "left" if found.state == "open":
                    say_left(actor=holder_of(found), invitation=found)
                case "again" if notice := Notice.objects.filter(settled_at__isnull=True).first():
                    settle_notice(actor=team, notice=notice, outcome=Notice.Outcome.ASKED_AGAIN, now=now)
                case "other" if found.state != "answered" and found.closes_at > now:
                    number += 1
                    email = f"manager{number}@nursery.example"
                    ask_other_manager(actor=team, invitation=found, name="M", email=email, now=now)
        by_address = Counter(told.values_list("to_email", flat=True))
        assert all(count <= 2 for count in by_address.values())
        last = Invitation.objects.get(pk=form.pk)
        assert Notice.objects.filter(settled_at__isnull=True).exists() is (last.closed_because == "left")
        assert (last.typed_in_by is not None) <= (last.state == "answered")
        transaction.savepoint_rollback(point)


def test_no_reminder_is_counted_that_nobody_gets_and_an_address_brings_them(partnership, booking) -> None:
    learner = booking.person
    Person.objects.filter(pk=learner.pk).update(email="")
    ask_about_impact(partnership, timezone.now())
    invitation = asked(booking, "impact")

    def remind(first: int, last: int) -> int:
        for day in range(first, last):
            remind_and_close(partnership, timezone.now() + timedelta(days=day))
        invitation.refresh_from_db()
        return invitation.reminders_sent

    assert remind(1, 14) == 0
    assert not AuditEntry.objects.filter(action="evaluations.remind", subject_id=invitation.pk).exists()
    Person.objects.filter(pk=learner.pk).update(email="lee@new.example")
    assert remind(14, 18) == 1
    about = f"invitation:{invitation.pk}:reminder"
    assert Message.objects.get(subject_key__startswith=about).to_email == "lee@new.example"
