"""Jobs of the batches and bulk messages."""

from celery import shared_task


@shared_task
def draw_statements_task(partnership_id: int, batch_id: int) -> None:
    """Draw the documents of one batch; may run twice, and be killed in between."""
    from bookings.services.batches import draw_statements
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    draw_statements(actor=system(partnership, "draw statements"), batch_id=batch_id)


@shared_task
def send_bulk_message_task(partnership_id: int, message_id: int) -> None:
    """Queue the messages of one bulk message; may run twice, and be killed in between."""
    from bookings.services.bulk_messages import go_on_sending
    from partnerships.actors import system
    from partnerships.models import Partnership

    partnership = Partnership.objects.get(pk=partnership_id)
    go_on_sending(actor=system(partnership, "send bulk message"), message_id=message_id)
