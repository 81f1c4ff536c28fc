"""Jobs of the batches."""

from celery import shared_task


@shared_task
def draw_statements_task(partnership_id: int, batch_id: int) -> None:
    """Draw the documents of one batch; may run twice, and be killed in between."""
    from bookings.services.batches import draw_statements
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    draw_statements(actor=system(partnership, "draw statements"), batch_id=batch_id)
