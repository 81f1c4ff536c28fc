"""The kinds of questionnaires and questions."""

from django.db import models


class QuestionnaireKind(models.TextChoices):
    """What a questionnaire is for, and so who answers it."""

    PRE_COURSE = "pre_course", "Pre-course questionnaire"
    EVALUATION = "evaluation", "Evaluation"
    IMPACT = "impact", "Impact evaluation"
    LINE_MANAGER = "line_manager", "Line manager form"
    TRAINER_FEEDBACK = "trainer_feedback", "Trainer feedback"
    OBSERVATION = "observation", "Observation"
    DIP_SAMPLE = "dip_sample", "Dip-sample interview"
    SINGLE_AGENCY_AUDIT = "single_agency_audit", "Single-agency audit"


# About an organisation as a whole, so no course has one of its own.
OF_NO_COURSE = frozenset({QuestionnaireKind.SINGLE_AGENCY_AUDIT})

# What is asked of, or about, whoever attended.
AFTERWARDS = (
    QuestionnaireKind.EVALUATION,
    QuestionnaireKind.IMPACT,
    QuestionnaireKind.LINE_MANAGER,
)

# The same, and what whoever trained or observed is asked: a time to answer that somebody there can miss.
OF_THOSE_THERE = (*AFTERWARDS, QuestionnaireKind.TRAINER_FEEDBACK, QuestionnaireKind.OBSERVATION)


class QuestionKind(models.TextChoices):
    """How a question is answered."""

    SCALE = "scale", "Scale from 1 to 5"
    CONFIDENCE = "confidence", "Confidence from 0 to 10"
    CHOICE = "choice", "One of several"
    CHOICES = "choices", "Any of several"
    YES_NO = "yes_no", "Yes or no"
    SHORT_TEXT = "short_text", "Short text"
    LONG_TEXT = "long_text", "Long text"
    DATE = "date", "Date"
    MATRIX = "matrix", "Several rows on one scale"


HAS_OPTIONS = frozenset({QuestionKind.CHOICE, QuestionKind.CHOICES})
HAS_ENDS = frozenset({QuestionKind.SCALE, QuestionKind.CONFIDENCE, QuestionKind.MATRIX})
# Another question may depend on what was chosen here.
ASKED_ABOUT = HAS_OPTIONS | {QuestionKind.YES_NO}
