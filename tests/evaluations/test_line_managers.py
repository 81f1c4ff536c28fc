"""Whoever is no longer the line manager is asked no more, and reads no more of what the learner shared with them."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_about_impact, ask_for_evaluations, follow_line_managers, remind_and_close
from evaluations.links import holder_of, supervision_token, survey_token
from evaluations.models import Answer, Invitation, Notice, Sharing
from evaluations.queries.managers import forms_astray, shared_with_former
from evaluations.queries.supervision import reader_of_form, shared_with
from evaluations.services.answers import save_answers
from evaluations.services.notices import say_left, settle_notice
from evaluations.services.reopening import open_again
from evaluations.services.sharing import share_answers
from notifications.models import Message
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.services.memberships import change_membership, end_membership
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt as adopt_questionnaires
from tests.evaluations.made import answer, booked, held
from tests.factories import actor_for, make_course, make_person

PLAN, DID = "Ask the child alone", "I asked three children alone"
NEW = ("Nia New", "nia@school.example")


@pytest.fixture
def head(partnership):
    return make_person(partnership, name="Hal Head")


@pytest.fixture
def booking(partnership, head):
    return attended(partnership, head)


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM))


def attended(partnership, head):
    """A learner who has planned something and done it, and shared both with the head, who is asked about it."""
    course = make_course(partnership, asks_line_manager=True)
    session = held(partnership, days_ago=100, course=course)
    booking = booked(session, person=make_person(partnership, name="Lee Learner", line_manager=head))
    ask_for_evaluations(partnership, session.ends_at)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=40))
    ask_about_impact(partnership, timezone.now())
    for kind, said in (("evaluation", {"pledge": PLAN}), ("impact", {"practice": DID})):
        answer(of(booking, kind), **said)
        share_answers(actor=holder_of(of(booking, kind)), invitation=of(booking, kind))
    return booking


def of(booking, kind: str = "line_manager") -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def place(booking):
    return booking.person.memberships.get(organisation=booking.organisation)


def record(booking, name: str = "", email: str = "") -> None:
    """The organisation's lead says who the line manager is."""
    lead = actor_for(
        make_person(booking.partnership, Role.ORGANISATION_LEAD, organisation=booking.organisation)
    )
    change_membership(
        actor=lead,
        membership=place(booking),
        job_role="",
        competency_group=None,
        line_manager_name=name,
        line_manager_email=email,
    )


def follow(partnership, *, days: int = 0) -> None:
    for _ in range(2):
        follow_line_managers(partnership, timezone.now() + timedelta(days=days))


def asked(email: str) -> int:
    return Message.objects.filter(purpose="survey-line_manager", to_email=email).count()


def survey(invitation: Invitation) -> str:
    return reverse("evaluations:survey", args=["alphashire", survey_token(invitation)])


def supervision(booking, reader: str) -> str:
    return reverse("evaluations:linked_supervision", args=["alphashire", supervision_token(booking, reader)])


def own_page(booking) -> str:
    return reverse("evaluations:my_supervision", args=["alphashire", booking.pk])


class TestTheForm:
    def test_goes_to_whoever_is_the_manager_now_and_leaves_the_former(self, partnership, booking) -> None:
        form = of(booking)
        former, link = holder_of(form), survey(form)
        save_answers(actor=former, invitation=form, answers={"example": "Begun"})
        assert PLAN in Client().get(link).content.decode()
        remind_and_close(partnership, timezone.now() + timedelta(days=10))
        record(booking, *NEW)
        follow(partnership)
        refused = Client().get(link)
        assert refused.status_code == 404 and "Somebody else is asked now" in refused.content.decode()
        with pytest.raises(PermissionDenied):
            save_answers(actor=former, invitation=form, answers={"example": "Mine"})
        assert not Answer.objects.filter(invitation=form).exists()
        now = of(booking)
        assert (now.respondent, now.respondent_email, now.reminders_sent) == (None, NEW[1], 0)
        # The learner agreed to be read by the former, and has not been asked about the new one.
        page = Client().get(survey(now))
        assert page.status_code == 200 and PLAN not in page.content.decode()
        assert asked(NEW[1]) == 1 and survey(now) in Message.objects.get(to_email=NEW[1]).text
        assert AuditEntry.objects.filter(action="evaluations.follow_line_manager").count() == 1
        assert answer(now) is None and of(booking).state == "answered"

    def test_reminds_nobody_who_is_no_longer_the_manager(self, partnership, booking, head) -> None:
        record(booking, *NEW)
        for days in range(1, 20):
            remind_and_close(partnership, timezone.now() + timedelta(days=days))
        reminded = Message.objects.filter(purpose="survey-reminder")
        assert {one.to_email for one in reminded} == {NEW[1]}

    def test_is_not_opened_again_for_the_former(self, partnership, booking, team) -> None:
        form = of(booking)
        remind_and_close(partnership, form.closes_at + timedelta(minutes=1))
        record(booking, *NEW)
        Message.objects.all().delete()
        with pytest.raises(DomainError, match="is not the line manager any more"):
            open_again(actor=team, invitation=form, until=uk_today() + timedelta(days=7), reason="Ill")
        assert not Message.objects.exists()

    def test_is_not_asked_again_of_the_former(self, partnership, booking, team) -> None:
        form = of(booking)
        say_left(actor=holder_of(form), invitation=form)
        record(booking, *NEW)
        Message.objects.all().delete()
        with pytest.raises(DomainError, match="is not the line manager any more"):
            settle_notice(actor=team, notice=Notice.objects.get(), outcome=Notice.Outcome.ASKED_AGAIN)
        assert not Message.objects.exists()

    @pytest.mark.parametrize("who", ["the manager leaves", "the learner leaves", "the lead takes them out"])
    def test_is_closed_where_nobody_is_the_manager_and_sent_once_somebody_is(
        self, partnership, booking, head, team, who
    ) -> None:
        form = of(booking)
        link = survey(form)
        match who:
            case "the manager leaves":
                # Where they managed, as the head of the learner's own school.
                change = head.memberships.get()
                change.organisation = booking.organisation
                change.save()
                end_membership(actor=team, membership=change)
            case "the learner leaves":
                end_membership(actor=team, membership=place(booking))
            case _:
                record(booking)
        follow(partnership)
        closed = of(booking)
        assert (closed.state, closed.closed_because) == ("closed", "no_manager")
        assert Client().get(link).status_code == 404
        assert not Sharing.objects.filter(withdrawn_at__isnull=True).exists()
        with pytest.raises(DomainError, match="Record the line manager"):
            open_again(actor=team, invitation=closed, until=uk_today(), reason="Was away")
        page = Client()
        page.force_login(team.person.user)
        shown = page.get(reverse("evaluations:asked", args=["alphashire", form.pk]))
        assert "No line manager with an email address is recorded any more" in shown.content.decode()
        if who == "the learner leaves":
            return
        record(booking, "Nobody reaches her")
        follow(partnership)
        assert of(booking).state == "closed"
        record(booking, *NEW)
        follow(partnership, days=150)
        assert of(booking).state == "closed", "the time to answer is over"
        follow(partnership)
        assert of(booking).state == "open" and asked(NEW[1]) == 1

    def test_stays_where_the_same_manager_has_another_name_or_address(
        self, partnership, booking, head
    ) -> None:
        head.name, head.email = "Hal Header", "hal@new.example"
        head.save()
        follow(partnership)
        place(booking).line_manager.refresh_from_db()
        assert of(booking).respondent == head and of(booking).link_number == 0
        assert Sharing.objects.filter(withdrawn_at__isnull=True).count() == 2

    def test_stays_where_the_manager_by_address_becomes_somebody_here(self, partnership, booking) -> None:
        record(booking, *NEW)
        follow(partnership)
        nia = make_person(partnership, name="Nia New")
        nia.email = "Nia@School.example"
        nia.save()
        record(booking, "Nia New", nia.email)
        assert place(booking).line_manager == nia
        follow(partnership)
        assert of(booking).link_number == 1 and asked(NEW[1]) == 1

    @pytest.mark.parametrize("state", ["partly_attended", "did_not_attend"])
    def test_about_somebody_absent_follows_once_the_register_is_put_right(
        self, partnership, booking, state
    ) -> None:
        record(booking, *NEW)
        type(booking).objects.update(state=state)
        follow(partnership)
        assert not asked(NEW[1])
        type(booking).objects.update(state="attended")
        follow(partnership)
        assert asked(NEW[1]) == 1

    def test_that_was_answered_stays_with_whoever_answered(self, partnership, booking, head) -> None:
        answer(of(booking))
        record(booking, *NEW)
        follow(partnership)
        assert of(booking).respondent == head and not asked(NEW[1])


class TestWhatIsShared:
    @pytest.mark.parametrize("is_answered", [False, True])
    def test_is_read_no_more_by_link_or_account(
        self, partnership, booking, head, sign_in, is_answered
    ) -> None:
        if is_answered:
            answer(of(booking), example="She asks better questions")
        shared = Sharing.objects.get(invitation__kind="impact", withdrawn_at__isnull=True)
        links = [
            supervision(booking, f"shared-{shared.pk}"),
            supervision(booking, reader_of_form(of(booking))),
        ]
        account = sign_in(head)
        for page in (*(Client().get(link) for link in links), account.get(own_page(booking))):
            assert DID in page.content.decode() and PLAN in page.content.decode()
        assert list(shared_with(actor_for(head))) == [booking]
        record(booking, *NEW)
        follow(partnership)
        assert not shared_with(actor_for(head)).exists()
        pages = [*(Client().get(link) for link in links), account.get(own_page(booking))]
        for page in pages:
            assert DID not in page.content.decode() and PLAN not in page.content.decode()
        # What they wrote themselves they still read.
        assert [page.status_code for page in pages] == [404, *([200, 200] if is_answered else [404, 404])]
        assert AuditEntry.objects.filter(action="evaluations.stop_sharing").count() == 2

    def test_can_be_shared_with_the_new_one(self, partnership, booking) -> None:
        record(booking, *NEW)
        follow(partnership)
        assert of(booking, "impact").state == "answered"
        sharing = share_answers(actor=holder_of(of(booking, "impact")), invitation=of(booking, "impact"))
        follow(partnership)
        page = Client().get(supervision(booking, f"shared-{sharing.pk}")).content.decode()
        assert DID in page and PLAN not in page

    def test_by_the_manager_stays_with_the_learner(self, partnership, booking, sign_in) -> None:
        answer(of(booking), share=True, example="She asks better questions")
        record(booking, *NEW)
        follow(partnership)
        assert "She asks better questions" in sign_in(booking.person).get(own_page(booking)).content.decode()


def test_the_others_and_the_neighbours_are_left_alone(partnership, booking, head, neighbour) -> None:
    other = attended(partnership, head)
    with acting_in(neighbour):
        adopt_questionnaires(neighbour)
        foreign = attended(neighbour, make_person(neighbour, name="Hal Head"))
        record(foreign, *NEW)
    record(booking, *NEW)
    follow(partnership)
    assert of(other).respondent == head
    assert Sharing.objects.filter(invitation__booking=other, withdrawn_at__isnull=True).count() == 2
    with acting_in(neighbour):
        assert of(foreign).link_number == 0
        assert Sharing.objects.filter(invitation__booking=foreign, withdrawn_at__isnull=True).count() == 2


@pytest.mark.parametrize("rows", [1, 5])
def test_looking_costs_the_same_for_one_as_for_five(partnership, head, rows) -> None:
    for _ in range(rows):
        record(attended(partnership, head), *NEW)
    with CaptureQueriesContext(
        connection,
    ) as asked_for:
        assert len(forms_astray(partnership, timezone.now())) == rows
        assert len(shared_with_former(partnership)) == 2 * rows
    assert len(asked_for) == 2
