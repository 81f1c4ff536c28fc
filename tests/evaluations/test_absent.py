"""Whoever was not there after all is not asked, not let in, promised nothing and counted nowhere; until put right."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from evaluations.analysis_sections.own_words import own_words
from evaluations.jobs import ask_about_impact, ask_before_courses, ask_for_evaluations, remind_and_close
from evaluations.kinds import QuestionnaireKind
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Certificate, Invitation, Quote
from evaluations.queries import course_rates, response_rates, to_do
from evaluations.queries.own_words import quoted_now
from evaluations.services.answers import SurveyClosed, save_answers, submit_answers
from evaluations.services.notices import ask_other_manager
from evaluations.services.quotes import mark_quote
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme
from notifications.models import Message
from partnership_portal.working_days import add_working_days, uk_date, uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt as adopt_library
from tests.evaluations.made import analysis_of, answer, answers_to, at, booked, counted, held
from tests.evaluations.test_before_courses import place, ruled
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, make_course, make_person

KINDS = ("evaluation", "impact", "line_manager")
ABSENT = ("did_not_attend", "partly_attended")


@pytest.fixture
def booking(partnership):
    """Attended, with evaluation, impact evaluation and line manager form waiting for some weeks yet."""
    learner = make_person(
        partnership, name="Lee", line_manager_name="Meg", line_manager_email="meg@nursery.example"
    )
    session = held(partnership, course=make_course(partnership, asks_line_manager=True), days_ago=1)
    return asked_everything(partnership, booked(session, person=learner))


def asked_everything(partnership, booking):
    ask_for_evaluations(partnership, booking.session.ends_at)
    ask_about_impact(partnership, booking.session.ends_at + timedelta(days=100))
    month = timezone.now() + timedelta(days=30)
    asked = Invitation.objects.filter(booking=booking)
    asked.update(closes_at=month, last_asked_on=uk_today() - timedelta(days=30))
    assert sorted(asked.values_list("kind", flat=True)) == sorted(KINDS)
    return booking


def say(booking, state: str) -> None:
    """What the register says."""
    type(booking).objects.filter(pk=booking.pk).update(state=state)


def of(booking, kind: str) -> Invitation:
    return Invitation.objects.for_answering().get(booking=booking, kind=kind)


def reminded(partnership) -> int:
    """How many reminders go out on the next working day."""
    before = Message.objects.filter(purpose="survey-reminder").count()
    remind_and_close(partnership, at(f"{add_working_days(uk_today(), 2)} 10:00"))
    return Message.objects.filter(purpose="survey-reminder").count() - before


@pytest.mark.parametrize("state", ABSENT)
def test_nobody_is_reminded_or_let_in(partnership, booking, state, sign_in) -> None:
    say(booking, state)
    assert reminded(partnership) == 0
    assert to_do(actor_for(booking.person)) == []
    for kind in KINDS:
        invitation = of(booking, kind)
        response = Client().get(
            reverse("evaluations:survey", args=[partnership.slug, survey_token(invitation)])
        )
        who = "Lee" if kind == "line_manager" else "you"
        assert response.status_code == 410
        assert f"The register does not say that {who} attended this session" in response.content.decode()
        for act in (save_answers, submit_answers):
            given = {"answers": answers_to(invitation)} if act is save_answers else {}
            with pytest.raises(SurveyClosed):
                act(actor=holder_of(invitation), invitation=invitation, **given)
    team = sign_in(make_person(partnership, Role.TEAM))
    chase = team.get(reverse("evaluations:chase", args=[partnership.slug, booking.session_id]))
    assert "Nobody is left to ask" in chase.content.decode()
    page = team.get(reverse("evaluations:asked", args=[partnership.slug, of(booking, "line_manager").pk]))
    assert "Not asked any more: the register does not say that Lee attended" in page.content.decode()
    assert "Ask another line manager" not in page.content.decode()
    assert [row["invited"] for row in response_rates(partnership)] == []


def test_no_other_line_manager_is_asked(partnership, booking) -> None:
    say(booking, "did_not_attend")
    team = actor_for(make_person(partnership, Role.TEAM))
    with pytest.raises(DomainError, match="does not say that Lee attended"):
        ask_other_manager(
            actor=team, invitation=of(booking, "line_manager"), name="Max", email="max@nursery.example"
        )


def test_put_right_it_is_open_again_and_brings_the_certificate(partnership, booking) -> None:
    say(booking, "did_not_attend")
    assert reminded(partnership) == 0
    say(booking, "attended")
    assert reminded(partnership) == len(KINDS)
    assert answer(of(booking, "evaluation")) == Certificate.objects.get()


def test_an_undone_mark_keeps_nobody_out(partnership, booking) -> None:
    say(booking, "confirmed")
    assert answer(of(booking, "evaluation")) is None
    assert of(booking, "evaluation").state == "answered"


def test_it_closes_in_its_time_all_the_same(partnership, booking) -> None:
    """Else what was begun would be kept for ever."""
    say(booking, "did_not_attend")
    remind_and_close(partnership, timezone.now() + timedelta(days=31))
    assert set(Invitation.objects.values_list("state", "closed_because")) == {("closed", "")}


def test_a_lost_place_is_the_reason_whichever_job_closes_it(partnership) -> None:
    ruled(partnership)
    coming = place(partnership)
    ask_before_courses(partnership, at("2026-04-10 06:30"))
    say(coming, "cancelled")
    remind_and_close(partnership, coming.session.starts_at)
    assert Invitation.objects.get().closed_because == "no_place"
    assert not response_rates(partnership)


def figures(partnership, *, for_team: bool):
    """How many were asked for an evaluation and answered, and the mean and number of one question."""
    found = analysis_of(Invitation.objects.filter(partnership=partnership), for_team=for_team)
    asked = found.response(QuestionnaireKind.EVALUATION)
    marks = found.of(QuestionnaireKind.EVALUATION, "relevance")
    mean = marks.mean.value if marks and marks.mean else None
    return (asked.invited, asked.answered), (marks.counted if marks else 0), mean


class TestFigures:
    def test_what_somebody_absent_said_does_not_count(self, partnership, sign_in) -> None:
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 3 + [rated(1, 2, 8)])
        absent = Invitation.objects.filter(session=session).order_by("pk").last()
        say(absent.booking, "did_not_attend")
        assert figures(partnership, for_team=True) == ((3, 3), 3, 5.0)
        for rates in (response_rates, course_rates):
            (row,) = rates(partnership)
            assert (row["invited"], row["answered"]) == (3, 3)
        # Of two more there are five who came, and the sixth is in no block.
        evaluated(partnership, session, [rated(5, 2, 8)])
        assert figures(partnership, for_team=False)[1] == 0
        evaluated(partnership, session, [rated(5, 2, 8)])
        assert figures(partnership, for_team=False) == ((5, 5), 5, 5.0)
        assert not Invitation.objects.get(pk=absent.pk).counted_at
        client = sign_in(make_person(partnership, Role.TEAM))
        chase = client.get(reverse("evaluations:chase", args=[partnership.slug, session.pk]))
        assert chase.content.decode().count("Does not count") == 1

    def test_what_others_have_seen_counted_stays_for_them_and_goes_for_the_team(self, partnership) -> None:
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 4 + [rated(3, 2, 8)])
        before = figures(partnership, for_team=False)
        say(Invitation.objects.filter(session=session).order_by("pk").last().booking, "did_not_attend")
        counted(partnership)
        assert figures(partnership, for_team=False) == before
        assert figures(partnership, for_team=True) == ((4, 4), 4, 5.0)


class TestOwnWords:
    """What somebody absent wrote stays for the team to read, marked, and stands in nothing that goes on from there."""

    @pytest.fixture
    def written(self, partnership):
        """Six have said what they will do, the last of whom is quoted; others than the team have five counted."""
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * 6)
        Invitation.objects.update(quoting_agreed_at=timezone.now())
        return list(Answer.objects.filter(question__key="pledge").order_by("pk"))

    @pytest.fixture
    def team(self, partnership):
        return make_person(partnership, Role.TEAM)

    def themes(self, partnership, *, for_team: bool = True) -> str:
        found = own_words(Invitation.objects.filter(partnership=partnership), "#000000", for_team=for_team)
        return " ".join(word for section in found.sections for word in (section.title, *section.words)) + str(
            found.sheet.rows
        )

    def test_it_is_counted_and_quoted_nowhere_until_put_right(self, partnership, team, written) -> None:
        actor, absent = actor_for(team), written[-1]
        theme = add_theme(actor=actor, name="Supervision")
        for one in written:
            tag_answers(actor=actor, changes=[Retagging(one.pk, frozenset([theme.pk]), frozenset())])
        mark_quote(actor=actor, answer=absent, words=absent.text)
        assert "Quotes" in self.themes(partnership) and "'Supervision', 6, 6" in self.themes(partnership)
        say(absent.invitation.booking, "did_not_attend")
        for for_team in (True, False):
            assert "Quotes" not in self.themes(partnership, for_team=for_team)
        assert "'Supervision', 5, 5" in self.themes(partnership)
        say(absent.invitation.booking, "attended")
        assert "Quotes" in self.themes(partnership) and "'Supervision', 6, 6" in self.themes(partnership)

    def test_not_even_where_others_have_seen_them_counted(self, partnership, team, written) -> None:
        counted(partnership)
        first = Answer.objects.filter(pk=written[0].pk, invitation__counted_at__isnull=False).get()
        mark_quote(actor=actor_for(team), answer=first, words=first.text)
        quote = Quote.objects.get().pk
        assert "Quotes" in self.themes(partnership, for_team=False)
        assert quoted_now([quote]) == {quote: first.text}
        say(first.invitation.booking, "partly_attended")
        for for_team in (True, False):
            assert "Quotes" not in self.themes(partnership, for_team=for_team)
        assert quoted_now([quote]) == {}

    def test_the_raw_download_leaves_it_out(self, partnership, team, written, sign_in) -> None:
        def lines() -> int:
            sent = {"names": "without", "ending": "csv"}
            address = reverse("evaluations:raw_answers", args=[partnership.slug])
            response = sign_in(team).post(address, sent)
            return b"".join(response).count(b"\r\n") - 1

        everything = lines()
        assert everything == Answer.objects.count() > 0
        say(written[-1].invitation.booking, "did_not_attend")
        assert lines() == everything - written[-1].invitation.answers.count()
        kept = AuditEntry.objects.filter(action="evaluations.record_raw_answers").latest("pk").after
        assert kept["rows"] == lines()

    def test_the_team_reads_it_marked(self, partnership, team, written, sign_in) -> None:
        client, session = sign_in(team), written[0].invitation.session
        pages = [
            reverse("evaluations:session_evaluation", args=[partnership.slug, session.pk]),
            reverse("evaluations:free_texts", args=[partnership.slug]),
            reverse("evaluations:quote", args=[partnership.slug, written[-1].pk]),
        ]
        marked = [client.get(page).content.decode().count("Does not count") for page in pages]
        assert marked == [0, 0, 0]
        say(written[-1].invitation.booking, "did_not_attend")
        written_by_absent = written[-1].invitation.answers.exclude(text="").count()
        marked = [client.get(page).content.decode().count("Does not count") for page in pages]
        assert marked == [written_by_absent, written_by_absent, 1]


def test_neighbours_are_as_their_own_register_says(partnership, neighbour, booking) -> None:
    with acting_in(neighbour):
        adopt_library(neighbour)
        learner = make_person(neighbour, line_manager_email="max@school.example")
        session = held(neighbour, course=make_course(neighbour, asks_line_manager=True), days_ago=1)
        theirs = asked_everything(neighbour, booked(session, person=learner))
    say(booking, "did_not_attend")
    assert reminded(partnership) == 0
    with acting_in(neighbour):
        assert reminded(neighbour) == len(KINDS)
        assert answer(of(theirs, "evaluation")) is not None
        assert uk_date(of(theirs, "evaluation").answered_at) == uk_today()
