"""The gate before a certificate: what somebody must have done, and nothing else."""

from evaluations.kinds import QuestionnaireKind
from partnerships.policy import CertificateRelease

# The answers that each policy asks for before the certificate.
NEEDED: dict[CertificateRelease, QuestionnaireKind | None] = {
    CertificateRelease.AFTER_ATTENDANCE: None,
    CertificateRelease.AFTER_EVALUATION: QuestionnaireKind.EVALUATION,
    CertificateRelease.AFTER_IMPACT: QuestionnaireKind.IMPACT,
}


def releases(release: CertificateRelease, *, attended: bool, over: bool, answered: set[str]) -> bool:
    """Tell whether the certificate is due: attended, the session is over, and what the policy asks for is in."""
    needed = NEEDED[release]
    return attended and over and (needed is None or needed in answered)
