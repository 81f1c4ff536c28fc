from django.db import models
from django.db.models import Q

from partnerships.tenancy import TenantModel


class SigningKey(TenantModel):
    """What a partnership signs its badges with: the private part encrypted, the public part published for ever."""

    kid = models.CharField(max_length=43, help_text="The thumbprint of the public key (RFC 7638).")
    public_jwk = models.JSONField()
    private_part = models.TextField(help_text="Encrypted with a key that is derived from SECRET_KEY.")
    created_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["partnership", "kid"], name="one_key_of_a_thumbprint"),
            models.UniqueConstraint(
                fields=["partnership"], condition=Q(retired_at__isnull=True), name="one_key_in_use"
            ),
        ]

    def __str__(self) -> str:
        return self.kid
