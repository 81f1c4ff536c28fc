"""The kinds of questionnaires and questions."""

from django.db import models


class QuestionnaireKind(models.TextChoices):
    """What a questionnaire is for, and so who answers it."""

    EVALUATION = "evaluation", "Evaluation"
    IMPACT = "impact", "Impact evaluation"
    LINE_MANAGER = "line_manager", "Line manager form"
    TRAINER_FEEDBACK = "trainer_feedback", "Trainer feedback"
    OBSERVATION = "observation", "Observation"


class QuestionKind(models.TextChoices):
    """How a question is answered."""

    SCALE = "scale", "Scale from 1 to 5"
    CONFIDENCE = "confidence", "Confidence from 0 to 10"
    CHOICE = "choice", "One of several"
    CHOICES = "choices", "Any of several"
    YES_NO = "yes_no", "Yes or no"
    SHORT_TEXT = "short_text", "Short text"
    LONG_TEXT = "long_text", "Long text"
