"""Was it any good: questionnaires, invitations to answer them, answers, and certificates."""

from .certificate import Certificate, CertificateCounter
from .invitation import Answer, Invitation
from .questionnaire import Question, Questionnaire, QuestionnaireVersion

__all__ = [
    "Answer",
    "Certificate",
    "CertificateCounter",
    "Invitation",
    "Question",
    "Questionnaire",
    "QuestionnaireVersion",
]
