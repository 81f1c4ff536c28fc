"""What assures quality in the demonstration: observations, concerns, and words taken out."""

import datetime as dt
from uuid import uuid4

from courses.models import Session
from evaluations.answering import Value
from evaluations.jobs import watch_for_concerns
from evaluations.models import Answer, Concern, DipSample, Invitation, ObservationAction
from evaluations.queries.concerns import CONCERN
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.concerns import settle_concern
from evaluations.services.dip_samples import Draw, begin_interview, draw_sample, note_attempt
from evaluations.services.observation_actions import Agreed, agree_action, finish_action, who_can_do
from evaluations.services.observations import assign_observer
from evaluations.services.redaction import redact_answer
from partnership_portal.demo.cast import PARTS
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor, actor_of
from partnerships.models import Partnership, Person
from partnerships.tenancy import acting_in

_CONCERNS = (
    "One of the trainers made a joke about Travellers, and nobody said anything.",
    "The case was told so closely that two of us knew which family it was.",
)
_SAID: dict[str, Value] = {
    "remembered": "That I should ask what an ordinary day is like for the child.",
    "done": ["partly"],
    "practice": "We look at the chronology in supervision every month now.",
    "child": "Too early to say for one child, but school and we talk every week.",
    "stopped_by": ["time"],
    "confidence_now": 7,
    "support": "Half an hour with the trainer after three months.",
    "may_quote": ["yes"],
}
_AGREED = (
    ("Say at the beginning where people find support", 21, False),
    ("Bring the slides on thresholds up to date", -6, False),
    ("Leave half an hour for the case study", -30, True),
)


def assure_quality(partnership: Partnership, now: dt.datetime) -> None:
    """Let the team plan an observation and agree actions after those that were sent, once."""
    with acting_in(partnership):
        if ObservationAction.objects.filter(partnership=partnership).exists():
            return
        team = actor_of(_part(partnership, "team").user, partnership)
        _agree(team, now)
        _plan(team, _part(partnership, "observer"), now)
        _write_concerns(partnership)
    watch_for_concerns(partnership, now)
    with acting_in(partnership):
        _take_words_out(team)
        _draw_and_ring(team, now)
        _settle_one(actor_of(_part(partnership, "team").user, partnership))


def _agree(team: Actor, now: dt.datetime) -> None:
    sent = Invitation.objects.observations_shown_to(team).filter(state="answered").select_related("session")
    for observation, (text, days, is_done) in zip(sent.order_by("pk"), _AGREED, strict=False):
        due_on = uk_date(now) + dt.timedelta(days=days)
        agreed = Agreed(text, who_can_do(observation)[0], due_on)
        action = agree_action(actor=team, observation=observation, agreed=agreed)
        if is_done:
            finish_action(actor=team, action=action)


def _plan(team: Actor, observer: Person, now: dt.datetime) -> None:
    coming = Session.objects.visible_to(team).coming(now).exclude(trainer_links__person=observer)
    session = coming.exclude(invitations__kind="observation").first()
    if session is not None:
        assign_observer(actor=team, session=session, observer=observer)


def _write_concerns(partnership: Partnership) -> None:
    """Let two learners say that something was wrong."""
    written = Invitation.objects.filter(
        partnership=partnership, kind="evaluation", state="answered", version__questions__key=CONCERN
    )
    for response, text in zip(written.order_by("-answered_at", "-pk")[:2], _CONCERNS, strict=False):
        Answer.objects.update_or_create(
            partnership=partnership,
            invitation=response,
            question=response.version.questions.get(key=CONCERN),
            defaults={"chosen": ["yes"], "text": text},
        )


def _take_words_out(team: Actor) -> None:
    """Somebody named a child beside a low mark: the words are gone, the reason stays."""
    answers = Answer.objects.filter(
        partnership=team.partnership, question__key="comments", invitation__state="answered"
    )
    answer = answers.exclude(text="").order_by("-pk").first()
    if answer is not None:
        redact_answer(actor=team, answer=answer, reason="It said who a family was.")


def _draw_and_ring(team: Actor, now: dt.datetime) -> None:
    """A sample of the last half year, some of it rung, one talked to."""
    today = uk_date(now)
    wanted = Draw(
        starts_on=today - dt.timedelta(days=180), ends_on=today, size=6, strata=DipSample.Strata.SECTOR
    )
    sample = draw_sample(actor=team, key=uuid4(), wanted=wanted)
    contacts = list(sample.contacts.select_related("booking__session"))
    for contact, outcome in zip(contacts[1:], ("no_answer", "left", "declined"), strict=False):
        note_attempt(actor=team, contact=contact, outcome=outcome)
    soon = now + dt.timedelta(minutes=30)
    note_attempt(actor=team, contact=contacts[4], outcome="call_back", call_back_at=soon)
    note_attempt(actor=team, contact=contacts[0], outcome="reached")
    interview = begin_interview(actor=team, contact=contacts[0])
    save_answers(actor=team, invitation=interview, answers=_SAID)
    submit_answers(actor=team, invitation=interview)


def _settle_one(team: Actor) -> None:
    concern = Concern.objects.visible_to(team).open().order_by("-pk").first()
    if concern is not None:
        settle_concern(actor=team, concern=concern, outcome="Spoke to both trainers. The example is changed.")


def _part(partnership: Partnership, key: str) -> Person:
    part = next(one for one in PARTS if one.key == key)
    return Person.objects.get(partnership=partnership, email_key=part.email(partnership.slug))
