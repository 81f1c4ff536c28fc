"""Concern watch: what in an answer gives cause, that the team is told once and the same day, and what was done."""

from datetime import datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.urls import reverse
from django.utils import timezone

from evaluations.answering import WithWords
from evaluations.concern_words import with_words
from evaluations.drafts import Draft, DraftPage, DraftQuestion, Option
from evaluations.jobs import ask_for_evaluations, watch_for_concerns
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Concern, ConcernSign, EarlierOutcome, Invitation
from evaluations.queries.concerns import concerns_open
from evaluations.services.concerns import acknowledge_concern, raise_concern, reopen_concern, settle_concern
from evaluations.services.drafts import new_questionnaire, publish_draft
from evaluations.services.questionnaires import ask_by_default
from notifications.models import Message
from partnership_portal.working_days import UK
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.policy import ConcernPolicy
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, booked, held
from tests.factories import actor_for, job, make_partnership, make_person

SAID = "The trainer laughed at my question about race."


def answered(partnership, **given) -> Invitation:
    """An evaluation that was sent."""
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    invitation = Invitation.objects.get(booking=booking)
    answer(invitation, **given)
    return invitation


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def concern(partnership):
    answered(partnership, concern=WithWords("yes", SAID))
    watch_for_concerns(partnership, timezone.now())
    return Concern.objects.get()


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("It was not safe.", True),
        ("NOT SAFE at all", True),
        ("It wasn’t safe", False),
        ("I felt safe", False),
        ("She humiliated a colleague", True),
        ("humiliating", True),
        ("He was ‘racist’", True),
        ("racist-sounding jokes", True),
        ("The trainer’s offensive remark", True),
        ("on the offence side", False),
        ("We discussed stracists", False),
        ("They didn't listen", True),
        ("They didn’t listen", True),
        ("did not listen", False),
        ("made  fun\nof her", True),
        ("made of fun", False),
        ("“Unprofessional”—all of it", True),
        ("", False),
        ("🙂 Siân ŵ", False),
    ],
)
def test_words_are_found_whole_in_any_case_and_inflection(db, text, is_found) -> None:
    words = [
        "not safe",
        "humiliated",
        "racist",
        "offensive",
        "didn’t listen",
        "made fun of",
        "unprofessional",
    ]
    assert (with_words({1: text}, words) == {1}) is is_found


def test_every_word_of_the_portal_is_found_in_itself(db) -> None:
    words = ConcernPolicy().words.value
    for word in words:
        assert with_words({1: f"It was {word.upper()}!"}, words) == {1}
        assert with_words({1: f"It was {word.upper()}!"}, [word]) == {1}
    assert ConcernPolicy().words.portal_default and ConcernPolicy().low_score.portal_default
    assert with_words({1: "racist"}, []) == set()


@pytest.mark.parametrize(
    ("given", "sign"),
    [
        ({"concern": WithWords("yes", SAID)}, ConcernSign.SAID),
        ({"concern": ["yes"]}, ConcernSign.SAID),
        ({"concern": ["no"]}, None),
        ({"trainer": 1}, ConcernSign.LOW_SCORE),
        ({"trainer": 2}, None),
        ({"confidence_before": 0, "confidence_after": 1}, None),
        ({"knowledge": ["before:1", "after:1"]}, None),
        ({"comments": "Racist jokes in the break."}, ConcernSign.WORDS),
        ({"pledge": "I felt humiliated and will not come again."}, ConcernSign.WORDS),
        ({"comments": "All good."}, None),
    ],
)
def test_what_gives_cause(partnership, given, sign) -> None:
    answered(partnership, **given)
    watch_for_concerns(partnership, timezone.now())
    assert [one.signs[0][0] for one in Concern.objects.all()] == ([sign] if sign else [])


@pytest.mark.parametrize(
    ("rows", "marks", "sign"),
    [
        (["trainer", "venue"], ["trainer:5", "venue:1"], ConcernSign.LOW_SCORE),
        (["trainer", "venue"], ["trainer:5", "venue:2"], None),
        # What somebody knew is about them, whoever wrote the rows.
        (["before-the-course", "now"], ["before-the-course:1", "now:4"], None),
    ],
)
def test_a_low_mark_in_a_row_of_a_matrix_gives_cause(partnership, rows, marks, sign) -> None:
    team = actor_for(make_person(partnership, Role.TEAM))
    options = tuple(Option(value=row, label=row.capitalize()) for row in rows)
    rated = DraftQuestion(
        key="rated", kind=QuestionKind.MATRIX, text="How was it?", ends=("Poor", "Very good"), rows=options
    )
    form = new_questionnaire(
        actor=team,
        kind=QuestionnaireKind.EVALUATION,
        title="Own",
        copy_of=Draft(pages=(DraftPage(heading="One", questions=(rated,)),)),
    )
    publish_draft(actor=team, questionnaire=form, revision=1, still_the_same=[])
    ask_by_default(actor=team, questionnaire=form)
    answered(partnership, rated=marks)
    watch_for_concerns(partnership, timezone.now())
    assert [one.signs[0][0] for one in Concern.objects.all()] == ([sign] if sign else [])


def test_threshold_and_words_are_the_partnerships_policy(db) -> None:
    shire = make_partnership("ownshire", concerns__low_score=2, concerns__words=["cold room"])
    with acting_in(shire):
        adopt(shire)
        answered(shire, trainer=2)
        answered(shire, comments="The cold rooms again.")
        answered(shire, comments="A racist joke.")
    watch_for_concerns(shire, timezone.now())
    with acting_in(shire):
        assert sorted(one.signs[0][0] for one in Concern.objects.all()) == ["low_score", "words"]


def test_team_is_told_once_the_same_day_without_the_words(partnership, settings) -> None:
    settings.PORTAL_QUIET_HOURS = True
    invitation = answered(partnership, concern=WithWords("yes", SAID))
    saturday_night = datetime(2027, 1, 2, 22, 30, tzinfo=UK)
    for _ in range(2):
        watch_for_concerns(partnership, saturday_night)
    message = Message.objects.get(purpose="concern_raised")
    assert message.to_email == partnership.coordinator_email
    assert message.not_before is None, "not held until Monday"
    everything = message.title + message.text + message.html
    assert "laughed" not in everything and invitation.respondent_name not in everything
    assert f"/desk/concerns/{Concern.objects.get().pk}/" in message.text
    trail = str(list(AuditEntry.objects.filter(action__contains="concern").values()))
    assert "laughed" not in trail and "said" in trail


def test_not_before_it_is_sent(partnership) -> None:
    booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    watch_for_concerns(partnership, timezone.now())
    assert Invitation.objects.get().watched_at is None
    answer(Invitation.objects.get(), concern=["yes"])
    watch_for_concerns(partnership, timezone.now())
    assert Concern.objects.exists()


def test_raised_twice_is_once(partnership, concern) -> None:
    raise_concern(actor=job(partnership), response=concern.response, signs=[("said", 1)], now=timezone.now())
    assert Concern.objects.count() == 1
    assert AuditEntry.objects.filter(action="evaluations.raise_concern").count() == 1


def test_taken_on_by_the_first_and_settled_once(partnership, concern, team) -> None:
    other = make_person(partnership, Role.TEAM)
    for person in (team, other, team):
        acknowledge_concern(actor=actor_for(person), concern=concern)
    concern.refresh_from_db()
    assert (concern.acknowledged_by, concern.standing) == (team, "acknowledged")
    with pytest.raises(DomainError, match="Say what was done"):
        settle_concern(actor=actor_for(team), concern=concern, outcome="  ")
    for _ in range(2):
        settle_concern(actor=actor_for(team), concern=concern, outcome="Spoke to the trainer.")
    with pytest.raises(DomainError, match="Tia Team has settled this concern already"):
        settle_concern(actor=actor_for(other), concern=concern, outcome="Nothing.")
    concern.refresh_from_db()
    assert (concern.standing, concern.outcome) == ("settled", "Spoke to the trainer.")
    assert "Spoke" not in str(list(AuditEntry.objects.values_list("before", "after")))


class TestOpenedAgain:
    NEW = "Two more people said the same."

    @pytest.fixture
    def settled(self, concern, team) -> Concern:
        settle_concern(actor=actor_for(team), concern=concern, outcome="Spoke to the trainer.")
        return concern

    def test_it_is_on_the_desk_again_and_what_was_done_stays(self, partnership, settled, team) -> None:
        other = make_person(partnership, Role.TEAM, name="Otto Other")
        with pytest.raises(DomainError, match="what has come up"):
            reopen_concern(actor=actor_for(other), concern=settled, reason=" ")
        for _ in range(2):
            reopen_concern(actor=actor_for(other), concern=settled, reason=self.NEW)
        settled.refresh_from_db()
        assert (settled.standing, settled.acknowledged_by, settled.outcome) == ("acknowledged", team, "")
        assert list(concerns_open(actor_for(team), timezone.now())) == [settled]
        earlier = EarlierOutcome.objects.get()
        assert (earlier.outcome, earlier.settled_by) == ("Spoke to the trainer.", team)
        assert (earlier.reason, earlier.reopened_by) == (self.NEW, other)
        trail = AuditEntry.objects.get(action="evaluations.reopen_concern")
        assert trail.after == {"by": other.pk, "earlier": earlier.pk}
        settle_concern(actor=actor_for(other), concern=settled, outcome="Observed the next session.")
        reopen_concern(actor=actor_for(team), concern=settled, reason="Once more.")
        assert EarlierOutcome.objects.count() == 2

    def test_not_before_it_was_settled(self, concern, team) -> None:
        with pytest.raises(DomainError, match="not settled yet"):
            reopen_concern(actor=actor_for(team), concern=concern, reason=self.NEW)

    @pytest.mark.parametrize("role", [Role.TRAINER, Role.SUBGROUP_CHAIR, Role.ORGANISATION_LEAD])
    def test_only_by_the_team(self, partnership, settled, role) -> None:
        with pytest.raises(PermissionDenied):
            reopen_concern(actor=actor_for(make_person(partnership, role)), concern=settled, reason="No.")
        assert not EarlierOutcome.objects.exists()

    def test_on_its_page(self, partnership, settled, team, sign_in) -> None:
        address = reverse("evaluations:concern", args=[partnership.slug, settled.pk])
        client = sign_in(team)
        assert "Something new has come up" in client.get(address).content.decode()
        page = client.post(address, {"reopen": "yes", "reason": ""}).content.decode()
        assert "Say what has come up" in page and "There is a problem" in page
        page = client.post(address, {"reopen": "yes", "reason": self.NEW}, follow=True).content.decode()
        assert "The concern is open again" in page and self.NEW in page and "Spoke to the trainer." in page
        assert "Settle the concern" in page and "Open it again" not in page

    def test_the_database_keeps_what_was_done(self, settled, team) -> None:
        reopen_concern(actor=actor_for(team), concern=settled, reason=self.NEW)
        for change in (
            lambda: EarlierOutcome.objects.update(outcome="x"),
            lambda: EarlierOutcome.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()


@pytest.mark.parametrize("role", [Role.TRAINER, Role.SUBGROUP_CHAIR, Role.OBSERVER, Role.ORGANISATION_LEAD])
def test_only_for_the_team(partnership, concern, sign_in, role) -> None:
    person = make_person(partnership, role)
    for name, key in (("concerns", []), ("concern", [concern.pk])):
        page = sign_in(person).get(reverse(f"evaluations:{name}", args=[partnership.slug, *key]))
        assert page.status_code == 403
    with pytest.raises(PermissionDenied):
        settle_concern(actor=actor_for(person), concern=concern, outcome="Nothing")
    assert not Concern.objects.visible_to(actor_for(person)).exists()


def test_the_page_from_new_to_settled(partnership, neighbour, concern, team, sign_in) -> None:
    address = reverse("evaluations:concern", args=[partnership.slug, concern.pk])
    client = sign_in(team)
    page = client.get(address).content.decode()
    assert SAID in page and "I look into it" in page
    desk = reverse("pages:desk", args=[partnership.slug])
    on_desk = client.get(desk).content.decode()
    assert "Concerns about courses" in on_desk and "laughed" not in on_desk
    assert (
        "Tia Team looks into this concern"
        in client.post(address, {"acknowledge": "yes"}, follow=True).content.decode()
    )
    assert "Concerns about courses" in client.get(desk).content.decode(), "stays until it is settled"
    assert "Say what was done" in client.post(address, {"outcome": ""}).content.decode()
    client.post(address, {"outcome": "Spoke to the trainer."})
    assert "Spoke to the trainer." in client.get(address).content.decode()
    assert 'id="concerns"' not in client.get(desk).content.decode()
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    foreign = reverse("evaluations:concern", args=[neighbour.slug, concern.pk])
    assert sign_in(stranger).get(foreign).status_code == 404


def test_answers_late_by_days_are_still_watched(partnership) -> None:
    invitation = answered(partnership, concern=["yes"])
    Invitation.objects.filter(pk=invitation.pk).update(answered_at=timezone.now() - timedelta(days=3))
    watch_for_concerns(partnership, timezone.now())
    assert Concern.objects.exists()


def test_what_was_typed_stays_where_a_colleague_was_first(partnership, concern, team, sign_in) -> None:
    address = reverse("evaluations:concern", args=[partnership.slug, concern.pk])
    client = sign_in(team)
    first = make_person(partnership, Role.TEAM, name="Fay First")
    settle_concern(actor=actor_for(first), concern=concern, outcome="Spoke to the venue.")
    page = client.post(address, {"outcome": "Rang the trainer for an hour."})
    assert page.status_code == 200
    words = page.content.decode()
    for said in ("Fay First has settled this concern already", "Spoke to the venue.", "Rang the trainer"):
        assert said in words
    concern.refresh_from_db()
    assert concern.outcome == "Spoke to the venue."


def test_a_reason_to_open_it_again_stays_where_there_is_nothing_to_open(concern, team, sign_in) -> None:
    address = reverse("evaluations:concern", args=[concern.partnership.slug, concern.pk])
    page = sign_in(team).post(address, {"reopen": "yes", "reason": "A second learner rang."})
    assert page.status_code == 200
    assert "not settled yet" in page.content.decode() and "A second learner rang." in page.content.decode()
