"""Was it any good: questionnaires, invitations to answer them, answers, and certificates."""

from .certificate import Certificate, CertificateCounter
from .invitation import Answer, Invitation
from .observation import Observation, ObservationAction, ObservedTrainer
from .questionnaire import (
    CourseQuestionnaire,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireVersion,
)
from .sharing import Sharing

__all__ = [
    "Answer",
    "Certificate",
    "CertificateCounter",
    "CourseQuestionnaire",
    "Invitation",
    "Observation",
    "ObservationAction",
    "ObservedTrainer",
    "Question",
    "Questionnaire",
    "QuestionnaireDraft",
    "QuestionnaireVersion",
    "Sharing",
]
