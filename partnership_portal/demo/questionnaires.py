"""A questionnaire of the team's own in the demonstration: in use, with its next version being written."""

from courses.models import Course
from evaluations.drafts import Condition, Draft, DraftPage, DraftQuestion, FollowUp, Option
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.library import library
from evaluations.models import Questionnaire
from evaluations.services.drafts import begin_draft, change_draft, new_questionnaire, publish_draft
from evaluations.services.questionnaires import ask_about_courses
from partnership_portal.demo.cast import PARTS
from partnerships.actors import actor_of
from partnerships.models import Partnership, Person
from partnerships.policy import CertificateRelease
from partnerships.tenancy import acting_in

TITLE = "After a learning event"
_USED = DraftQuestion(
    key="used-before",
    kind=QuestionKind.YES_NO,
    text="Have you used the learning from an earlier review in your work?",
    follow_up=FollowUp(on="no", text="What would make it easier?"),
)
_HOW = DraftQuestion(
    key="used-for",
    kind=QuestionKind.CHOICES,
    text="What did you use it for?",
    options=(
        Option(value="assessment", label="An assessment"),
        Option(value="supervision", label="Supervision"),
        Option(value="team", label="A team meeting"),
        Option(value="other", label="Something else"),
    ),
    shown_if=Condition(key="used-before", values=("yes",)),
)
_RATED = DraftQuestion(
    key="event",
    kind=QuestionKind.MATRIX,
    text="How was the event?",
    ends=("Poor", "Very good"),
    rows=(
        Option(value="story", label="How the review was told"),
        Option(value="tables", label="Talking at the tables"),
        Option(value="time", label="Time for questions"),
    ),
)


def write_own_questionnaire(partnership: Partnership) -> None:
    """Where the certificate waits for the impact evaluation, let the team write one for a single course, once."""
    with acting_in(partnership):
        release = partnership.policy().certificate.release.value
        if (
            release is not CertificateRelease.AFTER_IMPACT
            or Questionnaire.objects.filter(partnership=partnership, title=TITLE).exists()
        ):
            return
        kind = QuestionnaireKind.EVALUATION
        whole = next(one.draft for one in library() if one.kind == kind)
        first = Draft(
            introduction="A few questions about today. They take about two minutes.",
            pages=(*whole.pages[:1], DraftPage(heading="Learning from reviews", questions=(_USED,))),
        )
        team = Person.objects.get(partnership=partnership, email_key=_team_of(partnership))
        actor = actor_of(team.user, partnership)
        own = new_questionnaire(actor=actor, kind=kind, title=TITLE, copy_of=first)
        publish_draft(actor=actor, questionnaire=own, revision=1, still_the_same=[])
        course = Course.objects.visible_to(actor).published().order_by("title").defer("search").last()
        if course is not None:
            ask_about_courses(actor=actor, questionnaire=own, courses=[course])
        draft = begin_draft(actor=actor, questionnaire=own)
        document = first.with_page("The event").with_question(2, _RATED).with_question(2, _HOW)
        change_draft(actor=actor, questionnaire=own, document=document, revision=draft.revision)


def _team_of(partnership: Partnership) -> str:
    return next(part for part in PARTS if part.key == "team").email(partnership.slug)
