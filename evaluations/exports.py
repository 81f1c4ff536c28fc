"""The team's lists of certificates and surveys as spreadsheets."""

from typing import Any

from evaluations.kinds import QuestionnaireKind
from evaluations.models import SingleAgencyAudit
from partnership_portal.tables import Column, ListSheet

CERTIFICATES = ListSheet(
    "Certificates",
    (
        Column("Number", "number", 20),
        Column("Learner", "learner_name", 30),
        Column("Organisation", "booking__organisation__name", 34),
        Column("Course", "course_title", 44),
        Column("Held on", "held_on", 30),
        Column("Hours", "hours", 8),
        Column("Issued", "issued_at", 18),
        Column("Issued again", "reissued_at", 18),
        Column("Revoked", "revoked_at", 18),
    ),
)
_RATES = (
    Column("Survey", "kind", 20, dict[Any, Any](QuestionnaireKind.choices).get),
    Column("Asked", "invited", 10),
    Column("Opened", "opened", 10),
    Column("Answered", "answered", 10),
    Column("Of these late", "late", 12),
    Column("Typed in by the team", "typed_in", 12),
    Column("Can still answer", "waiting", 10),
)
_COURSE = Column("Course", "session__course__title", 44)
SURVEYS = ListSheet("Surveys", (_COURSE, Column("Session starts", "session__starts_at", 18), *_RATES))
SURVEY_COURSES = ListSheet("Surveys by course", (_COURSE, *_RATES))
CONCERNS = ListSheet(
    "Concerns",
    (
        Column("Course", "response__session__course__title", 44),
        Column("Session starts", "response__session__starts_at", 18),
        Column("Questionnaire", "response__kind", 20, dict[Any, Any](QuestionnaireKind.choices).get),
        Column("Noticed", "noticed_at", 18),
        Column("Looked into by", "acknowledged_by__name", 30),
        Column("Since", "acknowledged_at", 18),
        Column("Settled", "settled_at", 18),
        Column("What was done", "outcome", 60),
    ),
)
AUDITS = ListSheet(
    "Single-agency audits",
    (
        Column("Organisation", "name", 44),
        Column("Sector", "sector__name", 30),
        Column("Has a lead", "has_lead", 12),
        Column(
            "Standing",
            "state",
            24,
            lambda state: dict(SingleAgencyAudit.State.choices).get(state, "Never asked"),
        ),
        Column("Asked", "asked_at", 18),
        Column("Answers asked for by", "due_at", 18),
        Column("Answered", "answered_at", 18),
    ),
)
ACTIONS = ListSheet(
    "Actions",
    (
        Column("What", "text", 60),
        Column("Who", "who", 30),
        Column("By when", "due_on", 14),
        Column("Done", "done_at", 18),
        Column("Course", "observation__session__course__title", 44),
        Column("Session observed", "observation__session__starts_at", 18),
    ),
)
