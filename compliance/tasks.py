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


@shared_task
def take_out_quotes_task(partnership_id: int, report_id: int) -> None:
    """Take out of one published report the quotes whose words are gone; may run twice, and be killed in between."""
    from compliance.services.reports import take_out_quotes
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    take_out_quotes(actor=system(partnership, "take out quotes"), report_id=report_id, now=timezone.now())
