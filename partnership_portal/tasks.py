"""Runs the scheduled jobs of every partnership."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from partnership_portal.schedule import JOBS
from partnerships.models import Partnership

# Seconds after which the next round brings the same job again, so that a slow worker is not asked twice.
_EXPIRES = {"frequent": 110, "daily": 12 * 60 * 60}


@shared_task
def run_jobs_everywhere(frequency: str) -> None:
    """Queue this frequency's jobs, one task for each partnership and job."""
    for partnership_id in Partnership.objects.filter(is_open=True).values_list("pk", flat=True):
        for name in JOBS[frequency]:
            run_job.apply_async((partnership_id, frequency, name), expires=_EXPIRES[frequency])


@shared_task
def run_job(partnership_id: int, frequency: str, name: str, at: str | None = None) -> None:
    """Run one job of one partnership as of a moment (ISO 8601; now, when none is given)."""
    now = datetime.fromisoformat(at) if at else timezone.now()
    JOBS[frequency][name](Partnership.objects.get(pk=partnership_id), now)
