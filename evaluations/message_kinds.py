"""What is sent about surveys and certificates."""

from notifications.kinds import MessageKind, Placeholder, register

SUBJECT = "Surveys and certificates"

_COURSE = Placeholder("course", "The course’s title", "Child Neglect Overview")
_DATE = Placeholder("date", "The session’s first date", "12 May 2027")
_CLOSES = Placeholder("closes", "When answers close", "Monday 12 July 2027, 5pm")
_DUE = Placeholder("due", "By when answers are asked for", "26 May 2027")
_CERTIFICATE = Placeholder("certificate", "Says something if the certificate waits for the answers", "yes")
_LEARNER = Placeholder("learner", "The name of whoever took part", "Siân O’Neill")
_ASKED = (
    "The partnership must find out whether its training works, and your answers may release a certificate."
)

_ABOUT_CERTIFICATE = (
    _COURSE,
    Placeholder("date", "The dates on which it was held", "12 May 2027"),
    Placeholder("number", "The certificate’s number", "HSCP-2027-000012"),
)
PRE_COURSE = MessageKind(
    purpose="survey-pre_course",
    subject=SUBJECT,
    name="Pre-course questionnaire",
    when="Some working days before the session, as the policy says, to everybody with a place.",
    placeholders=(_COURSE, _DATE, _CLOSES),
    button="Answer before the course",
    essential="The trainers prepare the course by what those who come hope for.",
)
EVALUATION = MessageKind(
    purpose="survey-evaluation",
    subject=SUBJECT,
    name="Evaluation",
    when="After the session, the same day, to everybody who attended a course that is evaluated.",
    placeholders=(_COURSE, _DATE, _DUE, _CLOSES, _CERTIFICATE),
    button="Evaluate the course",
    essential=_ASKED,
)
IMPACT = MessageKind(
    purpose="survey-impact",
    subject=SUBJECT,
    name="Impact evaluation",
    when="Weeks or months after the session, as the policy says.",
    placeholders=(_COURSE, _DATE, _DUE, _CLOSES, _CERTIFICATE),
    button="Tell us what has changed",
    essential=_ASKED,
)
LINE_MANAGER = MessageKind(
    purpose="survey-line_manager",
    subject=SUBJECT,
    name="Line manager form",
    when="With the impact evaluation, to the learner’s line manager.",
    placeholders=(_COURSE, _DATE, _DUE, _CLOSES, _LEARNER),
    button="Answer three questions",
    essential="The partnership asks each line manager once about each learner.",
)
TRAINER_FEEDBACK = MessageKind(
    purpose="survey-trainer_feedback",
    subject=SUBJECT,
    name="Trainer feedback",
    when="After the session, to its trainers, where the policy asks for it.",
    placeholders=(_COURSE, _DATE, _DUE, _CLOSES),
    button="Give trainer feedback",
    essential="Trainers give their account of each session that the partnership asks about.",
)
_OF_ANY_SURVEY = (
    _COURSE,
    _DATE,
    _CLOSES,
    _CERTIFICATE,
    Placeholder("what we ask", "What the survey asks, in short", "how was Child Neglect Overview?"),
    Placeholder("a colleague", "Says something if the survey is about a colleague", ""),
)

REMINDER = MessageKind(
    purpose="survey-reminder",
    subject=SUBJECT,
    name="Reminder of a survey",
    when="Some working days after a survey that was not answered, as often as the policy says.",
    placeholders=_OF_ANY_SURVEY,
    button="Answer now",
    essential=_ASKED,
)
OPENED_AGAIN = MessageKind(
    purpose="survey-opened_again",
    subject=SUBJECT,
    name="Survey opened again",
    when="When the team opens a survey again for somebody who was there and missed the time to answer.",
    placeholders=_OF_ANY_SURVEY,
    button="Answer now",
    essential=_ASKED,
)
SHARED = MessageKind(
    purpose="survey-shared",
    subject=SUBJECT,
    name="Answers shared for supervision",
    when="When a learner shares an impact evaluation with the line manager, or the manager the form with the learner.",
    placeholders=(
        _COURSE,
        _DATE,
        Placeholder("who", "Who shares what they have answered", "Siân O’Neill"),
    ),
    button="Read it before supervision",
    essential="Somebody has chosen to show you what they wrote.",
    at_once=True,
)
TYPED_IN = MessageKind(
    purpose="survey-typed_in",
    subject=SUBJECT,
    name="Answers typed in for somebody",
    when="When the team has written down on the telephone what somebody answered.",
    placeholders=(_COURSE, _DATE, Placeholder("who", "Who wrote the answers down", "Cora Ellis")),
    essential="Answers were recorded in your name.",
    at_once=True,
)
CERTIFICATE = MessageKind(
    purpose="certificate",
    subject=SUBJECT,
    name="Certificate",
    when="At once when a certificate is issued.",
    placeholders=(
        *_ABOUT_CERTIFICATE,
        Placeholder("in your record", "Says something if its reader has an account", "yes"),
    ),
    button="Download your certificate",
    essential="It brings something that you have earned.",
    at_once=True,
)
_REASON = Placeholder("reason", "The reason as the team wrote it", "It was issued to the wrong person.")
_PROOF = "People show their certificates to others, and must know whether they still count."
REVOKED = MessageKind(
    purpose="certificate_revoked",
    subject=SUBJECT,
    name="Certificate revoked",
    when="When the team revokes a certificate.",
    placeholders=(*_ABOUT_CERTIFICATE, _REASON),
    essential=_PROOF,
)
REINSTATED = MessageKind(
    purpose="certificate_reinstated",
    subject=SUBJECT,
    name="Certificate reinstated",
    when="When the team makes a revoked certificate count again.",
    placeholders=(*_ABOUT_CERTIFICATE, _REASON),
    button="Download your certificate",
    essential=_PROOF,
)
REISSUED = MessageKind(
    purpose="certificate_reissued",
    subject=SUBJECT,
    name="Certificate issued again",
    when="When the team corrects the name on a certificate.",
    placeholders=_ABOUT_CERTIFICATE,
    button="Download your certificate",
    essential=_PROOF,
)
register(
    PRE_COURSE, EVALUATION, IMPACT, LINE_MANAGER, TRAINER_FEEDBACK, REMINDER, SHARED, TYPED_IN, CERTIFICATE
)
register(OPENED_AGAIN)
register(REVOKED, REINSTATED, REISSUED)
CONCERN_RAISED = MessageKind(
    purpose="concern_raised",
    subject=SUBJECT,
    name="Concern about a course",
    when="Within minutes of answers that give cause, to the partnership’s own address, without their words.",
    placeholders=(_COURSE, _DATE),
    button="Read it and look into it",
    essential="Something may be wrong with a course, and the team must know the same day.",
    at_once=True,
)
register(CONCERN_RAISED)

OBSERVING = "Observations"
_WHEN = Placeholder("date", "When the session begins", "Wednesday 12 May 2027, 9:30am")

OBSERVATION_ASSIGNED = MessageKind(
    purpose="observation_assigned",
    subject=OBSERVING,
    name="Session to observe",
    when="When an observer takes a session on or is asked to, and again when its day changes.",
    placeholders=(
        _COURSE,
        _WHEN,
        Placeholder("place", "The venue’s name, or “Online”", "Civic Centre"),
        Placeholder("closes", "The last day for the form", "11 July 2027"),
    ),
    button="Open the form",
    essential="Somebody is expected at the session.",
)
OBSERVATION_RELEASED = MessageKind(
    purpose="observation_released",
    subject=OBSERVING,
    name="Session not to observe any more",
    when="When the team gives an observation to nobody or somebody else, or the session is cancelled.",
    placeholders=(_COURSE, _WHEN),
    essential="The observer would come for nothing.",
)
OBSERVATION_SHARED = MessageKind(
    purpose="observation_shared",
    subject=OBSERVING,
    name="Observation shared with trainers",
    when="When an observation was sent, to the session’s trainers, where the policy shares it with them.",
    placeholders=(_COURSE, _DATE),
    button="Read the observation",
    essential="Trainers learn what was seen of their session.",
)
OBSERVATION_ACTION = MessageKind(
    purpose="observation_action",
    subject=OBSERVING,
    name="Action after an observation",
    when="When something is agreed after an observation, to whoever does it, and again when it is put off.",
    placeholders=(_COURSE, _DATE, Placeholder("due", "By when it is to be done", "30 June 2027")),
    button="See what was agreed",
    essential="Somebody counts on it being done.",
)
OBSERVATION_ACTION_DUE = MessageKind(
    purpose="observation_action_due",
    subject=OBSERVING,
    name="Action after an observation is due",
    when="Once, on the day by which it is to be done, to whoever does it; where they have left, to the team.",
    placeholders=(
        _COURSE,
        _DATE,
        Placeholder("due", "By when it is to be done", "30 June 2027"),
        Placeholder("who has left", "Who was to do it, where they have left", "Siân O’Neill"),
    ),
    button="See what was agreed",
    essential="Somebody counts on it being done.",
)
register(OBSERVATION_ASSIGNED, OBSERVATION_RELEASED, OBSERVATION_SHARED)
register(OBSERVATION_ACTION, OBSERVATION_ACTION_DUE)

AUDITS = "Single-agency audits"
_ORGANISATION = Placeholder("organisation", "The organisation’s name", "Meadow Lane Primary School")
_WHY_AUDITS = (
    "The partnership must know how organisations train their own staff, and only their leads can say it."
)
_OF_AUDITS = (_ORGANISATION, _DUE, _CLOSES)

AUDIT_ASKED = MessageKind(
    purpose="single_agency_audit_asked",
    subject=AUDITS,
    name="Asked about own training",
    when="When the team asks an organisation about the training that it gives its own staff, or a year after it did.",
    placeholders=_OF_AUDITS,
    button="Answer for your organisation",
    essential=_WHY_AUDITS,
)
AUDIT_REMINDER = MessageKind(
    purpose="single_agency_audit_reminder",
    subject=AUDITS,
    name="Reminder of a single-agency audit",
    when="Some working days after an audit that was not answered, as often as the policy says.",
    placeholders=_OF_AUDITS,
    button="Answer for your organisation",
    essential=_WHY_AUDITS,
)
AUDIT_GIVEN_BACK = MessageKind(
    purpose="single_agency_audit_given_back",
    subject=AUDITS,
    name="Answers about own training to be put right",
    when="When the team gives an organisation its answers back.",
    placeholders=(
        *_OF_AUDITS,
        Placeholder("what is wrong", "What the team wrote", "The numbers of staff are missing."),
    ),
    button="Put the answers right",
    essential=_WHY_AUDITS,
)
register(AUDIT_ASKED, AUDIT_REMINDER, AUDIT_GIVEN_BACK)
