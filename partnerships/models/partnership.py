from typing import TYPE_CHECKING

import pgtrigger
from django.core.validators import RegexValidator
from django.db import models
from django.utils import timezone
from django.utils.functional import cached_property

from partnerships.tenancy import TenantModel

if TYPE_CHECKING:
    from datetime import datetime

    from partnerships.policy import Policy

_COLOUR = RegexValidator(r"^#[0-9a-f]{6}$", "Give the colour as # and six figures, such as #1d70b8.")


class Partnership(models.Model):
    """A local safeguarding children partnership: the tenant. Holds no personal data of learners."""

    slug = models.SlugField(unique=True)
    name = models.CharField(max_length=200)
    short_name = models.CharField(max_length=40)
    area = models.CharField(max_length=100)
    strategy_title = models.CharField(max_length=200)
    brand_colour = models.CharField(max_length=7, validators=[_COLOUR])
    accent_colour = models.CharField(max_length=7, validators=[_COLOUR])
    coordinator_name = models.CharField(max_length=200)
    coordinator_email = models.EmailField()
    coordinator_phone = models.CharField(max_length=40, blank=True)
    website = models.URLField(blank=True)
    is_open = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def policy(self, at: "datetime | None" = None) -> "Policy":
        """The policy in force at a moment (now, when none is given); facts of the past keep theirs."""
        from partnerships.services.policies import policy_in_force

        return policy_in_force(self, at or timezone.now())

    @cached_property
    def policy_versions(self) -> "list[PolicyVersion]":
        """Every version without its document, newest first; read once for this object, until ``forget_policy``."""
        return list(PolicyVersion.objects.filter(partnership=self).defer("document").order_by("-number"))

    def forget_policy(self) -> None:
        """Read the versions again when next asked, because there is a new one."""
        self.__dict__.pop("policy_versions", None)


class PolicyVersion(TenantModel):
    """One version of the partnership's policy; a change makes a new one, and none is ever altered."""

    number = models.PositiveIntegerField()
    effective_from = models.DateTimeField()
    document = models.JSONField()
    fingerprint = models.CharField(max_length=64)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "number"], name="one_policy_per_number"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"Policy {self.number}"


class ProfileLoad(TenantModel):
    """What the partnership's file said when it was last loaded, so that the next load applies only what changed in it.

    What people have changed in the portal since then stays as they left it.
    """

    loaded_at = models.DateTimeField(auto_now_add=True)
    document = models.JSONField()

    class Meta:
        ordering = ["-pk"]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"File loaded on {self.loaded_at:%d %B %Y}"
