from django.db import models


class Buildable(models.Model):
    """What a job builds step by step (``partnerships.services.builds``); the model names its own states.

    Among the states are "building", "ready" and "failed".
    """

    progress = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=100, blank=True)
    requested_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Builds begun; also tells them apart.")
    touched_at = models.DateTimeField(
        null=True, blank=True, help_text="When the build last told of its progress."
    )
    built_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True
