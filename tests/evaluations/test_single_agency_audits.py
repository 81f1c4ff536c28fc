"""Audits of organisations' own training: who is asked and told, who answers, who reads it, and when it goes."""

import threading
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from python_calamine import CalamineWorkbook

from evaluations import jobs
from evaluations.models import Question, Questionnaire, SingleAgencyAnswer, SingleAgencyAudit
from evaluations.queries.single_agency_audits import never_asked, organisations_asked, overdue
from evaluations.services import single_agency_audits as services
from evaluations.services.single_agency_audits import (
    ask_organisations,
    give_back_audit,
    mark_of,
    save_audit,
    saved_in,
    send_audit,
    take_out_words,
    withdraw_audit,
)
from notifications.models import Message
from partnership_portal.working_days import uk_date
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, Membership, Organisation
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answers_to, asked_about_own_training, at
from tests.evaluations.test_races import together
from tests.factories import actor_for, make_organisation, make_partnership, make_person, policy
from tests.factories import adopt as adopt_policy


@pytest.fixture
def school(partnership) -> Organisation:
    return make_organisation(partnership, name="Meadow Lane School")


@pytest.fixture
def lead(partnership, school):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lena Lead")


@pytest.fixture
def team(partnership):
    return actor_for(make_person(partnership, Role.TEAM, name="Cora Coordinator"))


def answered(actor, audited: SingleAgencyAudit, *, on_behalf: bool = False, **given) -> SingleAgencyAudit:
    save_audit(actor=actor, audited=audited, answers=answers_to(audited, **given))
    send_audit(actor=actor, audited=audited, seen=mark_of(audited, saved_in(audited)), on_behalf=on_behalf)
    return SingleAgencyAudit.objects.get(pk=audited.pk)


def told(purpose: str = "single_agency_audit_asked") -> list[str]:
    return sorted(
        Message.objects.filter(purpose=purpose).exclude(state="dropped").values_list("to_email", flat=True)
    )


def address(name: str, audited: SingleAgencyAudit, **more) -> str:
    return reverse(f"evaluations:{name}", kwargs={"partnership": "alphashire", "pk": audited.pk, **more})


class TestAsking:
    def test_each_organisation_has_one_that_waits(self, partnership, team, school):
        other = make_organisation(partnership)
        assert len(ask_organisations(actor=team, organisations=[school, school])) == 1
        (made,) = ask_organisations(actor=team, organisations=[school, other])
        assert made.organisation == other and made.asked_by == team.person
        assert SingleAgencyAudit.objects.count() == 2
        assert AuditEntry.objects.filter(action="evaluations.ask_organisations").count() == 2

    def test_neither_the_closed_nor_the_neighbours(self, partnership, neighbour, team, school):
        Organisation.objects.filter(pk=school.pk).update(is_active=False)
        with acting_in(neighbour):
            theirs = make_organisation(neighbour)
        assert ask_organisations(actor=team, organisations=[school, theirs]) == []

    def test_the_policy_says_by_when_and_until_when(self, partnership, team, school):
        rule = policy(single_agency_audit__due_days=10, single_agency_audit__open_days=20)
        adopt_policy(partnership, rule, at=at("2026-01-01"))
        (made,) = ask_organisations(actor=team, organisations=[school], now=at("2026-03-20 09:00"))
        assert made.due_at == at("2026-03-30 23:59") and made.closes_at == at("2026-04-09 23:59")

    def test_without_a_form_nobody_is_asked(self, partnership, team, school):
        Questionnaire.objects.filter(kind="single_agency_audit").update(is_default=False)
        with pytest.raises(DomainError, match="There is no single-agency audit to ask"):
            ask_organisations(actor=team, organisations=[school])

    def test_only_by_the_team(self, partnership, lead, school):
        with pytest.raises(PermissionDenied):
            ask_organisations(actor=actor_for(lead), organisations=[school])

    def test_the_database_holds_what_must_hold(self, partnership, team, school):
        audited = asked_about_own_training(partnership, school)
        twice = SingleAgencyAudit.objects.get(pk=audited.pk)
        twice.pk = None
        for change, constraint in (
            (lambda: twice.save(force_insert=True), "one_open_audit_an_organisation"),
            (lambda: _change(audited, state="answered"), "answered_audit_says_when_and_by_whom"),
            (lambda: _change(audited, on_behalf=True), "answered_audit_says_when_and_by_whom"),
            (lambda: _change(audited, forgotten_at=timezone.now()), "audit_kept_as_long_as_promised"),
            (
                lambda: _change(audited, forgotten_at=timezone.now() + timedelta(days=1200)),
                "forgotten_audit_is_not_open",
            ),
            (lambda: _change(audited, due_at=audited.closes_at + timedelta(1)), "audit_is_due_before"),
        ):
            with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
                change()

    def test_the_database_takes_no_answer_to_another_form_or_one_that_is_sent(
        self, partnership, school, lead
    ):
        audited = answered(actor_for(lead), asked_about_own_training(partnership, school))
        open_one = asked_about_own_training(partnership, make_organisation(partnership))
        own = audited.version.questions.get(key="gaps")
        others = Question.objects.exclude(version=audited.version).first()
        for to, question in ((audited, own), (open_one, others)):
            with pytest.raises(IntegrityError, match="answers_to_an_open_audit"), transaction.atomic():
                SingleAgencyAnswer.objects.create(partnership=partnership, audit=to, question=question)


def _change(audited: SingleAgencyAudit, **fields) -> None:
    SingleAgencyAudit.objects.filter(pk=audited.pk).update(**fields)


class TestTelling:
    def test_the_leads_of_the_organisation_are_told_once(self, partnership, school, lead):
        second = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        make_person(partnership, organisation=school)
        make_person(partnership, Role.ORGANISATION_LEAD)
        gone = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        Membership.objects.filter(person=gone).update(ended_on=uk_date(timezone.now()))
        audited = asked_about_own_training(partnership, school)
        for _ in range(2):
            jobs.tell_leads_of_audits(partnership, timezone.now())
        assert told() == sorted([lead.email, second.email])
        message = Message.objects.get(to_email=lead.email)
        assert "Meadow Lane School" in message.title and address("our_audit", audited) in message.text

    def test_who_leads_it_later_is_told_then(self, partnership, school):
        audited = asked_about_own_training(partnership, school)
        jobs.tell_leads_of_audits(partnership, timezone.now())
        audited.refresh_from_db()
        assert told() == [] and audited.told_at is None
        lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        jobs.tell_leads_of_audits(partnership, timezone.now())
        assert told() == [lead.email]

    def test_reminders_on_working_days_as_often_as_the_policy_says(self, partnership, team, school, lead):
        rule = policy(
            single_agency_audit__reminders=2,
            single_agency_audit__reminder_working_days=2,
            single_agency_audit__open_days=60,
        )
        adopt_policy(partnership, rule, at=at("2026-01-01"))
        # The Wednesday before Good Friday.
        ask_organisations(actor=team, organisations=[school], now=at("2026-04-01 09:00"))
        days = []
        for day in range(1, 30):
            now = at("2026-04-01 09:00") + timedelta(days=day - 1)
            jobs.tell_leads_of_audits(partnership, now)
            before = len(told("single_agency_audit_reminder"))
            for _ in range(2):
                jobs.remind_and_close_audits(partnership, now)
            if len(told("single_agency_audit_reminder")) > before:
                days.append(day)
        assert days == [7, 9]

    def test_whoever_comes_to_lead_it_is_told_and_no_reminder_is_spent_on_nobody(
        self, partnership, team, school, lead
    ):
        (audited,) = ask_organisations(actor=team, organisations=[school], now=at("2026-03-02 09:00"))
        jobs.tell_leads_of_audits(partnership, at("2026-03-02 09:05"))
        Membership.objects.filter(person=lead).update(ended_on=uk_date(at("2026-03-03 09:00")))
        jobs.remind_and_close_audits(partnership, at("2026-03-23 09:00"))
        audited.refresh_from_db()
        assert audited.reminders_sent == 0 and told("single_agency_audit_reminder") == []
        after = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        SingleAgencyAudit.objects.update(reminders_sent=2)
        jobs.remind_and_close_audits(partnership, at("2026-03-23 15:00"))
        assert after.email in told()
        SingleAgencyAudit.objects.update(reminders_sent=0)
        for _ in range(2):
            jobs.remind_and_close_audits(partnership, at("2026-03-24 09:00"))
        assert after.email in told() and told("single_agency_audit_reminder") == [after.email]

    def test_the_time_begins_when_somebody_is_told(self, partnership, team, school):
        (audited,) = ask_organisations(actor=team, organisations=[school], now=at("2026-03-02 09:00"))
        make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
        jobs.tell_leads_of_audits(partnership, at("2026-05-01 09:00"))
        audited.refresh_from_db()
        assert audited.due_at == at("2026-05-29 23:59")

    def test_what_is_not_active_any_more_is_neither_told_nor_called_overdue(
        self, partnership, team, school, lead
    ):
        audited = asked_about_own_training(partnership, school)
        Organisation.objects.filter(pk=school.pk).update(is_active=False)
        jobs.tell_leads_of_audits(partnership, timezone.now())
        assert told() == [] and not overdue(team, timezone.now() + timedelta(days=40))
        jobs.remind_and_close_audits(partnership, timezone.now())
        audited.refresh_from_db()
        assert audited.state == "closed"

    def test_nobody_is_reminded_of_what_is_answered_or_was_told_to_nobody(
        self, partnership, team, school, lead
    ):
        audited = asked_about_own_training(partnership, school)
        alone = asked_about_own_training(partnership, make_organisation(partnership))
        jobs.tell_leads_of_audits(partnership, timezone.now())
        answered(actor_for(lead), audited)
        jobs.remind_and_close_audits(partnership, timezone.now() + timedelta(days=40))
        assert told("single_agency_audit_reminder") == []
        alone.refresh_from_db()
        assert alone.reminders_sent == 0

    def test_what_still_waits_to_be_sent_goes_when_it_is_answered(self, partnership, school, lead):
        audited = asked_about_own_training(partnership, school)
        jobs.tell_leads_of_audits(partnership, timezone.now())
        Message.objects.update(state="queued")
        answered(actor_for(lead), audited)
        assert told() == []

    def test_closes_when_its_time_is_over_and_not_before(self, partnership, school):
        audited = asked_about_own_training(partnership, school)
        jobs.remind_and_close_audits(partnership, audited.closes_at - timedelta(minutes=1))
        audited.refresh_from_db()
        assert audited.state == "open"
        jobs.remind_and_close_audits(partnership, audited.closes_at)
        audited.refresh_from_db()
        assert audited.state == "closed"


class TestEveryYear:
    @pytest.mark.parametrize(("rule", "asked"), [("yearly", 2), ("when_asked", 1)])
    def test_asked_again_a_year_later_where_the_policy_wants_it(
        self, partnership, team, school, lead, rule, asked
    ):
        adopt_policy(partnership, policy(single_agency_audit__rule=rule), at=at("2024-01-01"))
        (first,) = ask_organisations(actor=team, organisations=[school], now=at("2025-03-01 15:00"))
        _change(first, state="answered", answered_at=first.asked_at, answered_by=lead)
        make_organisation(partnership)
        jobs.ask_organisations_again(partnership, at("2026-02-28 06:00"))
        assert SingleAgencyAudit.objects.count() == 1
        for _ in range(2):
            jobs.ask_organisations_again(partnership, at("2026-03-01 06:00"))
        # Nobody asks for the first time but the team.
        assert SingleAgencyAudit.objects.count() == asked
        if asked == 2:
            assert SingleAgencyAudit.objects.first().asked_by is None

    def test_what_was_withdrawn_is_not_asked_again_the_next_night(self, partnership, team, school, lead):
        adopt_policy(partnership, policy(single_agency_audit__rule="yearly"), at=at("2024-01-01"))
        (first,) = ask_organisations(actor=team, organisations=[school], now=at("2025-03-01 15:00"))
        _change(
            first,
            state="answered",
            answered_at=first.asked_at,
            answered_by=lead,
            last_asked_on=at("2025-05-01"),
        )
        # Reminders put the yearly round off by nothing.
        jobs.ask_organisations_again(partnership, at("2026-03-01 06:00"))
        second = SingleAgencyAudit.objects.get(state="open")
        assert withdraw_audit(actor=team, audited=second)
        jobs.ask_organisations_again(partnership, at("2026-03-02 06:00"))
        assert not SingleAgencyAudit.objects.filter(state="open").exists()
        assert organisations_asked(team).get(pk=school.pk).audit == first.pk
        give_back_audit(actor=team, audited=first, because="Numbers")
        assert school not in never_asked(partnership)

    def test_neither_what_waits_nor_what_is_not_active_any_more(self, partnership, team, school):
        adopt_policy(partnership, policy(single_agency_audit__rule="yearly"), at=at("2024-01-01"))
        closed = make_organisation(partnership)
        ask_organisations(actor=team, organisations=[school, closed], now=at("2025-03-01 15:00"))
        SingleAgencyAudit.objects.filter(organisation=closed).update(state="closed")
        Organisation.objects.filter(pk=closed.pk).update(is_active=False)
        jobs.ask_organisations_again(partnership, at("2026-06-01 06:00"))
        assert SingleAgencyAudit.objects.count() == 2


class TestAnswering:
    def test_a_lead_answers_page_by_page_and_reads_it_afterwards(self, partnership, school, lead, sign_in):
        audited = asked_about_own_training(partnership, school)
        browser = sign_in(lead)
        assert (
            "Say how Meadow Lane School trains its own staff"
            in browser.get("/alphashire/me/").content.decode()
        )
        listed = browser.get(reverse("evaluations:our_audits", args=["alphashire"])).content.decode()
        assert address("our_audit", audited) in listed
        start = browser.get(address("our_audit", audited)).content.decode()
        assert address("our_audit_page", audited, page=1) in start and "Start" in start
        sent = {"heading": "What is taught", "topics": ["level_1", "fgm"], "outlines": "no"}
        sent |= {"outlines--more": "Of FGM", "gaps": "=SUM(A1)"}
        after = browser.post(address("our_audit_page", audited, page=1), sent)
        assert after["Location"] == address("our_audit_page", audited, page=2)
        check = browser.get(address("our_audit_check", audited)).content.decode()
        assert "Some answers are missing" in check and "Send answers" not in check
        assert browser.post(address("our_audit_check", audited)).status_code == 200
        later = {"heading": "Who has been trained", "staff_required": "40", "later": "yes"}
        assert browser.post(address("our_audit_page", audited, page=2), later)["Location"] == address(
            "our_audit", audited
        )
        assert "Continue" in browser.get(address("our_audit", audited)).content.decode()
        browser.post(
            address("our_audit_page", audited, page=2),
            {"heading": "Who has been trained", "staff_required": "40", "staff_trained": "31"},
        )
        after = browser.post(
            address("our_audit_page", audited, page=3),
            {"heading": "How good it is", "evaluated": "no", "assurance": "partly", "actions": "Nothing."},
        )
        assert after["Location"] == address("our_audit_check", audited)
        shown = browser.get(address("our_audit_check", audited)).context["seen"]
        # Another lead changes something meanwhile.
        save_audit(actor=actor_for(lead), audited=audited, answers={"staff_trained": "13"})
        page = browser.post(address("our_audit_check", audited), {"seen": shown}, follow=True)
        assert "Somebody has changed the answers meanwhile" in page.content.decode()
        audited.refresh_from_db()
        assert audited.state == "open"
        save_audit(actor=actor_for(lead), audited=audited, answers={"staff_trained": "31"})
        after = browser.post(address("our_audit_check", audited), {"seen": shown})
        assert after["Location"] == address("our_audit", audited)
        audited.refresh_from_db()
        assert (audited.state, audited.answered_by, audited.on_behalf) == ("answered", lead, False)
        page = browser.get(address("our_audit", audited)).content.decode()
        assert "No: Of FGM" in page and "31" in page and "Lena Lead" in page
        assert "Say how Meadow" not in browser.get("/alphashire/me/").content.decode()
        assert browser.post(address("our_audit_check", audited)).status_code == 409
        assert "were sent already" in browser.get(address("our_audit_page", audited, page=1)).content.decode()

    def test_what_is_typed_is_saved_and_stands_in_the_trail_once_a_button_is_pressed(
        self, partnership, school, lead, sign_in
    ):
        audited = asked_about_own_training(partnership, school)
        answer = sign_in(lead).post(
            address("our_audit_page", audited, page=1),
            {"heading": "What is taught", "gaps": "Half a word", "typing": "yes"},
        )
        assert answer.json()["shown"]
        assert SingleAgencyAnswer.objects.get(question__key="gaps").text == "Half a word"
        kept = AuditEntry.objects.filter(action="evaluations.save_audit")
        assert not kept.exists()
        sign_in(lead).post(
            address("our_audit_page", audited, page=1), {"heading": "What is taught", "gaps": "A word"}
        )
        assert "gaps" in kept.get().after["questions"] and "A word" not in str(kept.get().after)

    def test_the_team_writes_down_what_an_organisation_says(self, partnership, school, lead, team, sign_in):
        audited = asked_about_own_training(partnership, school)
        browser = sign_in(team.person)
        assert "Lena Lead" in browser.get(address("desk_audit", audited)).content.decode()
        page = browser.get(address("desk_audit_page", audited, page=1)).content.decode()
        assert "You are writing down what" in page
        with pytest.raises(PermissionDenied):
            answered(team, audited)
        with pytest.raises(PermissionDenied):
            answered(actor_for(lead), audited, on_behalf=True)
        sent = answered(team, audited, on_behalf=True, gaps="Level 3")
        assert sent.on_behalf and sent.answered_by == team.person
        shown = browser.get(address("desk_audit", audited)).content.decode()
        assert "Written down by Cora Coordinator" in shown and "Level 3" in shown
        assert (
            "the partnership team wrote down"
            in sign_in(lead).get(address("our_audit", audited)).content.decode()
        )

    def test_who_may_not_answer_finds_nothing(self, partnership, school, lead, sign_in):
        audited = asked_about_own_training(partnership, school)
        answered(actor_for(lead), audited, gaps="The head never came")
        other = make_person(partnership, Role.ORGANISATION_LEAD)
        colleague = make_person(partnership, Role.LINE_MANAGER, organisation=school)
        chair = make_person(partnership, Role.SUBGROUP_CHAIR)
        for name, more in (("our_audit", {}), ("our_audit_page", {"page": 1}), ("our_audit_check", {})):
            assert sign_in(other).get(address(name, audited, **more)).status_code == 404
            assert sign_in(colleague).get(address(name, audited, **more)).status_code == 403
        for person in (other, colleague, chair, lead):
            assert sign_in(person).get(address("desk_audit", audited)).status_code == 403
        listed = sign_in(other).get(reverse("evaluations:our_audits", args=["alphashire"])).content.decode()
        assert "Meadow Lane" not in listed and "Nothing was asked yet" in listed
        for person in (other, colleague):
            with pytest.raises(PermissionDenied):
                save_audit(actor=actor_for(person), audited=audited, answers={})

    def test_a_lead_who_has_left_answers_no_more(self, partnership, school, lead, sign_in):
        audited = asked_about_own_training(partnership, school)
        Membership.objects.filter(person=lead).update(ended_on=uk_date(timezone.now()))
        assert sign_in(lead).get(address("our_audit", audited)).status_code in {302, 403}
        with pytest.raises(PermissionDenied):
            send_audit(actor=actor_for(lead), audited=audited, seen=mark_of(audited, saved_in(audited)))

    def test_the_neighbours_audit_is_a_404(self, partnership, neighbour, sign_in):
        with acting_in(neighbour):
            theirs = asked_about_own_training(neighbour, make_organisation(neighbour))
        team = make_person(partnership, Role.TEAM)
        for name in ("desk_audit", "our_audit"):
            assert sign_in(team).get(address(name, theirs)).status_code == 404
        assert sign_in(team).post(address("desk_audit_withdraw", theirs)).status_code == 404

    def test_the_team_has_no_audits_of_its_own_to_answer_as_a_lead(self, partnership, school, sign_in):
        audited = asked_about_own_training(partnership, school)
        team = make_person(partnership, Role.TEAM)
        assert sign_in(team).get(address("our_audit", audited)).status_code == 404

    def test_not_without_an_answer_to_what_is_required(self, partnership, school, lead):
        audited = asked_about_own_training(partnership, school)
        with pytest.raises(DomainError, match="before you send the form"):
            send_audit(actor=actor_for(lead), audited=audited, seen=mark_of(audited, saved_in(audited)))

    def test_not_when_it_is_over(self, partnership, school, lead):
        audited = asked_about_own_training(partnership, school)
        _change(audited, due_at=timezone.now(), closes_at=timezone.now())
        with pytest.raises(DomainError, match="The time to answer is over"):
            answered(actor_for(lead), audited)


class TestByTheTeam:
    def test_those_ticked_are_asked_and_then_all_that_never_were(self, partnership, school, sign_in):
        others = [make_organisation(partnership) for _ in range(2)]
        browser = sign_in(make_person(partnership, Role.TEAM, organisation=school))
        page = reverse("evaluations:desk_audits", args=["alphashire"])
        assert "organisations were" in browser.get(page).content.decode()
        said = browser.post(page, {"organisation": [others[0].pk, "x"]}, follow=True).content.decode()
        assert "1 organisation is asked" in said
        assert "Nobody is asked: tick" in browser.post(page, {}, follow=True).content.decode()
        sure = browser.post(f"{page}?q=zzz", {"all": "yes"}).content.decode()
        assert "Ask 0 organisations now?" in sure
        sure = browser.post(page, {"all": "yes"}).content.decode()
        assert "Ask 2 organisations now?" in sure and SingleAgencyAudit.objects.count() == 1
        said = browser.post(page, {"all": "yes", "sure": "yes"}, follow=True).content.decode()
        assert SingleAgencyAudit.objects.count() == Organisation.objects.count() == 3
        assert "2 organisations are asked" in said and 'name="all"' not in said

    def test_withdrawn_it_asks_nobody_and_what_was_written_is_gone(
        self, partnership, school, lead, team, sign_in
    ):
        audited = asked_about_own_training(partnership, school)
        save_audit(actor=actor_for(lead), audited=audited, answers={"gaps": "Level 3"})
        page = sign_in(team.person).get(address("desk_audit_withdraw", audited)).content.decode()
        assert "What is written so far is deleted" in page and SingleAgencyAnswer.objects.exists()
        sign_in(team.person).post(address("desk_audit_withdraw", audited))
        audited.refresh_from_db()
        assert audited.state == "withdrawn" and not SingleAgencyAnswer.objects.exists()
        assert not withdraw_audit(actor=team, audited=audited)
        page = sign_in(lead).get(address("our_audit", audited)).content.decode()
        assert "does not ask this any more" in page
        assert school in never_asked(partnership)
        assert len(ask_organisations(actor=team, organisations=[school])) == 1

    def test_what_is_sent_is_not_withdrawn(self, partnership, school, lead, team):
        audited = answered(actor_for(lead), asked_about_own_training(partnership, school))
        with pytest.raises(DomainError, match="has sent its answers meanwhile"):
            withdraw_audit(actor=team, audited=audited)

    def test_given_back_it_is_a_draft_again_and_the_leads_read_why(
        self, partnership, school, lead, team, sign_in
    ):
        audited = answered(
            actor_for(lead), asked_about_own_training(partnership, school), gaps="Ben was told"
        )
        browser = sign_in(team.person)
        refused = browser.post(address("desk_audit_give_back", audited), {"because": " "})
        assert "Say what is to be put right" in refused.content.decode()
        browser.post(address("desk_audit_give_back", audited), {"because": "An answer names a child."})
        audited.refresh_from_db()
        assert (audited.state, audited.answered_by) == ("open", lead) and audited.is_given_back
        again = browser.post(
            address("desk_audit_give_back", audited), {"because": "Numbers"}
        ).content.decode()
        assert "was given back already, because: “An answer names a child.”" in unescape(again)
        message = Message.objects.get(purpose="single_agency_audit_given_back")
        assert message.to_email == lead.email and "An answer names a child." in message.text
        assert "Ben" not in message.text
        start = sign_in(lead).get(address("our_audit", audited)).content.decode()
        assert "An answer names a child." in start and "Continue" in start
        again = answered(actor_for(lead), audited, gaps="A child was told")
        assert again.given_back_because == ""
        assert not SingleAgencyAnswer.objects.filter(text__contains="Ben").exists()
        assert "names a child" not in sign_in(lead).get(address("our_audit", audited)).content.decode()
        assert "Ben" not in str(list(AuditEntry.objects.values_list("before", "after")))

    def test_not_given_back_where_it_is_asked_anew(self, partnership, school, lead, team):
        audited = answered(actor_for(lead), asked_about_own_training(partnership, school))
        ask_organisations(actor=team, organisations=[school])
        with pytest.raises(DomainError, match="was asked anew since"):
            give_back_audit(actor=team, audited=audited, because="Numbers")

    def test_given_back_and_not_put_right_it_stands_as_it_is(self, partnership, school, lead, team, sign_in):
        audited = answered(actor_for(lead), asked_about_own_training(partnership, school), gaps="Level 3")
        _change(audited, sent_late=True)
        give_back_audit(actor=team, audited=audited, because="Numbers")
        audited.refresh_from_db()
        jobs.remind_and_close_audits(partnership, audited.closes_at)
        audited.refresh_from_db()
        assert audited.state == "answered" and audited.answered_by == lead and audited.is_late
        page = sign_in(team.person).get(address("desk_audit", audited)).content.decode()
        assert "Level 3" in page and "Not put right" in page and "Numbers" in page
        give_back_audit(actor=team, audited=audited, because="Numbers")
        assert withdraw_audit(actor=team, audited=audited)
        audited.refresh_from_db()
        assert audited.state == "answered" and SingleAgencyAnswer.objects.filter(text="Level 3").exists()

    def test_words_are_taken_out_of_an_older_one_too(self, partnership, school, lead, team, sign_in):
        old = answered(actor_for(lead), asked_about_own_training(partnership, school), gaps="Ben was told")
        newer = asked_about_own_training(partnership, school)
        browser = sign_in(team.person)
        assert address("desk_audit", old) in browser.get(address("desk_audit", newer)).content.decode()
        where = address("desk_audit_take_out", old, slug="gaps")
        assert where in browser.get(address("desk_audit", old)).content.decode()
        assert "Ben was told" in browser.get(where).content.decode()
        browser.post(where)
        assert SingleAgencyAnswer.objects.get(question__key="gaps", audit=old).text == "[removed by the team]"
        assert "Ben" not in browser.get(address("desk_audit", old)).content.decode()
        assert browser.get(where).status_code == 404
        assert "Ben" not in str(list(AuditEntry.objects.values_list("before", "after")))
        assert browser.get(address("desk_audit_take_out", old, slug="staff_x")).status_code == 404
        with pytest.raises(PermissionDenied):
            take_out_words(actor=actor_for(lead), audited=old, key="gaps")

    def test_the_spreadsheet_has_the_newest_answers_of_each(self, partnership, school, lead, team, sign_in):
        old = answered(actor_for(lead), asked_about_own_training(partnership, school), gaps="Before")
        _change(
            old,
            answered_at=timezone.now() - timedelta(days=400),
            asked_at=timezone.now() - timedelta(days=401),
        )
        answered(actor_for(lead), asked_about_own_training(partnership, school), gaps="=cmd()")
        browser = sign_in(team.person)
        page = reverse("evaluations:desk_audits_export", args=["alphashire", "xlsx"])
        book = CalamineWorkbook.from_filelike(BytesIO(b"".join(browser.get(page).streaming_content)))
        rows = book.get_sheet_by_name("Answers").to_python()
        assert len(rows) == 2 and rows[1][0] == "Meadow Lane School"
        assert rows[0][:4] == ["Organisation", "Answered", "Late", "Sent by"]
        assert rows[0][4].startswith("Which of these") and rows[1][3] == "the organisation"
        assert rows[1][rows[0].index("What of the minimum content is missing?")] == "=cmd()"
        assert "Before" not in str(rows)


class TestForgetting:
    def test_answers_go_when_they_were_kept_as_long_as_was_promised(self, partnership, school, lead, sign_in):
        audited = answered(actor_for(lead), asked_about_own_training(partnership, school), gaps="Level 3")
        jobs.tell_leads_of_audits(partnership, timezone.now())
        three_years = timedelta(days=3 * 365)
        jobs.forget_old_audits(partnership, timezone.now() + three_years - timedelta(days=1))
        assert SingleAgencyAnswer.objects.exists()
        for _ in range(2):
            jobs.forget_old_audits(partnership, timezone.now() + three_years + timedelta(days=2))
        audited.refresh_from_db()
        assert (
            audited.state == "answered" and audited.forgotten_at and not SingleAgencyAnswer.objects.exists()
        )
        assert not Message.objects.filter(purpose__startswith="single_agency").exists()
        page = sign_in(lead).get(address("our_audit", audited)).content.decode()
        assert "The answers are deleted" in page
        assert AuditEntry.objects.filter(action="evaluations.forget_audit").count() == 1

    def test_a_draft_that_was_never_sent_goes_when_the_time_is_over(self, partnership, school, lead):
        audited = asked_about_own_training(partnership, school)
        save_audit(actor=actor_for(lead), audited=audited, answers={"gaps": "Level 3"})
        jobs.remind_and_close_audits(partnership, audited.closes_at)
        assert not SingleAgencyAnswer.objects.exists()

    def test_what_is_open_keeps_its_draft(self, partnership, school, lead):
        audited = asked_about_own_training(partnership, school)
        save_audit(actor=actor_for(lead), audited=audited, answers={"gaps": "Level 3"})
        jobs.forget_old_audits(partnership, timezone.now() + timedelta(days=4000))
        assert SingleAgencyAnswer.objects.exists()


def test_our_audits_cost_the_same_for_one_and_five(
    partnership, school, lead, sign_in, django_assert_num_queries
):
    browser = sign_in(lead)
    page = reverse("evaluations:our_audits", args=["alphashire"])
    answered(actor_for(lead), asked_about_own_training(partnership, school))
    browser.get(page)
    with django_assert_num_queries(10):
        browser.get(page)
    for _ in range(4):
        answered(actor_for(lead), asked_about_own_training(partnership, school))
    with django_assert_num_queries(10):
        browser.get(page)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    @pytest.fixture
    def shire(self):
        partnership = make_partnership("raceshire")
        with acting_in(partnership):
            adopt(partnership)
            team = actor_for(make_person(partnership, Role.TEAM))
            return partnership, team, make_organisation(partnership)

    def ask_at_once(self, shire) -> list[object]:
        partnership, team, organisation = shire

        def ask() -> int:
            with acting_in(partnership):
                return len(ask_organisations(actor=team, organisations=[organisation]))

        return together(2, ask)

    def test_two_who_ask_at_once_ask_once(self, shire):
        assert sorted(self.ask_at_once(shire)) == [0, 1]

    def send_and_withdraw(self, shire) -> tuple[list[object], int]:
        partnership, team, organisation = shire
        with acting_in(partnership):
            (audited,) = ask_organisations(actor=team, organisations=[organisation])
            save_audit(actor=team, audited=audited, answers=answers_to(audited))
            seen = mark_of(audited, saved_in(audited))
        acts = [
            lambda: send_audit(actor=team, audited=audited, seen=seen, on_behalf=True),
            lambda: withdraw_audit(actor=team, audited=audited),
        ]

        def act() -> object:
            mine = acts.pop()
            with acting_in(partnership):
                return mine()

        outcomes = together(2, act)
        with acting_in(partnership):
            audited.refresh_from_db()
            return outcomes, (audited.state == "answered") - bool(audited.answers.count())

    def test_what_is_sent_while_somebody_withdraws_it_is_whole_or_gone(self, shire):
        outcomes, torn = self.send_and_withdraw(shire)
        assert sum(isinstance(one, DomainError) for one in outcomes) == 1 and torn == 0

    def test_control_without_the_lock_it_is_sent_without_its_answers(self, shire, monkeypatch):
        barrier, drop = threading.Barrier(2), services.drop_unsent

        def waiting(*given):
            barrier.wait(20)
            return drop(*given)

        monkeypatch.setattr(services, "drop_unsent", waiting)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
        outcomes, _ = self.send_and_withdraw(shire)
        assert not any(isinstance(one, DomainError) for one in outcomes)

    def test_control_without_the_lock_one_of_them_fails(self, shire, monkeypatch):
        barrier, create = threading.Barrier(2), QuerySet.bulk_create

        def waiting(self, rows, **options):
            rows = list(rows)
            if self.model is SingleAgencyAudit:
                barrier.wait(20)
            return create(self, rows, **options)

        monkeypatch.setattr(QuerySet, "bulk_create", waiting)
        monkeypatch.setattr(QuerySet, "select_for_update", lambda self, **given: self)
        outcomes = self.ask_at_once(shire)
        assert sum(isinstance(one, IntegrityError) for one in outcomes) == 1
