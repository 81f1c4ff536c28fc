"""Was it any good: questionnaires, invitations to answer them, answers, and certificates."""

from .analysis import AnalysisFile, KeptAnalysis
from .bundle import CertificateBundle
from .certificate import Certificate, CertificateCounter, EarlierEdition
from .concern import Concern, ConcernRedaction, ConcernSign, EarlierOutcome
from .dip_sample import DipAttempt, DipContact, DipSample
from .given_answer import GivenAnswer
from .handed_code import HandedCode
from .invitation import Answer, Invitation
from .notice import Notice
from .observation import Observation, ObservationAction, ObservedTrainer
from .questionnaire import (
    CourseQuestionnaire,
    Question,
    Questionnaire,
    QuestionnaireDraft,
    QuestionnaireVersion,
)
from .quote import Quote
from .redaction import Redaction
from .reopening import Reopening
from .sharing import Sharing
from .signing_key import SigningKey
from .single_agency_audit import SingleAgencyAnswer, SingleAgencyAudit
from .theme import Theme, ThemeTag

__all__ = [
    "AnalysisFile",
    "Answer",
    "Certificate",
    "CertificateBundle",
    "CertificateCounter",
    "Concern",
    "ConcernRedaction",
    "ConcernSign",
    "CourseQuestionnaire",
    "DipAttempt",
    "DipContact",
    "DipSample",
    "EarlierEdition",
    "EarlierOutcome",
    "GivenAnswer",
    "HandedCode",
    "Invitation",
    "KeptAnalysis",
    "Notice",
    "Observation",
    "ObservationAction",
    "ObservedTrainer",
    "Question",
    "Questionnaire",
    "QuestionnaireDraft",
    "QuestionnaireVersion",
    "Quote",
    "Redaction",
    "Reopening",
    "Sharing",
    "SigningKey",
    "SingleAgencyAnswer",
    "SingleAgencyAudit",
    "Theme",
    "ThemeTag",
]
