"""Jobs of the report."""

from celery import shared_task
from django.utils import timezone


@shared_task
def build_report_task(partnership_id: int, report_id: int) -> None:
    """Build one report; may run twice, and be killed in between."""
    from compliance.services.reports import build_report
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    build_report(actor=system(partnership, "build report"), report_id=report_id, now=timezone.now())
