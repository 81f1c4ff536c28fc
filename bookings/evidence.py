"""Which files are taken as evidence of training: told by what is in them, never by their names."""

from bookings.models.prerequisite import MOST_BYTES, Prerequisite
from partnerships.errors import DomainError

_Kind = Prerequisite.Evidence
# How each kind begins, and what stands near its end.
_MARKS = {
    _Kind.PDF: (b"%PDF-", b"%%EOF"),
    _Kind.PNG: (b"\x89PNG\r\n\x1a\n", b"IEND"),
    _Kind.JPEG: (b"\xff\xd8\xff", b"\xff\xd9"),
}
_TAIL = 1024
ENDINGS = {_Kind.PDF: "pdf", _Kind.PNG: "png", _Kind.JPEG: "jpg"}


class NotEvidence(DomainError):
    """The file can't be taken, and why."""


def kind_of_evidence(content: bytes) -> str:
    """Tell what kind of file it is; refuses one that is empty, too large, cut off or of another kind."""
    if not content:
        raise NotEvidence("The file is empty. Choose another one.")
    if len(content) > MOST_BYTES:
        raise NotEvidence(f"The file is larger than {MOST_BYTES // 1024**2} MB. Choose a smaller one.")
    for kind, (start, end) in _MARKS.items():
        if content.startswith(start):
            if end in content[-_TAIL:]:
                return kind.value
            raise NotEvidence("The file is not complete. Save it again and choose it once more.")
    raise NotEvidence("The file must be a PDF, a PNG or a JPEG picture.")
