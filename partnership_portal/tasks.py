"""Runs the scheduled jobs of every partnership."""

from datetime import datetime

from celery import shared_task
from django.utils import timezone

from partnership_portal.schedule import JOBS
from partnerships.models import Partnership


@shared_task
def run_jobs_everywhere(frequency: str) -> None:
    """Queue this frequency's jobs, one task for each partnership and job."""
    for partnership_id in Partnership.objects.filter(is_open=True).values_list("pk", flat=True):
        for name in JOBS[frequency]:
            run_job.delay(partnership_id, frequency, name)


@shared_task
def run_job(partnership_id: int, frequency: str, name: str, at: str | None = None) -> None:
    """Run one job of one partnership as of a moment (ISO 8601; now, when none is given)."""
    now = datetime.fromisoformat(at) if at else timezone.now()
    JOBS[frequency][name](Partnership.objects.get(pk=partnership_id), now)
