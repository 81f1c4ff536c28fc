"""What was planned is quoted back, and what learner and manager share stands side by side for those two alone."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.links import holder_of, supervision_token, survey_token
from evaluations.models import Answer, Invitation, Sharing
from evaluations.queries.supervision import reader_of_actor, reader_of_form, supervision_of
from evaluations.services.answers import save_answers
from evaluations.services.sharing import share_answers, stop_sharing
from notifications.models import Message
from partnerships.models import Membership
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import answer, answers_to, booked, held
from tests.factories import actor_for, make_course, make_person

PLAN, DID, SAW = "Ask the child alone", "I asked three children alone", "She asks better questions"


@pytest.fixture
def manager(partnership):
    return make_person(partnership, name="Meg Manager")


@pytest.fixture
def trainer(partnership):
    return make_person(partnership, Role.TRAINER)


@pytest.fixture
def booking(partnership, manager, trainer):
    """Somebody who was asked about a course that asks the line manager too."""
    course = make_course(partnership, asks_line_manager=True, title="Neglect")
    learner = make_person(partnership, name="Lee Learner", line_manager=manager)
    session = held(partnership, days_ago=100, course=course, trainers=(trainer,))
    booking = booked(session, person=learner)
    ask_for_evaluations(partnership, session.ends_at)
    Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
    ask_about_impact(partnership, timezone.now())
    return booking


def asked(booking, kind: str) -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def evaluate(booking, *, share: bool = False) -> None:
    answer(asked(booking, "evaluation"), share=share, pledge=PLAN, pledge_by="2027-03-01")


def tell(booking, *, share: bool = False) -> None:
    answer(asked(booking, "impact"), share=share, practice=DID)


def judge(booking, *, share: bool = False) -> None:
    answer(asked(booking, "line_manager"), share=share, example=SAW)


def survey(booking, kind: str, page: str = "") -> str:
    token = survey_token(asked(booking, kind))
    address = reverse("evaluations:survey", args=[booking.partnership.slug, token])
    return Client().get(f"{address}{page}").content.decode()


def page_of(client: Client, booking) -> str:
    response = client.get(reverse("evaluations:my_supervision", args=["alphashire", booking.pk]))
    assert response.status_code == 200
    return response.content.decode()


class TestPledge:
    @pytest.mark.parametrize("page", ["", "1/"])
    def test_is_quoted_back_in_the_impact_survey(self, booking, page) -> None:
        evaluate(booking)
        words = survey(booking, "impact", page)
        assert "After the course you said you would" in words
        assert PLAN in words and "By 1 March 2027" in words

    def test_not_before_it_was_sent_and_not_anothers(self, partnership, booking) -> None:
        invitation = asked(booking, "evaluation")
        save_answers(actor=holder_of(invitation), invitation=invitation, answers={"pledge": PLAN})
        other = booked(booking.session)
        ask_for_evaluations(partnership, booking.session.ends_at)
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
        answer(asked(other, "evaluation"), pledge="Somebody else’s plan")
        words = survey(booking, "impact")
        assert PLAN not in words and "Somebody else" not in words

    def test_nothing_is_said_where_nothing_was_planned(self, booking) -> None:
        assert "you said you would" not in survey(booking, "impact")

    @pytest.mark.parametrize("share", [True, False])
    def test_the_manager_reads_it_only_if_the_learner_agreed(self, booking, share) -> None:
        evaluate(booking, share=share)
        for page in ("", "1/"):
            words = survey(booking, "line_manager", page)
            assert (PLAN in words) is share
            assert ("Lee Learner said they would" in words) is share

    def test_another_manager_does_not_read_what_was_shared_with_the_first(self, partnership, booking) -> None:
        evaluate(booking, share=True)
        Invitation.objects.filter(kind="line_manager").update(
            respondent=make_person(partnership), respondent_email="other@nursery.example"
        )
        assert PLAN not in survey(booking, "line_manager")

    def test_what_is_taken_back_is_not_quoted(self, booking) -> None:
        evaluate(booking, share=True)
        plan = asked(booking, "evaluation")
        stop_sharing(actor=holder_of(plan), invitation=plan)
        assert PLAN not in survey(booking, "line_manager")


class TestAgreeing:
    @pytest.mark.parametrize(
        ("kind", "words"),
        [
            ("evaluation", "Show my line manager, Meg Manager, what I will do differently"),
            ("impact", "Share these answers and what I had planned with my line manager, Meg Manager"),
            ("line_manager", "Share these answers with Lee Learner"),
        ],
    )
    @pytest.mark.parametrize("ticked", [True, False])
    def test_by_a_tick_beside_the_name_before_sending(self, booking, kind, words, ticked) -> None:
        invitation = asked(booking, kind)
        save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
        check = reverse("evaluations:survey_check", args=["alphashire", survey_token(invitation)])
        page = Client().get(check).content.decode()
        assert words in page and "checked" not in page.split("<main")[1]
        named = page.partition('name="named" value="')[2].partition('"')[0]
        Client().post(check, {"named": named, **({"share": "on"} if ticked else {})})
        assert Invitation.objects.get(pk=invitation.pk).state == "answered"
        assert Sharing.objects.count() == ticked

    def test_the_plan_that_the_tick_names_is_shared_beside_the_answers(self, booking, manager) -> None:
        evaluate(booking)
        tell(booking, share=True)
        shared = Sharing.objects.filter(withdrawn_at__isnull=True, with_person=manager)
        assert {one.invitation.kind for one in shared} == {"evaluation", "impact"}

    @pytest.mark.parametrize("again", [False, True])
    def test_the_plan_taken_back_is_read_nowhere_though_the_answers_are_shared(
        self, booking, manager, sign_in, again
    ) -> None:
        evaluate(booking, share=True)
        tell(booking, share=True)
        form = survey(booking, "line_manager")
        assert PLAN in form and PLAN in page_of(sign_in(manager), booking)
        client = sign_in(booking.person)
        address = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        page = client.post(address, {"part": "evaluation"}, follow=True).content.decode()
        assert "You no longer share your plan." in page
        if again:
            # Sharing the answers once more by their own button does not bring the plan with them.
            client.post(address, {"part": "impact"})
            impact = asked(booking, "impact")
            share_answers(actor=holder_of(impact), invitation=impact)
        other = page_of(sign_in(manager), booking)
        assert DID in other and PLAN not in other and "Lee Learner has not shared it" in other
        for more in ("", "1/"):
            assert PLAN not in survey(booking, "line_manager", more)

    def test_the_answers_taken_back_leave_the_plan_where_it_was_shared(
        self, booking, manager, sign_in
    ) -> None:
        evaluate(booking)
        tell(booking, share=True)
        client = sign_in(booking.person)
        address = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        page = client.post(address, {"part": "impact"}, follow=True).content.decode()
        assert "You no longer share your answers." in page and page.count("Stop sharing") == 1
        other = page_of(sign_in(manager), booking)
        assert PLAN in other and DID not in other

    def test_taken_back_also_where_nobody_could_be_named_by_now(self, booking, manager, sign_in) -> None:
        evaluate(booking)
        tell(booking, share=True)
        Membership.objects.filter(person=booking.person).update(line_manager=None)
        client = sign_in(booking.person)
        assert page_of(client, booking).count("Stop sharing") == 2
        address = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        for part in ("evaluation", "impact"):
            client.post(address, {"part": part})
        assert not Sharing.objects.filter(withdrawn_at__isnull=True).exists()

    def test_never_with_another_than_the_page_named(self, partnership, booking, sign_in) -> None:
        evaluate(booking)
        invitation = asked(booking, "impact")
        save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
        check = reverse("evaluations:survey_check", args=["alphashire", survey_token(invitation)])

        def named_on(page: str) -> str:
            return page.partition('name="named" value="')[2].partition('"')[0]

        named = named_on(Client().get(check).content.decode())
        other = make_person(partnership, name="Nell New")
        Membership.objects.filter(person=booking.person).update(line_manager=other)
        page = Client().post(check, {"share": "on", "named": named}).content.decode()
        assert "with my line manager, Nell New" in page and "checked" not in page.split("<main")[1]
        assert Invitation.objects.get(pk=invitation.pk).state == "open" and not Sharing.objects.exists()
        Client().post(check, {"share": "on", "named": named_on(page)})
        stop_sharing(actor=holder_of(invitation), invitation=invitation)
        client = sign_in(booking.person)
        own = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        named = named_on(client.get(own).content.decode())
        third = make_person(partnership, name="Third Manager")
        Membership.objects.filter(person=booking.person).update(line_manager=third)
        page = client.post(own, {"part": "impact", "share": "yes", "named": named}, follow=True)
        assert "shared with Third Manager by now" in page.content.decode()
        assert {one.with_person for one in Sharing.objects.all()} == {other}

    def test_nobody_is_asked_where_no_manager_is_known(self, booking) -> None:
        Membership.objects.filter(person=booking.person).update(line_manager=None)
        evaluate(booking)
        invitation = asked(booking, "impact")
        save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
        assert "Share these answers" not in survey(booking, "impact", "check/")

    def test_the_plan_is_not_offered_where_no_manager_is_asked(self, partnership, booking) -> None:
        learner = make_person(partnership, line_manager_email="meg@nursery.example")
        other = booked(held(partnership), person=learner)
        ask_for_evaluations(partnership, timezone.now())
        answered = asked(other, "evaluation")
        save_answers(actor=holder_of(answered), invitation=answered, answers=answers_to(answered))
        assert "Show my line manager" not in survey(other, "evaluation", "check/")

    def test_whoever_it_is_shared_with_is_told_once_with_a_link_that_works(self, booking, manager) -> None:
        evaluate(booking)
        tell(booking, share=True)
        share_answers(actor=holder_of(asked(booking, "impact")), invitation=asked(booking, "impact"))
        message = Message.objects.get(purpose="survey-shared")
        assert message.to_email == manager.email
        assert "Lee Learner has shared answers about Neglect with you" in message.title
        assert DID not in message.text and PLAN not in message.text
        link = next(word for word in message.text.split() if "/s/supervision-" in word)
        path = "/" + link.split("/", 3)[3]
        page = Client().get(path).content.decode()
        assert DID in page and PLAN in page
        plan = asked(booking, "evaluation")
        stop_sharing(actor=holder_of(plan), invitation=plan)
        page = Client().get(path).content.decode()
        assert DID in page and PLAN not in page
        impact = asked(booking, "impact")
        stop_sharing(actor=holder_of(impact), invitation=impact)
        gone = Client().get(path)
        assert gone.status_code == 404
        assert "not shared with you any more" in gone.content.decode()

    def test_only_the_writer_shares(self, partnership, booking, manager) -> None:
        tell(booking)
        impact = asked(booking, "impact")
        team = actor_for(make_person(partnership, Role.TEAM))
        for actor in (actor_for(manager), team, holder_of(asked(booking, "line_manager"))):
            with pytest.raises(PermissionDenied):
                share_answers(actor=actor, invitation=impact)
        assert not Sharing.objects.exists()


class TestWhoSees:
    def test_each_their_own_and_nothing_of_the_other(self, booking, manager, sign_in) -> None:
        evaluate(booking)
        tell(booking)
        judge(booking)
        learner = page_of(sign_in(booking.person), booking)
        assert PLAN in learner and DID in learner and SAW not in learner
        other = page_of(sign_in(manager), booking)
        assert SAW in other and DID not in other and PLAN not in other
        assert "Lee Learner has not shared it" in other

    def test_shared_both_read_both(self, booking, manager, sign_in) -> None:
        evaluate(booking)
        tell(booking, share=True)
        judge(booking, share=True)
        for person in (booking.person, manager):
            page = page_of(sign_in(person), booking)
            assert PLAN in page and DID in page and SAW in page
            assert "Print this page" in page

    def test_the_team_reads_both(self, partnership, booking, sign_in) -> None:
        tell(booking)
        judge(booking)
        client = sign_in(make_person(partnership, Role.TEAM))
        page = client.get(reverse("evaluations:desk_supervision", args=["alphashire", booking.pk]))
        assert DID in page.content.decode() and SAW in page.content.decode()

    def test_the_team_alone_is_led_to_take_words_out(self, booking, sign_in) -> None:
        evaluate(booking, share=True)
        tell(booking, share=True)
        judge(booking, share=True)
        written = Answer.objects.exclude(text="").exclude(question__kind="date")
        words = [
            *written.filter(invitation__kind__in=("impact", "line_manager")).values_list("pk", flat=True),
            written.get(question__key="pledge").pk,
        ]
        assert len(words) >= 3
        redact = [reverse("evaluations:redact", args=["alphashire", one]) for one in words]
        client = sign_in(make_person(booking.partnership, Role.TEAM))
        page = client.get(reverse("evaluations:desk_supervision", args=["alphashire", booking.pk]))
        assert all(one in page.content.decode() for one in redact)
        assert page.content.decode().count("Take words out<") == len(redact)
        own = sign_in(booking.person).get(
            reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        )
        assert "Take words out" not in own.content.decode()

    def test_never_the_trainer_the_lead_a_colleague_or_the_neighbour(
        self, partnership, neighbour, booking, trainer, sign_in
    ) -> None:
        evaluate(booking, share=True)
        tell(booking, share=True)
        judge(booking, share=True)
        organisation = booking.organisation
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
        for person in (trainer, lead, make_person(partnership, organisation=organisation)):
            for name in ("my_supervision", "desk_supervision"):
                address = reverse(f"evaluations:{name}", args=["alphashire", booking.pk])
                assert sign_in(person).get(address).status_code in {403, 404}
            own = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
            assert sign_in(person).get(own).status_code == 404
            assert sign_in(person).post(own, {"part": "impact", "share": "yes"}).status_code == 404
        with acting_in(neighbour):
            client = sign_in(make_person(neighbour, Role.TEAM))
        address = reverse("evaluations:desk_supervision", args=[neighbour.slug, booking.pk])
        assert client.get(address).status_code == 404

    def test_by_link_each_as_whom_it_names(self, booking) -> None:
        tell(booking)
        judge(booking)

        def seen(reader: str) -> str:
            token = supervision_token(booking, reader)
            address = reverse("evaluations:linked_supervision", args=["alphashire", token])
            return Client().get(address).content.decode()

        learner, form = seen("learner"), seen(reader_of_form(asked(booking, "line_manager")))
        assert DID in learner and SAW not in learner
        assert SAW in form and DID not in form
        for wrong in (
            "",
            "team",
            "form-0-0",
            "shared-0",
            "shared-x",
            f"form-{asked(booking, 'impact').pk}-0",
        ):
            assert "not shared with you any more" in seen(wrong)

    def test_a_look_never_acts_and_a_press_does(self, booking, sign_in) -> None:
        tell(booking)
        client = sign_in(booking.person)
        address = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        client.get(f"{address}?part=impact&share=yes")
        assert not Sharing.objects.exists()
        page = client.get(address).content.decode()
        named = page.partition('name="named" value="')[2].partition('"')[0]
        client.post(address, {"part": "impact", "share": "yes", "named": named})
        assert Sharing.objects.get().withdrawn_at is None
        assert "Stop sharing" in client.get(address).content.decode()
        client.post(address, {"part": "impact"})
        assert Sharing.objects.get().withdrawn_at is not None
        assert client.post(address, {"part": "line_manager", "share": "yes"}).status_code == 404

    def test_lists_lead_there(self, booking, manager, sign_in) -> None:
        tell(booking, share=True)
        listed = reverse("evaluations:my_surveys", args=["alphashire"])
        address = reverse("evaluations:my_supervision", args=["alphashire", booking.pk])
        for person in (booking.person, manager):
            assert address in sign_in(person).get(listed).content.decode()
        assert address not in sign_in(make_person(booking.partnership)).get(listed).content.decode()


ACTS = (
    "evaluate",
    "tell",
    "judge",
    "share plan",
    "share impact",
    "share form",
    "stop plan",
    "stop impact",
    "stop form",
    "move",
)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(order=st.lists(st.sampled_from(ACTS), min_size=4, max_size=10))
def test_in_any_order_nobody_reads_what_is_not_shared_with_them(partnership, booking, manager, order) -> None:
    """The manager of the day is the one to whom the learner agreed; whoever wrote the form is the first one."""
    kinds = {"plan": "evaluation", "impact": "impact", "form": "line_manager"}
    answered: set[str] = set()
    shared: dict[str, object] = {}
    with transaction.atomic():
        point = transaction.savepoint()
        other = make_person(partnership)
        now_manager = manager
        for act in order:
            verb, _, what = act.partition(" ")
            if act in {"evaluate", "tell", "judge"}:
                kind = {"evaluate": "evaluation", "tell": "impact", "judge": "line_manager"}[act]
                if kind not in answered:
                    {"evaluate": evaluate, "tell": tell, "judge": judge}[act](booking)
                    answered.add(kind)
            elif act == "move":
                now_manager = other
                Membership.objects.filter(person=booking.person).update(line_manager=other)
            elif kinds[what] in answered:
                invitation = asked(booking, kinds[what])
                service = share_answers if verb == "share" else stop_sharing
                service(actor=holder_of(invitation), invitation=invitation)
                if verb == "share":
                    shared[kinds[what]] = booking.person if what == "form" else now_manager
                else:
                    shared.pop(kinds[what], None)
        for reader in (manager, other):
            page = supervision_of(booking, reader_of_actor(actor_for(reader), booking))
            reads = {kind for kind in ("evaluation", "impact") if shared.get(kind) == reader}
            if not reads and reader != manager:
                assert page is None
                continue
            assert bool(page.learner.rows) is ("impact" in reads)
            assert (page.pledge is not None) is ("evaluation" in reads)
            assert bool(page.manager.rows) is (reader == manager and "line_manager" in answered)
        page = supervision_of(booking, reader_of_actor(actor_for(booking.person), booking))
        assert bool(page.learner.rows) is ("impact" in answered)
        assert bool(page.manager.rows) is ("line_manager" in shared)
        transaction.savepoint_rollback(point)
