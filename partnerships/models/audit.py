import pgtrigger
from django.db import models

from partnerships.tenancy import TenantModel

from .person import Person


class AuditEntry(TenantModel):
    """One call of one service: who, what, on what, before and after, when. Only ever added to."""

    at = models.DateTimeField(auto_now_add=True)
    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor = models.CharField(max_length=100)
    action = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=100)
    subject_id = models.BigIntegerField(null=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["partnership", "-at"], name="audit_by_time"),
            models.Index(fields=["partnership", "action", "-at"], name="audit_by_action"),
            models.Index(fields=["partnership", "subject_type", "subject_id"], name="audit_by_subject"),
        ]
        triggers = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self) -> str:
        return f"{self.action} on {self.subject_type} {self.subject_id}"
