"""Quotes: asked for, agreed to, shortened without changing a word, and taken back for good."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from evaluations.answering import REMOVED
from evaluations.jobs import ask_about_impact, ask_for_evaluations
from evaluations.links import holder_of, survey_token
from evaluations.models import Answer, Invitation, Question, QuestionnaireVersion, Quote
from evaluations.queries.surveys import written_at_length
from evaluations.quoting import is_asked_to_be_quoted, parts_of, quoted
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.quotes import agree_to_be_quoted, mark_quote, stop_quoting, unmark_quote
from evaluations.services.redaction import redact_answer
from evaluations.services.retention import forget_answers
from notifications.models import Message
from partnerships.actors import holder
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import answers_to, booked, held
from tests.factories import actor_for, job, make_course, make_person

SAID = "I will ask the child first. Then I ask the mother, Ann, and write it all down."
OFFER = "Quote me without my name"
SHORT = "I will ask the child first. […] and write it all down."


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def invitation(partnership) -> Invitation:
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    return Invitation.objects.for_answering().get(booking=booking)


def send(invitation: Invitation, *, agreed: bool = True, actor=None, **answers) -> None:
    actor = actor or holder_of(invitation)
    given = answers_to(invitation, **(answers or {"pledge": SAID}))
    save_answers(actor=actor, invitation=invitation, answers=given)
    submit_answers(actor=actor, invitation=invitation, may_quote=agreed)
    invitation.refresh_from_db()


@pytest.fixture
def pledge(invitation) -> Answer:
    """Words whose giver agreed."""
    send(invitation)
    return Answer.objects.get(question__key="pledge")


def check_page(invitation: Invitation, client: Client | None = None) -> str:
    at = [invitation.partnership.slug, survey_token(invitation)]
    return (client or Client()).get(reverse("evaluations:survey_check", args=at)).content.decode()


def test_asked_on_the_last_step_unticked_where_something_was_written(invitation) -> None:
    save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
    Answer.objects.filter(question__kind="long_text").delete()
    assert 'name="may_quote"' not in check_page(invitation)
    save_answers(actor=holder_of(invitation), invitation=invitation, answers={"pledge": SAID})
    page = check_page(invitation)
    box = page[page.index('name="may_quote"') - 200 : page.index('name="may_quote"') + 200]
    assert "checked" not in box and "without my name" in page


@pytest.mark.parametrize("ticked", [True, False])
def test_kept_with_the_answers_only_if_ticked(invitation, ticked) -> None:
    save_answers(actor=holder_of(invitation), invitation=invitation, answers=answers_to(invitation))
    at = [invitation.partnership.slug, survey_token(invitation)]
    sent = {"may_quote": "on"} if ticked else {}
    assert Client().post(reverse("evaluations:survey_check", args=at), sent).status_code == 302
    invitation.refresh_from_db()
    assert invitation.state == "answered"
    assert (invitation.quoting_agreed_at is not None) is ticked
    entry = AuditEntry.objects.get(action="evaluations.submit_answers")
    assert entry.after.get("may be quoted", False) is ticked


def test_managers_and_trainers_are_asked_too(partnership) -> None:
    course = make_course(partnership, asks_line_manager=True)
    manager = make_person(partnership)
    learner = make_person(partnership, line_manager=manager)
    session = held(partnership, days_ago=100, course=course)
    booked(session, person=learner)
    ask_about_impact(partnership, timezone.now())
    form = Invitation.objects.for_answering().get(kind="line_manager")
    save_answers(actor=holder_of(form), invitation=form, answers=answers_to(form, example="She asks."))
    assert 'name="may_quote"' in check_page(form)


def test_never_for_somebody_else(invitation, team) -> None:
    """What the team types in on the telephone is quoted nowhere, whatever is sent."""
    send(invitation, actor=actor_for(team))
    assert invitation.typed_in_by == team and invitation.quoting_agreed_at is None


def test_whoever_is_rung_for_a_dip_sample_agrees_by_the_guides_question(
    partnership, invitation, team
) -> None:
    guide = QuestionnaireVersion.objects.get(questionnaire__kind="dip_sample")
    for said in ("no", "yes"):
        interview = Invitation.objects.create(
            partnership=partnership,
            kind="dip_sample",
            version=guide,
            session=invitation.session,
            booking=invitation.booking,
            respondent_name="Lee",
            policy_version=invitation.policy_version,
            invited_at=timezone.now(),
            closes_at=timezone.now() + timedelta(days=1),
            last_asked_on=timezone.localdate(),
        )
        send(interview, agreed=False, actor=actor_for(team), may_quote=[said])
        assert (interview.quoting_agreed_at is not None) is (said == "yes")
    stop_quoting(actor=actor_for(team), invitation=interview)
    interview.refresh_from_db()
    assert interview.quoting_agreed_at is None


@pytest.mark.parametrize(
    ("survey", "kind", "text", "is_asked"),
    [
        ("evaluation", "long_text", SAID, True),
        ("pre_course", "long_text", SAID, True),
        ("trainer_feedback", "long_text", SAID, True),
        ("evaluation", "short_text", "Ann", False),
        ("evaluation", "long_text", "", False),
        ("evaluation", "long_text", REMOVED, False),
        ("evaluation", "scale", "", False),
        ("observation", "long_text", SAID, False),
        ("dip_sample", "long_text", SAID, False),
    ],
)
def test_asked_of_whom(survey, kind, text, is_asked) -> None:
    given = [Answer(question=Question(kind=kind), text=text)]
    assert is_asked_to_be_quoted(survey, given) is is_asked


def test_marked_shortened_and_the_original_unchanged(pledge, team) -> None:
    for _ in range(2):
        quote = mark_quote(actor=actor_for(team), answer=pledge, words=SHORT)
    pledge.refresh_from_db()
    assert pledge.text == SAID
    assert quoted(pledge.text, quote.parts) == SHORT
    assert (quote.marked_by, quote.partnership) == (team, team.partnership)
    entry = AuditEntry.objects.get(action="evaluations.mark_quote")
    assert entry.after == {"answer": pledge.pk, "parts": 2}
    whole = mark_quote(actor=actor_for(team), answer=pledge, words=SAID)
    assert whole.pk == quote.pk and quoted(SAID, whole.parts) == SAID


def test_not_without_consent(invitation, team) -> None:
    send(invitation, agreed=False)
    said = Answer.objects.get(question__key="pledge")
    with pytest.raises(DomainError, match="has not agreed"):
        mark_quote(actor=actor_for(team), answer=said, words=SAID)
    with pytest.raises(DatabaseError, match="nobody is quoted"), transaction.atomic():
        Quote.objects.create(
            partnership=team.partnership,
            answer=said,
            parts=[[0, 5]],
            marked_at=timezone.now(),
            marked_by=team,
        )


def test_taken_back_by_whoever_wrote_it(invitation, pledge, team) -> None:
    mark_quote(actor=actor_for(team), answer=pledge, words=SHORT)
    with pytest.raises(DatabaseError, match="consent stays while"), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(quoting_agreed_at=None)
    for other in (make_person(invitation.partnership), make_person(invitation.partnership, Role.TRAINER)):
        with pytest.raises(PermissionDenied):
            stop_quoting(actor=actor_for(other), invitation=invitation)
    for _ in range(2):
        stop_quoting(actor=holder_of(invitation), invitation=invitation)
    invitation.refresh_from_db()
    assert invitation.quoting_agreed_at is None and not Quote.objects.exists()
    assert AuditEntry.objects.get(action="evaluations.stop_quoting").after == {"quotes": 1}
    with pytest.raises(DomainError, match="has not agreed"):
        mark_quote(actor=actor_for(team), answer=pledge, words=SHORT)


def test_taken_back_through_the_link_of_the_message(invitation, pledge, team) -> None:
    mark_quote(actor=actor_for(team), answer=pledge, words=SHORT)
    at = [invitation.partnership.slug, survey_token(invitation)]
    link, sent = (reverse(f"evaluations:{name}", args=at) for name in ("survey", "survey_sent"))
    client = Client()
    page = client.get(link)
    assert page.status_code == 409 and sent in page.content.decode()
    assert "Do not quote me any more" in client.get(sent).content.decode()
    assert Quote.objects.exists(), "a look changes nothing"
    page = client.post(sent, follow=True).content.decode()
    assert "You are not quoted any more." in page and "Do not quote me any more" not in page
    assert not Quote.objects.exists()
    assert "Take that back" not in client.get(link).content.decode()


def test_taken_back_signed_in(invitation, pledge, sign_in) -> None:
    slug = invitation.partnership.slug
    client = sign_in(invitation.respondent)
    sent = reverse("evaluations:my_survey_sent", args=[slug, invitation.pk])
    page = client.get(own := reverse("evaluations:my_surveys", args=[slug])).content.decode()
    assert sent in page and "not to be quoted" not in page
    client.post(sent)
    invitation.refresh_from_db()
    assert invitation.quoting_agreed_at is None
    assert "not to be quoted" in client.get(own).content.decode()
    stranger = make_person(invitation.partnership)
    assert sign_in(stranger).post(sent).status_code == 404


@pytest.fixture
def silent(invitation) -> Invitation:
    """Answers with words whose giver has not ticked the box."""
    send(invitation, agreed=False)
    return invitation


def agree(invitation: Invitation, actor=None) -> bool:
    """Agree afterwards; tell whether they may be quoted then."""
    agree_to_be_quoted(actor=actor or holder_of(invitation), invitation=invitation)
    invitation.refresh_from_db()
    return invitation.quoting_agreed_at is not None


def test_agreed_to_afterwards_once_and_taken_back_as_ever(silent, team) -> None:
    assert agree(silent) and agree(silent)
    entry = AuditEntry.objects.get(action="evaluations.agree_to_be_quoted")
    assert entry.after == {"may be quoted": True} and SAID not in str(entry.__dict__)
    said = Answer.objects.get(question__key="pledge")
    mark_quote(actor=actor_for(team), answer=said, words=SHORT)
    stop_quoting(actor=holder_of(silent), invitation=silent)
    assert not Quote.objects.exists()
    assert agree(silent) and not Quote.objects.exists(), "the team chooses anew"


def test_agreed_to_by_nobody_else(silent, team, partnership) -> None:
    strangers = [team, make_person(partnership), make_person(partnership, Role.TRAINER)]
    others = [*map(actor_for, strangers), holder(partnership, "survey 0"), job(partnership)]
    for other in others:
        with pytest.raises(PermissionDenied):
            agree(silent, other)
    silent.refresh_from_db()
    assert silent.quoting_agreed_at is None


def _typed_in(silent, team) -> None:
    Invitation.objects.filter(pk=silent.pk).update(typed_in_by=team)


def _forgotten(silent, team) -> None:
    # As the job leaves it, years later.
    later = silent.session.ends_at + timedelta(days=3660)
    forget_answers(actor=job(silent.partnership), session=silent.session, now=later)


def _taken_out(silent, team) -> None:
    for one in Answer.objects.filter(invitation=silent, text__gt=""):
        redact_answer(actor=actor_for(team), answer=one, reason="It names a family.")


def _not_written(silent, team) -> None:
    Answer.objects.filter(invitation=silent).exclude(text="").delete()


@pytest.mark.parametrize("become", [_typed_in, _forgotten, _taken_out, _not_written])
def test_not_agreed_to_afterwards(silent, team, sign_in, become) -> None:
    """What others wrote down, what is deleted or taken out, and what was never written is offered to nobody."""
    sent = reverse("evaluations:survey_sent", args=[silent.partnership.slug, survey_token(silent)])
    own = reverse("evaluations:my_surveys", args=[silent.partnership.slug])
    client = sign_in(silent.respondent)
    assert (
        OFFER in Client().get(sent).content.decode()
        and "not to be quoted" in client.get(own).content.decode()
    )
    become(silent, team)
    with pytest.raises(DomainError, match="nothing of yours"):
        agree(silent)
    assert OFFER not in Client().get(sent).content.decode()
    assert "to be quoted" not in client.get(own).content.decode().partition("<main")[2]
    Client().post(sent, {"agree": "yes"})
    silent.refresh_from_db()
    assert silent.quoting_agreed_at is None


def test_what_is_left_beside_words_taken_out_can_be_agreed_to(silent, team) -> None:
    said = Answer.objects.get(question__key="pledge")
    redact_answer(actor=actor_for(team), answer=said, reason="It named a mother.", part="Ann")
    assert agree(silent)
    mark_quote(actor=actor_for(team), answer=said, words="write it all down")


def test_agreed_to_through_the_link_of_the_message(silent, neighbour) -> None:
    at = [silent.partnership.slug, survey_token(silent)]
    link, sent = (reverse(f"evaluations:{name}", args=at) for name in ("survey", "survey_sent"))
    client = Client()
    page = client.get(link)
    assert (
        page.status_code == 409
        and sent in page.content.decode()
        and "quoted nowhere" in page.content.decode()
    )
    page = client.get(sent).content.decode()
    assert OFFER in page and SAID not in page, "a link in a mailbox shows no answers"
    silent.refresh_from_db()
    assert silent.quoting_agreed_at is None, "a look changes nothing"
    page = client.post(sent, {"agree": "yes"}, follow=True).content.decode()
    assert (
        "may be quoted without your name" in page and "Do not quote me any more" in page and OFFER not in page
    )
    foreign = reverse("evaluations:survey_sent", args=[neighbour.slug, survey_token(silent)])
    assert Client().post(foreign, {"agree": "yes"}).status_code == 404


def test_agreed_to_signed_in(silent, sign_in) -> None:
    slug = silent.partnership.slug
    own, sent = (
        reverse("evaluations:my_surveys", args=[slug]),
        reverse("evaluations:my_survey_sent", args=[slug, silent.pk]),
    )
    stranger = make_person(silent.partnership)
    assert sign_in(stranger).post(sent, {"agree": "yes"}).status_code == 404
    assert sent not in sign_in(stranger).get(own).content.decode()
    client = sign_in(silent.respondent)
    page = client.get(own).content.decode()
    assert sent in page and "not to be quoted" in page
    client.post(sent, {"agree": "yes"})
    silent.refresh_from_db()
    assert silent.quoting_agreed_at is not None
    assert "not to be quoted" not in client.get(own).content.decode()


def test_managers_agree_by_their_own_link(partnership) -> None:
    """And not for the learner, nor the learner for them, nor whoever was asked before."""
    course = make_course(partnership, asks_line_manager=True)
    learner = make_person(partnership, line_manager=make_person(partnership))
    booked(held(partnership, days_ago=100, course=course), person=learner)
    ask_about_impact(partnership, timezone.now())
    form, own = (Invitation.objects.for_answering().get(kind=kind) for kind in ("line_manager", "impact"))
    send(form, agreed=False, example="She asks.")
    send(own, agreed=False, child="He came back.")
    for mine, other in ((form, own), (own, form)):
        with pytest.raises(PermissionDenied):
            agree(mine, holder_of(other))
    at = [partnership.slug, survey_token(form)]
    Client().post(reverse("evaluations:survey_sent", args=at), {"agree": "yes"})
    form.refresh_from_db()
    own.refresh_from_db()
    assert form.quoting_agreed_at is not None and own.quoting_agreed_at is None


def test_the_team_sees_that_consent_is_missing_and_asks_nobody(silent, team, sign_in) -> None:
    before = Message.objects.count()
    client, slug = sign_in(team), silent.partnership.slug
    address = reverse("evaluations:quote", args=[slug, Answer.objects.get(question__key="pledge").pk])
    row = client.get(reverse("evaluations:free_texts", args=[slug])).content.decode()
    assert "No consent to quote" in row and address in row
    page = client.get(address).content.decode()
    assert "There is no consent." in page and "They can agree on the page" in page
    assert "<form" not in page.partition("<main")[2].partition("</main")[0]
    assert "has not agreed to be quoted" in client.post(address, {"words": SAID}).content.decode()
    _typed_in(silent, team)
    assert "can’t be agreed to later" in client.get(address).content.decode()
    assert not Quote.objects.exists() and Message.objects.count() == before


@pytest.mark.parametrize("written", [1, 5])
def test_as_many_queries_whatever_somebody_has_written(
    partnership, written, django_assert_num_queries
) -> None:
    person = make_person(partnership)
    for _ in range(written):
        booked(held(partnership), person=person)
    ask_for_evaluations(partnership, timezone.now())
    for one in Invitation.objects.for_answering():
        send(one, agreed=False)
    actor = actor_for(person)
    with django_assert_num_queries(1):
        assert len([one.session.course.title for one in written_at_length(actor)]) == written


def test_redaction_takes_the_quote_away(pledge, team) -> None:
    mark_quote(actor=actor_for(team), answer=pledge, words=SHORT)
    with pytest.raises(DatabaseError, match="words of a quoted answer stay"), transaction.atomic():
        Answer.objects.filter(pk=pledge.pk).update(text="Other")
    redact_answer(actor=actor_for(team), answer=pledge, reason="It named a mother.", part="Ann")
    assert not Quote.objects.exists()
    mark_quote(actor=actor_for(team), answer=pledge, words="write it all down")
    redact_answer(actor=actor_for(team), answer=pledge, reason="The rest too.")
    assert not Quote.objects.exists()
    with pytest.raises(DomainError, match="no words here any more"):
        mark_quote(actor=actor_for(team), answer=pledge, words=REMOVED)


def test_quoted_no_more(pledge, team) -> None:
    mark_quote(actor=actor_for(team), answer=pledge, words=SAID)
    for _ in range(2):
        unmark_quote(actor=actor_for(team), answer=pledge)
    assert not Quote.objects.exists()
    assert AuditEntry.objects.filter(action="evaluations.unmark_quote").count() == 1


def test_gone_with_the_answer(pledge, team) -> None:
    mark_quote(actor=actor_for(team), answer=pledge, words=SAID)
    pledge.delete()
    assert not Quote.objects.exists()


@pytest.mark.parametrize(
    ("shortened", "comes_out"),
    [
        (SHORT, SHORT),
        ("I will ask the child first. [...] and write it all down.", SHORT),
        ("I will ask the child first.", "I will ask the child first. […]"),
        ("[…] Then I ask the mother", "[…] Then I ask the mother […]"),
        ("write it all down.", "[…] write it all down."),
        ("  I will ask the child first. […] Then I ask the mother, Ann, and write it all down.", SAID),
    ],
)
def test_left_out_words_are_always_marked(shortened, comes_out) -> None:
    assert quoted(SAID, parts_of(SAID, shortened)) == comes_out


@pytest.mark.parametrize(
    "changed",
    [
        "I will never ask the child first.",
        "write it all down. […] I will ask the child first.",
        "I will ask the chil",
        "",
        "[…]",
        "hen I ask",
    ],
)
def test_no_word_is_changed(changed) -> None:
    with pytest.raises(DomainError):
        parts_of(SAID, changed)


@given(st.text(alphabet="ab .\n[]…", min_size=1, max_size=40), st.data())
def test_what_is_quoted_always_stands_in_the_answer(text, data) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    try:
        parts = parts_of(text, text[start:end])
    except DomainError:
        return
    ordered = [place for part in parts for place in part]
    assert ordered == sorted(ordered)
    assert all(text[start:end].strip() for start, end in parts)


@pytest.mark.parametrize("role", [Role.TRAINER, Role.OBSERVER, Role.SUBGROUP_CHAIR, Role.ORGANISATION_LEAD])
def test_only_by_the_team(partnership, pledge, sign_in, role) -> None:
    person = make_person(partnership, role)
    with pytest.raises(PermissionDenied):
        mark_quote(actor=actor_for(person), answer=pledge, words=SAID)
    with pytest.raises(PermissionDenied):
        unmark_quote(actor=actor_for(person), answer=pledge)
    address = reverse("evaluations:quote", args=[partnership.slug, pledge.pk])
    assert sign_in(person).get(address).status_code == 403


def test_the_page(partnership, neighbour, invitation, pledge, team, sign_in) -> None:
    client = sign_in(team)
    address = reverse("evaluations:quote", args=[partnership.slug, pledge.pk])
    assert address in client.get(reverse("evaluations:free_texts", args=[partnership.slug])).content.decode()
    page = client.get(address).content.decode()
    assert SAID in page and "Mark as usable" in page and invitation.respondent_name not in page
    refused = client.post(address, {"words": "Other words"}).content.decode()
    assert "There is a problem" in refused and "change nothing else" in refused
    page = client.post(address, {"words": SHORT}, follow=True).content.decode()
    assert "It may be quoted like this." in page and SHORT in page
    page = client.post(address, {"unmark": "yes", "words": SHORT}, follow=True).content.decode()
    assert "quoted no more" in page and not Quote.objects.exists()
    stop_quoting(actor=holder_of(invitation), invitation=invitation)
    page = client.get(address).content.decode()
    assert "has not agreed" in page and "Mark as usable" not in page
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
        with pytest.raises((DomainError, Invitation.DoesNotExist)):
            mark_quote(actor=actor_for(stranger), answer=pledge, words=SAID)
    foreign = reverse("evaluations:quote", args=[neighbour.slug, pledge.pk])
    assert sign_in(stranger).get(foreign).status_code == 404
