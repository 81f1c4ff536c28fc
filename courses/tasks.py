"""Jobs of the programme."""

from celery import shared_task


@shared_task
def copy_programme_task(partnership_id: int, copy_id: int) -> None:
    """Copy one year's programme; may run twice, and be killed in between."""
    from courses.services.copies import go_on_copying
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    go_on_copying(actor=system(partnership, "copy programme"), copy_id=copy_id)
