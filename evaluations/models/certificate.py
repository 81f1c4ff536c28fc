import re

import pgtrigger
from django.db import models
from django.db.models import F, Func, Q, TextField
from django.db.models.functions import Cast, Substr, Upper

from bookings.models import Booking
from evaluations.querysets import CertificateQuerySet
from partnerships.models import PolicyVersion
from partnerships.services.policies import policy_of
from partnerships.tenancy import TenantModel


class CertificateCounter(TenantModel):
    """The last number used in a year; its row is locked while the next certificate is issued, so none is skipped."""

    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partnership", "year"], name="one_counter_per_year")]

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


# Twelve digits that nobody can guess: the first of a random UUID, as 7F3A91C4-02BE.
_RANDOM_CODE = Upper(Substr(Cast(Func(function="gen_random_uuid"), TextField()), 1, 13))
_SECRET_NUMBER = re.compile(r"[A-Z0-9]+(-[2-9A-HJ-NP-Z]{4}){4}")


class Certificate(TenantModel):
    """Proof of attendance: the facts as they were when it was issued.

    Only revocation can change it, and a new edition its name.
    """

    booking = models.OneToOneField(Booking, on_delete=models.PROTECT, related_name="certificate")
    number = models.CharField(max_length=40)
    check_code = models.CharField(
        max_length=13,
        db_default=_RANDOM_CODE,
        help_text="Printed beside the number: who has both has the certificate in hand.",
    )
    policy_version = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    learner_name = models.CharField(max_length=200)
    course_title = models.CharField(max_length=200)
    level = models.CharField(max_length=200, blank=True)
    held_on = models.CharField(max_length=250, help_text="The session's dates in words.")
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    issuer_name = models.CharField(max_length=200, help_text="The partnership's name when it was issued.")
    issuer_short_name = models.CharField(max_length=40)
    issuer_colour = models.CharField(max_length=7)
    edition = models.PositiveSmallIntegerField(default=1, db_default=1)
    reissued_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    revoked_reason = models.CharField(max_length=250, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        ordering = ["-issued_at"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "number"], name="one_certificate_per_number"),
            models.CheckConstraint(
                condition=Q(revoked_at__isnull=True, revoked_reason="")
                | (Q(revoked_at__isnull=False) & ~Q(revoked_reason="")),
                name="revocation_states_its_reason",
            ),
            models.CheckConstraint(
                condition=Q(edition=1, reissued_at__isnull=True)
                | Q(edition__gt=1, reissued_at__isnull=False, reissued_at__gte=F("issued_at")),
                name="later_edition_says_when",
            ),
        ]
        indexes = [models.Index(fields=["partnership", "-issued_at"], name="certificate_by_time")]
        triggers = [
            pgtrigger.Protect(name="never_deleted", operation=pgtrigger.Delete),
            pgtrigger.Protect(
                name="facts_never_change",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(
                    exclude=["revoked_at", "revoked_reason", "learner_name", "edition", "reissued_at"]
                ),
            ),
            pgtrigger.Protect(
                name="name_only_with_the_next_edition",
                operation=pgtrigger.Update,
                condition=pgtrigger.Condition(
                    "((OLD.learner_name, OLD.edition, OLD.reissued_at) IS DISTINCT FROM"
                    " (NEW.learner_name, NEW.edition, NEW.reissued_at) AND NEW.edition <> OLD.edition + 1)"
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def standing(self) -> str:
        """Genuine or revoked."""
        return "revoked" if self.revoked_at else "genuine"

    @property
    def needs_code(self) -> bool:
        """Tell whether the number alone could be guessed, so that a check asks for the code beside it."""
        return not is_secret_number(self.number)

    @property
    def attended(self) -> str:
        """How much of the course it is proof of, by the policy that it was issued under."""
        percent = policy_of(self.policy_version).certificate.attendance_percent.value
        return "every required part of" if percent == 100 else f"at least {percent}% of the dates of"


class EarlierEdition(TenantModel):
    """What a certificate said before it was issued again with another name; for the team's eyes."""

    certificate = models.ForeignKey(Certificate, on_delete=models.PROTECT, related_name="earlier_editions")
    edition = models.PositiveSmallIntegerField()
    learner_name = models.CharField(max_length=200)
    issued_at = models.DateTimeField(help_text="When this edition was issued.")
    replaced_at = models.DateTimeField()
    reason = models.CharField(max_length=250)

    class Meta:
        ordering = ["edition"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "certificate", "edition"], name="each_edition_replaced_once"
            )
        ]
        triggers = [
            pgtrigger.Protect(name="never_changed", operation=pgtrigger.Update | pgtrigger.Delete),
        ]

    def __str__(self) -> str:
        return f"Edition {self.edition}"


def is_secret_number(number: str) -> bool:
    """Tell whether a number has the form of those that can't be guessed."""
    return _SECRET_NUMBER.fullmatch(number) is not None
