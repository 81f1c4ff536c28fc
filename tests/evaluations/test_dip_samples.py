"""Dip samples: a draw that is fair, repeatable and kept; calls and their outcomes; interviews of their own kind."""

import json
from collections import Counter
from datetime import timedelta
from hashlib import sha256
from random import Random
from uuid import uuid4

import pgtrigger
import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from bookings.models import Booking
from courses.models import Priority
from evaluations.analysis_sections.dip_sample import dip_sample
from evaluations.answering import Value
from evaluations.drawing import draw, fingerprint, in_order, shares
from evaluations.jobs import ask_for_evaluations, forget_old_answers, remind_and_close
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Answer, DipAttempt, DipContact, DipSample, Invitation, Notice
from evaluations.queries.analysis.dip_sample import dip_rates
from evaluations.queries.dip_samples import call_sheet, comes_out_the_same, frame_of, strata_of
from evaluations.queries.notices import notices_to_settle
from evaluations.queries.surveys import to_do
from evaluations.raw_answers import raw_answers
from evaluations.selections import Selection
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.dip_samples import Draw, begin_interview, draw_sample, note_attempt
from notifications.models import Message
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, CompetencyGroup, Person, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import move
from tests.evaluations.made import analysis_of, answers_to, booked, held
from tests.factories import actor_for, make_course, make_organisation, make_person, policy
from tests.factories import adopt as adopt_policy

frames = st.lists(
    st.tuples(st.text(max_size=5), st.sets(st.integers(1, 10**6), max_size=30)), max_size=8
).map(in_order)


class TestDrawing:
    """The arithmetic alone."""

    @given(sizes=st.lists(st.integers(0, 500), min_size=1, max_size=12), data=st.data())
    def test_shares_are_proportional(self, sizes, data):
        number = data.draw(st.integers(0, sum(sizes)))
        found = shares(sizes, number)
        assert sum(found) == number
        for size, share in zip(sizes, found, strict=True):
            assert 0 <= share <= size
            if sum(sizes):
                assert abs(share - number * size / sum(sizes)) < 1

    @pytest.mark.parametrize(
        ("sizes", "number", "expected"),
        [
            ([47_000, 16_000, 15_800, 12_000, 6_100, 3_100], 10, [5, 2, 1, 1, 1, 0]),
            ([1, 1, 1], 2, [1, 1, 0]),
            ([10, 0, 10], 3, [2, 0, 1]),
            ([5], 5, [5]),
            ([0, 0], 0, [0, 0]),
        ],
        ids=["worked example of the largest remainder", "ties go in order", "empty stratum", "all", "nobody"],
    )
    def test_worked_examples(self, sizes, number, expected):
        assert shares(sizes, number) == expected

    def test_no_more_than_there_are(self):
        with pytest.raises(ValueError, match="No more"):
            shares([1, 2], 4)

    @given(frame=frames, seed=st.integers(0, 10**9), data=st.data())
    def test_same_frame_and_seed_give_the_same_people(self, frame, seed, data):
        number = data.draw(st.integers(0, sum(len(ids) for _, ids in frame)))
        found = draw(frame, number, seed)
        assert found == draw(json.loads(json.dumps(frame)), number, seed)
        for (label, ids), (same, drawn) in zip(frame, found, strict=True):
            assert label == same and set(drawn) <= set(ids) and len(set(drawn)) == len(drawn)
        assert sum(len(drawn) for _, drawn in found) == number

    def test_the_procedure_as_it_is_written_down(self):
        frame = in_order([("b", [5, 4]), ("a", [3, 1, 2])])
        random = Random(42)
        tickets = {one: random.random() for one in (1, 2, 3, 4, 5)}
        expected = [
            ("a", sorted([1, 2, 3], key=tickets.__getitem__)[:2]),
            ("b", sorted([4, 5], key=tickets.__getitem__)[:1]),
        ]
        assert draw(frame, 3, 42) == expected
        # So it was when it was written; another Python must not draw other people.
        assert draw([("", list(range(1, 11)))], 4, 2026) == [("", PINNED)]

    def test_everybody_has_the_same_chance(self):
        frame = [("", list(range(20)))]
        counts = Counter(one for seed in range(4000) for one in draw(frame, 5, seed)[0][1])
        # 4000 draws of 5 of 20: 1000 each, with a standard deviation of 27.
        assert all(abs(counts[one] - 1000) < 5 * 27.4 for one in range(20))

    @given(frame=frames)
    def test_fingerprint_tells_frames_apart(self, frame):
        assert fingerprint(frame) == fingerprint(json.loads(json.dumps(frame)))
        assert fingerprint([*frame, ("more", [1])]) != fingerprint(frame)


PINNED = [5, 1, 6, 2]


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


def wanted(**changes) -> Draw:
    """A draw of the last four weeks."""
    today = uk_today()
    return Draw(**{"starts_on": today - timedelta(days=28), "ends_on": today, "size": 3, **changes})


def drawn(team, **changes) -> DipSample:
    sample = draw_sample(actor=actor_for(team), key=uuid4(), wanted=wanted(**changes))
    return DipSample.objects.get(pk=sample.pk)


def attended(partnership, number: int, **fields) -> list[Booking]:
    session = held(partnership, **fields)
    return [booked(session) for _ in range(number)]


class TestDraw:
    def test_kept_with_seed_frame_and_trail(self, partnership, team):
        attended(partnership, 6)
        sample = drawn(team)
        assert comes_out_the_same(sample)
        assert sample.contacts.filter(role="learner").count() == 3
        assert sample.contacts.filter(role="manager").count() == 3
        written = json.dumps(sample.frame, ensure_ascii=False, separators=(",", ":")).encode()
        assert sample.frame_hash == sha256(written).hexdigest()
        trail = AuditEntry.objects.get(action="evaluations.draw_sample")
        assert trail.after["seed"] == sample.seed and trail.after["of"] == 6

    def test_the_same_form_draws_once_and_another_draw_leaves_its_trace(self, partnership, team, sign_in):
        attended(partnership, 6)
        key = uuid4()
        first = draw_sample(actor=actor_for(team), key=key, wanted=wanted())
        assert draw_sample(actor=actor_for(team), key=key, wanted=wanted()) == first
        second = drawn(team)
        assert DipSample.objects.count() == 2
        page = sign_in(team).get(reverse("evaluations:dip_sample", args=[partnership.slug, second.pk]))
        assert "Other draws from some of these days" in page.content.decode()
        for change in (lambda: DipSample.objects.update(seed=1), lambda: DipSample.objects.all().delete()):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_somebody_else_on_the_sheet_is_found_out(self, partnership, team):
        bookings = attended(partnership, 6)
        sample = drawn(team)
        kept = set(sample.contacts.values_list("booking_id", flat=True))
        other = next(one for one in bookings if one.pk not in kept)
        sample.contacts.filter(position=1).update(booking=other)
        assert not comes_out_the_same(sample)

    def test_everybody_once_and_only_who_attended_then(self, partnership, team):
        (first,) = attended(partnership, 1, days_ago=3)
        latest = booked(held(partnership, days_ago=2), person=first.person)
        booked(held(partnership, days_ago=2), state="did_not_attend")
        attended(partnership, 1, days_ago=40)
        sample = drawn(team, size=1)
        assert sample.frame == [["", [latest.pk]]]
        with pytest.raises(DomainError, match="Only 1 who attended then can still be asked about it, so 2"):
            drawn(team, size=2)
        with pytest.raises(DomainError, match="between 1 and"):
            drawn(team, size=0)

    def test_not_about_a_session_whose_answers_are_kept_no_longer(self, partnership, team):
        (short,) = attended(partnership, 1, days_ago=2)
        ask_for_evaluations(partnership, timezone.now())
        (both,) = attended(partnership, 1, days_ago=3)
        booked(held(partnership, days_ago=4 * 366), person=both.person)
        attended(partnership, 1, days_ago=4 * 366)
        move(short.session, -timedelta(days=2 * 366))
        period = wanted(starts_on=uk_today() - timedelta(days=5 * 366))
        [(_, people)] = frame_of(partnership, period)
        assert people == sorted([short.pk, both.pk])
        # Whoever was asked was promised a shorter time.
        about = Invitation.objects.filter(session=short.session)
        promised = about.get().policy_version
        shorter = adopt_policy(partnership, policy(evaluation__answers_kept_years=1), at=timezone.now())
        about.update(policy_version=shorter, state="closed")
        assert frame_of(partnership, period) == [("", [both.pk])]
        forget_old_answers(partnership, timezone.now())
        about.update(policy_version=promised)
        assert about.get().forgotten_at
        assert frame_of(partnership, period) == [("", [both.pk])]

    def test_by_course_sector_and_level(self, partnership, team):
        police = Sector.objects.create(partnership=partnership, code="police", name="Police")
        group = CompetencyGroup.objects.create(
            partnership=partnership, code="3", title="Level 3", who="Leads", refresher_months=36
        )
        attended(partnership, 4, course=make_course(partnership, title="Neglect"))
        session = held(partnership, course=make_course(partnership, title="Thresholds"))
        for _ in range(2):
            organisation = make_organisation(partnership, sector=police)
            booked(
                session, person=make_person(partnership, organisation=organisation, competency_group=group)
            )
        for strata, labels in (
            ("course", ["Neglect", "Thresholds"]),
            ("sector", ["Health", "Police"]),
            ("level", ["Level 2", "Level 3"]),
        ):
            found = strata_of(drawn(team, strata=strata))
            assert [(one.label, one.size, one.drawn) for one in found] == [
                (labels[0], 4, 2),
                (labels[1], 2, 1),
            ]

    def test_filters(self, partnership, team):
        priority = Priority.objects.create(partnership=partnership, code="A", title="Neglect")
        chosen = make_course(partnership, priority=priority)
        (mine,) = attended(partnership, 1, course=chosen)
        attended(partnership, 3)
        for filters in ({"courses": [chosen.pk]}, {"priorities": [priority.pk]}):
            assert drawn(team, size=1, **filters).frame == [["", [mine.pk]]]

    def test_nobody_of_the_neighbour(self, partnership, neighbour, team):
        with acting_in(neighbour):
            attended(neighbour, 5)
        with pytest.raises(DomainError, match="Only 0"):
            drawn(team)

    @pytest.mark.parametrize("role", [Role.TRAINER, Role.SUBGROUP_CHAIR, Role.OBSERVER])
    def test_only_by_the_team(self, partnership, role):
        attended(partnership, 3)
        with pytest.raises(PermissionDenied):
            drawn(make_person(partnership, role))


class TestCalls:
    @pytest.fixture
    def contact(self, partnership, team):
        attended(partnership, 3)
        return drawn(team).contacts.filter(role="learner").first()

    def test_noted_in_order_and_once(self, contact, team):
        actor = actor_for(team)
        for _ in range(2):
            note_attempt(actor=actor, contact=contact, outcome="no_answer")
        tomorrow = timezone.now() + timedelta(days=1)
        note_attempt(actor=actor, contact=contact, outcome="call_back", call_back_at=tomorrow)
        (one,) = call_sheet(DipContact.objects.filter(pk=contact.pk))
        assert [attempt.outcome for attempt in one.attempts] == ["call_back", "no_answer"]
        assert one.words == "Call back" and not one.is_due(timezone.now()) and one.is_due(tomorrow)
        note_attempt(actor=actor, contact=contact, outcome="declined")
        (one,) = call_sheet(DipContact.objects.filter(pk=contact.pk))
        assert one.standing == "declined"
        with pytest.raises(DatabaseError), transaction.atomic():
            DipAttempt.objects.all().delete()

    @pytest.mark.parametrize("at", [None, timedelta(days=-1)])
    def test_a_call_back_has_a_time_to_come(self, contact, team, at):
        at = at and timezone.now() + at
        with pytest.raises(DomainError, match="Say when"):
            note_attempt(actor=actor_for(team), contact=contact, outcome="call_back", call_back_at=at)

    def test_whom_to_ring(self, partnership, team):
        manager = make_person(partnership, account=False, name="Meg Manager")
        Person.objects.filter(pk=manager.pk).update(phone="01632 960001")
        session = held(partnership)
        known = booked(session, person=make_person(partnership, name="Ann", line_manager=manager))
        typed = booked(
            session,
            person=make_person(
                partnership, name="Bea", line_manager_name="Tom Typed", line_manager_email="tom@x.example"
            ),
        )
        unknown = booked(session, person=make_person(partnership, name="Cyd"))
        found = {
            (one.contact.booking_id, one.contact.role): (one.name, one.phone, one.email)
            for one in call_sheet(drawn(team).contacts.all())
        }
        assert found[known.pk, "manager"] == ("Meg Manager", "01632 960001", manager.email)
        assert found[typed.pk, "manager"] == ("Tom Typed", "", "tom@x.example")
        assert found[unknown.pk, "manager"] == ("Line manager of Cyd", "", "")

    @pytest.mark.parametrize("rows", [1, 5])
    def test_call_sheet_takes_the_same_number_of_queries(
        self, partnership, team, sign_in, rows, django_assert_num_queries
    ):
        attended(partnership, rows)
        sample = drawn(team, size=rows)
        for contact in sample.contacts.all():
            note_attempt(actor=actor_for(team), contact=contact, outcome="no_answer")
        client = sign_in(team)
        address = reverse("evaluations:dip_sample", args=[partnership.slug, sample.pk])
        client.get(address)
        with django_assert_num_queries(14):
            client.get(address)


@pytest.fixture
def sample(partnership, team) -> DipSample:
    """Three learners and their line managers, who are nobody here."""
    for booking in attended(partnership, 3):
        booking.person.memberships.update(line_manager_name="Meg", line_manager_email="meg@school.example")
    return drawn(team)


def to_settle(team) -> list[Notice]:
    return list(notices_to_settle(actor_for(team), timezone.now()))


class TestEmailed:
    @pytest.mark.parametrize("role", DipContact.Role.values)
    def test_is_noted_where_an_address_is_known(self, partnership, sample, team, sign_in, role) -> None:
        contact = sample.contacts.filter(role=role).first()
        address = reverse("evaluations:dip_contact", args=["alphashire", contact.pk])
        browser = sign_in(team)
        (one,) = call_sheet(sample.contacts.filter(pk=contact.pk))
        assert one.email and f"mailto:{one.email}" in browser.get(address).content.decode()
        browser.post(address, {"outcome": "emailed"})
        assert contact.attempts.get().outcome == "emailed"
        sheet = browser.get(reverse("evaluations:dip_sample", args=["alphashire", sample.pk]))
        assert "Emailed" in sheet.content.decode()
        # What they write back is an interview like any other.
        interview = begin_interview(actor=actor_for(team), contact=contact)
        save_answers(actor=actor_for(team), invitation=interview, answers=answers_to(interview))
        submit_answers(actor=actor_for(team), invitation=interview)
        assert Invitation.objects.get(pk=interview.pk).state == "answered"

    def test_is_not_offered_where_none_is(self, sample, team, sign_in) -> None:
        contact = sample.contacts.filter(role="learner").first()
        Person.objects.filter(pk=contact.booking.person_id).update(email="")
        address = reverse("evaluations:dip_contact", args=["alphashire", contact.pk])
        browser = sign_in(team)
        assert "Emailed" not in browser.get(address).content.decode()
        browser.post(address, {"outcome": "emailed"})
        assert not contact.attempts.exists()


class TestLeft:
    def test_a_learner_who_left_is_on_the_desk_and_the_membership_is_ended_there(
        self, partnership, sample, team, sign_in
    ) -> None:
        contact = sample.contacts.filter(role="learner").first()
        learner = contact.booking.person
        note_attempt(actor=actor_for(team), contact=contact, outcome="left")
        (notice,) = to_settle(team)
        assert (notice.reason, notice.invitation.booking) == ("left", contact.booking)
        browser = sign_in(team)
        page = browser.get(reverse("evaluations:asked", args=["alphashire", notice.invitation_id]))
        assert f"says that {learner} has left" in page.content.decode()
        assert "ask again" not in page.content.decode()
        settle = reverse("evaluations:asked_settle", args=["alphashire", notice.invitation_id])
        assert browser.post(settle, {"outcome": "asked_again"}).status_code == 409
        browser.post(settle, {"outcome": "ended"})
        assert not learner.memberships.filter(ended_on__isnull=True).exists()
        assert not to_settle(team)
        assert not Message.objects.exists()

    def test_a_manager_who_left_is_no_longer_the_manager(self, sample, team, sign_in) -> None:
        contact = sample.contacts.filter(role="manager").first()
        note_attempt(actor=actor_for(team), contact=contact, outcome="left")
        (notice,) = to_settle(team)
        assert notice.reason == "not_manager"
        browser = sign_in(team)
        page = browser.get(reverse("evaluations:asked", args=["alphashire", notice.invitation_id]))
        learner = contact.booking.person
        assert f"is not the line manager of {learner} any more" in page.content.decode()
        assert reverse("partnerships:person", args=["alphashire", learner.pk]) in page.content.decode()
        settle = reverse("evaluations:asked_settle", args=["alphashire", notice.invitation_id])
        browser.post(settle, {"outcome": "noted"})
        assert learner.memberships.filter(ended_on__isnull=True).exists()
        assert not to_settle(team)

    def test_is_said_once_and_leaves_the_draw_and_its_figures_alone(self, sample, team) -> None:
        contact = sample.contacts.filter(role="learner").first()
        for minutes in (2, 1, 0):
            note_attempt(actor=actor_for(team), contact=contact, outcome="left")
            at = timezone.now() - timedelta(minutes=minutes + 1)
            with transaction.atomic(), pgtrigger.ignore("evaluations.DipAttempt:append_only"):
                contact.attempts.update(at=at)
        assert contact.attempts.count() == 3 and len(to_settle(team)) == 1
        rates = {one.role: one for one in dip_rates(sample.contacts.all())}
        assert (rates["learner"].reached, rates["learner"].interviewed, rates["learner"].declined) == (
            0,
            0,
            1,
        )
        # Should they talk after all, the interview is begun as ever.
        assert begin_interview(actor=actor_for(team), contact=contact).state == "open"

    def test_is_noted_also_where_answers_about_the_session_are_deleted(self, sample, team) -> None:
        contact = sample.contacts.filter(role="learner").first()
        move(contact.booking.session, -timedelta(days=9 * 366))
        note_attempt(actor=actor_for(team), contact=contact, outcome="left")
        assert contact.attempts.count() == 1 and not Notice.objects.exists()


class TestInterviews:
    def interviewed(self, team, contact, **given: Value) -> Invitation:
        actor = actor_for(team)
        interview = begin_interview(actor=actor, contact=contact)
        known = {"speaks_as": [contact.role], **given}
        save_answers(actor=actor, invitation=interview, answers=answers_to(interview, **known))
        submit_answers(actor=actor, invitation=interview)
        return interview

    def test_learner_and_manager_each_as_answers_of_their_own_kind(self, sample, team):
        first = sample.contacts.filter(position=1)
        for contact in first:
            interview = self.interviewed(team, contact)
            assert begin_interview(actor=actor_for(team), contact=contact) == interview
        found = Invitation.objects.filter(kind="dip_sample", state="answered")
        assert found.count() == 2 and {one.booking for one in found} == {first[0].booking}
        assert set(Answer.objects.filter(question__key="speaks_as").values_list("chosen__0", flat=True)) == {
            "learner",
            "manager",
        }
        with pytest.raises(DomainError, match="interview is done"):
            note_attempt(actor=actor_for(team), contact=first[0], outcome="no_answer")

    def test_in_no_figure_and_one_by_one_with_who_said_it(self, partnership, sample, team):
        for contact in sample.contacts.filter(position=1):
            self.interviewed(team, contact)
        asked = Invitation.objects.filter(partnership=partnership)
        found = analysis_of(asked, for_team=True)
        assert found.response(QuestionnaireKind.DIP_SAMPLE) is None
        assert not [one for one in found.questions if one.kind == QuestionnaireKind.DIP_SAMPLE]
        interviews = asked.filter(kind="dip_sample")
        sheet = list(raw_answers(partnership, interviews, with_names=False).rows)
        assert {row[1]: row[11] for row in sheet if row[8] == "speaks_as"} == {
            "Learner": "learner",
            "Line manager": "manager",
        }

    def test_a_strand_of_its_own_of_all_who_were_drawn(self, partnership, sample, team):
        actor = actor_for(team)
        learners = sample.contacts.filter(role="learner")
        managers = sample.contacts.filter(role="manager")
        self.interviewed(team, learners[0], done=["done"])
        # Begun is not interviewed, and whoever could not be reached was drawn all the same.
        begin_interview(actor=actor, contact=learners[1])
        note_attempt(actor=actor, contact=learners[2], outcome="declined")
        self.interviewed(team, managers[0])
        found = analysis_of(
            Invitation.objects.filter(partnership=partnership),
            for_team=True,
            contacts=Selection().contacts(partnership),
        ).dip_sample
        said = {one.role: one for one in found}
        assert [one.role for one in found] == ["learner", "manager"]
        learner, manager = said["learner"], said["manager"]
        assert (learner.drawn, learner.reached, learner.interviewed) == (learners.count(), 2, 1)
        assert learner.declined == 1
        assert (manager.drawn, manager.reached, manager.interviewed) == (managers.count(), 1, 1)
        # Never added up together.
        assert {one.counted for one in learner.questions} == {1}
        assert {one.counted for one in manager.questions} == {1}
        section = dip_sample(found)
        assert [table.caption for table in section.tables] == [
            "From the draw to the interview",
            "What learners said in the interview",
            "What line managers said in the interview",
        ]
        assert section.tables[0].rows[0][3] == f"1 of {learners.count()} ({round(100 / learners.count())}%)"

    def test_a_selection_has_its_own_draw_alone(self, partnership, sample):
        every = Selection().contacts(partnership).count()
        course = sample.contacts.first().booking.session.course_id
        assert 0 < Selection(course=course).contacts(partnership).count() <= every
        assert Selection(course=course + 10_000).contacts(partnership).count() == 0

    def test_whom_one_talks_to_is_known(self, sample, team):
        contact = sample.contacts.filter(role="manager").first()
        interview = begin_interview(actor=actor_for(team), contact=contact)
        assert interview.answers.get().chosen == ["manager"]

    def test_drawn_again_there_is_another_interview(self, sample, team):
        contact = sample.contacts.first()
        self.interviewed(team, contact)
        again = drawn(team).contacts.get(booking=contact.booking, role=contact.role)
        assert begin_interview(actor=actor_for(team), contact=again) != contact.interview

    def test_nobody_is_asked_reminded_or_let_in(self, partnership, sample, team):
        contact = sample.contacts.filter(role="learner").first()
        interview = begin_interview(actor=actor_for(team), contact=contact)
        learner = actor_for(contact.booking.person)
        assert to_do(learner) == []
        with pytest.raises(PermissionDenied):
            save_answers(actor=learner, invitation=interview, answers={})
        remind_and_close(partnership, timezone.now() + timedelta(days=60))
        assert not Message.objects.exists()
        assert Invitation.objects.get(pk=interview.pk).reminders_sent == 0

    def half_typed(self, partnership, team) -> DipContact:
        """An interview that was begun, and whose time is over."""
        contact = drawn(team).contacts.filter(role="learner").first()
        interview = begin_interview(actor=actor_for(team), contact=contact)
        answers = {"confidence_now": 7}
        save_answers(actor=actor_for(team), invitation=interview, answers=answers)
        Invitation.objects.filter(pk=interview.pk).update(closes_at=timezone.now())
        return DipContact.objects.get(pk=contact.pk)

    @pytest.mark.parametrize("is_closed", [True, False], ids=["closed by the job", "before the job has run"])
    def test_whose_time_is_over_is_open_again_with_what_was_written(
        self, partnership, sample, team, sign_in, is_closed
    ):
        contact = self.half_typed(partnership, team)
        if is_closed:
            remind_and_close(partnership, timezone.now())
            assert Invitation.objects.get(pk=contact.interview_id).state == "closed"
        for _ in range(2):
            interview = begin_interview(actor=actor_for(team), contact=contact)
            assert (interview.pk, interview.state) == (contact.interview_id, "open")
            assert interview.closes_at > timezone.now() + timedelta(days=89)
        assert interview.answers.get(question__key="confidence_now").number == 7
        again = AuditEntry.objects.filter(action="evaluations.begin_interview", after__has_key="again")
        assert again.count() == 1
        answers = answers_to(interview, speaks_as=["learner"])
        save_answers(actor=actor_for(team), invitation=interview, answers=answers)
        submit_answers(actor=actor_for(team), invitation=interview)
        assert begin_interview(actor=actor_for(team), contact=contact).state == "answered"

    def test_what_is_typed_on_a_page_that_stood_open_is_kept(self, partnership, sample, team, sign_in):
        contact = self.half_typed(partnership, team)
        remind_and_close(partnership, timezone.now())
        address = reverse("evaluations:dip_interview", args=[partnership.slug, contact.pk])
        client = sign_in(team)
        assert client.get(address).status_code == 200
        assert client.post(address, {"confidence_now": "9", "later": "1"}).status_code == 302
        assert Answer.objects.get(question__key="confidence_now").number == 9

    def test_what_was_half_typed_goes_with_the_answers_about_the_session(
        self, partnership, neighbour, sample, team
    ):
        contact = self.half_typed(partnership, team)
        session = contact.booking.session
        forget_old_answers(partnership, session.ends_at + timedelta(days=4 * 366))
        assert Answer.objects.exists()
        remind_and_close(neighbour, timezone.now())
        assert Invitation.objects.get(pk=contact.interview_id).state == "open"
        remind_and_close(partnership, timezone.now())
        forget_old_answers(partnership, session.ends_at + timedelta(days=4 * 366))
        assert not Answer.objects.exists()
        with pytest.raises(DomainError, match="kept as long as we said"):
            begin_interview(actor=actor_for(team), contact=contact)

    def test_nobody_is_interviewed_about_a_session_whose_answers_are_kept_no_longer(
        self, partnership, sample, team, sign_in
    ):
        contact = sample.contacts.filter(role="learner").first()
        move(contact.booking.session, -timedelta(days=4 * 366))
        with pytest.raises(DomainError, match="kept as long as we said"):
            begin_interview(actor=actor_for(team), contact=contact)
        begin = reverse("evaluations:dip_begin", args=[partnership.slug, contact.pk])
        page = sign_in(team).post(begin, follow=True)
        assert "kept as long as we said" in page.content.decode()
        assert not Invitation.objects.filter(kind="dip_sample").exists()

    def test_pages_of_the_team_and_of_nobody_else(self, partnership, neighbour, sample, team, sign_in):
        contact = sample.contacts.filter(role="learner").first()
        begin_interview(actor=actor_for(team), contact=contact)
        addresses = [
            reverse(f"evaluations:{name}", args=[partnership.slug, pk])
            for name, pk in (
                ("dip_sample", sample.pk),
                ("dip_contact", contact.pk),
                ("dip_interview", contact.pk),
                ("dip_sheet", sample.pk),
            )
        ]
        for address in addresses:
            assert sign_in(team).get(address).status_code == 200
            for role in (Role.TRAINER, Role.SUBGROUP_CHAIR, Role.ORGANISATION_LEAD, Role.OBSERVER):
                assert sign_in(make_person(partnership, role)).get(address).status_code == 403
        with acting_in(neighbour):
            stranger = make_person(neighbour, Role.TEAM)
        for address in addresses:
            foreign = address.replace(partnership.slug, neighbour.slug)
            assert sign_in(stranger).get(foreign).status_code == 404

    def test_refused_on_the_form(self, partnership, sample, team, sign_in):
        client = sign_in(team)
        new = reverse("evaluations:dip_sample_new", args=[partnership.slug])
        assert "Enter how many learners" in client.post(new, {"key": uuid4()}).content.decode()
        today = uk_today()
        days = {
            f"{name}_{part}": getattr(today, part)
            for name in ("starts_on", "ends_on")
            for part in ("day", "month", "year")
        }
        given = {**days, "key": uuid4(), "strata": "none", "size": 150}
        assert "be drawn" in client.post(new, given).content.decode()
        address = reverse("evaluations:dip_contact", args=[partnership.slug, sample.contacts.first().pk])
        page = client.post(address, {"outcome": "call_back"}).content.decode()
        assert "Say on which day to call back" in page
        assert client.post(address, {"outcome": "no_answer"}).status_code == 302
