"""Was it any good: questionnaires, invitations to answer them, answers, and certificates."""

from .certificate import Certificate, CertificateCounter
from .invitation import Answer, Invitation
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
    "Question",
    "Questionnaire",
    "QuestionnaireDraft",
    "QuestionnaireVersion",
    "Sharing",
]
