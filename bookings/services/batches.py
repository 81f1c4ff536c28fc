"""Closing a month: its charges go to finance in one batch, with a statement for each organisation."""

import zipfile
from collections.abc import Iterator
from datetime import date, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.files import File
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone

from bookings.charges.documents import statement_name, statement_pdf
from bookings.charges.lines import Line, line_of, lines_by_organisation
from bookings.models import Batch, Charge, Statement
from bookings.tasks import draw_statements_task
from partnership_portal.working_days import add_months, uk_today
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.permissions import Permission, require
from partnerships.services.builds import Build, TakenOver, ask, stuck
from partnerships.services.locks import locked_partnership

_FIRST, _LAST = 5, 90


def close_month(*, actor: Actor, month: date) -> Batch:
    """Put every open charge and credit note raised until the end of the month into its batch.

    What is raised later goes into the next. Closing a month twice gives the batch that is there. Locks the
    partnership, then the charges, so that each is in one batch and nobody waives it meanwhile.
    """
    require(actor, Permission.MANAGE_CHARGES)
    following = add_months(month, 1)
    if month.day != 1 or following > uk_today():
        raise DomainError("A month can be closed when it is over.")
    with transaction.atomic():
        partnership = locked_partnership(actor)
        there = Batch.objects.filter(partnership=partnership, month=month).first()
        if there is not None:
            return there
        charges = list(
            Charge.objects.filter(partnership=partnership, state=Charge.State.OPEN, raised_on__lt=following)
            .select_for_update(of=("self",))
            .select_related("organisation", "session__course", "booking__person")
            .order_by("pk")
        )
        if not charges:
            raise DomainError("There is nothing to send: no charge is open for this month or before it.")
        batch = Batch(partnership=partnership, month=month, closed_by=actor.person)
        batch.lines = sorted((line_of(charge) for charge in charges), key=_in_order)
        batch.pence = sum(charge.pence for charge in charges)
        _ask(batch)
        batch.save()
        Charge.objects.filter(partnership=partnership, pk__in=[charge.pk for charge in charges]).update(
            state=Charge.State.BATCHED, batch=batch
        )
        after = {"month": month.isoformat(), "charges": len(charges), "pence": batch.pence}
        audit.record(actor, "bookings.close_month", batch, after=after)
    return batch


def draw_again(*, actor: Actor, batch: Batch) -> Batch:
    """Ask once more for the documents of a batch that could not be drawn; its lines stay as they are."""
    require(actor, Permission.MANAGE_CHARGES)
    with transaction.atomic():
        batch = Batch.objects.visible_to(actor).select_for_update().get(pk=batch.pk)
        if batch.state == Batch.State.FAILED:
            _ask(batch)
            batch.save()
            audit.record(actor, "bookings.draw_again", batch, before={"state": "failed"})
    return batch


def draw_statements(*, actor: Actor, batch_id: int) -> None:
    """Draw a statement for each organisation of a batch, then put all of them into one archive.

    Each statement is committed by itself: whoever begins again goes on where the last one was killed. After five
    beginnings it has failed.
    """
    require(actor, Permission.MANAGE_CHARGES)
    build = Build.begin(Batch, actor.partnership, batch_id)
    if build is None:
        return
    batch = build.row
    try:
        with build.step("Looking what is there", 2):
            drawn = set(_statements(batch).values_list("organisation", flat=True))
        parts = lines_by_organisation(batch.lines)
        for number, (organisation, lines) in enumerate(parts):
            if organisation in drawn:
                continue
            progress = _FIRST + (_LAST - _FIRST) * number // len(parts)
            with build.step(f"Statement {number + 1} of {len(parts)}", progress):
                pdf = statement_pdf(batch, lines)
                build.still_ours()
                _keep(batch, organisation, lines, pdf)
        with build.step("Putting all statements together", _LAST):
            archive = _store(f"{_folder(batch)}/all-{build.attempt}.zip", File(_archive(batch)))
        build.finish(actor, "bookings.draw_statements", archive=archive)
    except TakenOver:
        return


def requeue_stuck_batches(partnership: Partnership, now: datetime) -> None:
    """Job: queue again the batches whose documents have made no progress for five minutes."""
    for batch_id in stuck(Batch, partnership, now):
        draw_statements_task.delay(partnership.pk, batch_id)


def _in_order(line: dict[str, Any]) -> tuple[str, int, int]:
    return line["organisation_name"].lower(), line["organisation"], line["charge"]


def _ask(batch: Batch) -> None:
    ask(batch, timezone.now())
    # When the broker is away the batch waits for ``requeue_stuck_batches``.
    transaction.on_commit(lambda: draw_statements_task.delay(batch.partnership_id, batch.pk), robust=True)


def _statements(batch: Batch) -> Any:
    return Statement.objects.filter(partnership=batch.partnership_id, batch=batch)


def _keep(batch: Batch, organisation: int, lines: list[Line], pdf: bytes) -> None:
    Statement.objects.create(
        partnership=batch.partnership,
        batch=batch,
        organisation_id=organisation,
        pence=sum(line.pence for line in lines),
        pdf=_store(f"{_folder(batch)}/{organisation}.pdf", ContentFile(pdf)),
    )


def _archive(batch: Batch) -> IO[bytes]:
    stream: IO[bytes] = SpooledTemporaryFile(max_size=4 * 1024 * 1024)  # noqa: SIM115 (storage reads it)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _documents(batch):
            archive.writestr(name, content)
    stream.seek(0)
    return stream


def _documents(batch: Batch) -> Iterator[tuple[str, bytes]]:
    for statement in _statements(batch).select_related("organisation").order_by("pk"):
        with default_storage.open(statement.pdf) as file:
            yield statement_name(batch, statement.organisation), file.read()


def _folder(batch: Batch) -> str:
    return f"charges/{batch.partnership.slug}/{batch.month:%Y-%m}"


def _store(name: str, content: File) -> str:
    with content:
        return default_storage.save(name, content)
