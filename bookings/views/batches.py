"""The team's pages about batches: closing a month, its lines, its documents."""

from contextlib import suppress
from io import BytesIO
from typing import IO

from django.contrib import messages
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from bookings.charges.documents import statement_name, statement_pdf
from bookings.charges.exports import BATCHES
from bookings.charges.filters import BatchFilter
from bookings.charges.forms import CloseMonthForm
from bookings.charges.lines import batch_sheet, lines_by_organisation, lines_of
from bookings.charges.queries import months_to_close
from bookings.models import Batch, Statement
from bookings.services.batches import close_month, draw_again
from partnership_portal.tables import sheet_response
from partnership_portal.working_days import uk_today
from partnerships.downloads import download_list
from partnerships.errors import DomainError
from partnerships.permissions import Permission, requires
from partnerships.services.downloads import record_download

ROWS = 50


@requires(Permission.MANAGE_CHARGES)
def batches(request: HttpRequest) -> HttpResponse:
    """All batches, and closing the next month."""
    months = months_to_close(request.partnership, uk_today())
    form = CloseMonthForm(request.POST if request.method == "POST" else None, months=months)
    if request.method == "POST" and form.is_valid():
        try:
            batch = close_month(actor=request.actor, month=form.cleaned_data["month"])
        except DomainError as refusal:
            form.add_error(None, refusal.sentence)
        else:
            messages.success(request, f"{batch.month:%B %Y} is closed. Its statements are being drawn.")
            return redirect("bookings:batch", request.partnership.slug, batch.pk)
    chosen = _chosen(request)
    page = Paginator(chosen.qs.defer("lines"), ROWS).get_page(request.GET.get("page"))
    context = {"form": form, "filter": chosen, "page_obj": page, "months": months}
    return render(request, "bookings/charges/batches.html", context)


@requires(Permission.MANAGE_CHARGES)
def batches_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same batches, to download."""
    chosen = _chosen(request)
    return download_list(request, "batches", ending, BATCHES.of(chosen.qs), filtered_by=chosen.in_use)


@requires(Permission.MANAGE_CHARGES)
def batch(request: HttpRequest, pk: int) -> HttpResponse:
    """One batch: its progress while its documents are drawn, and what each organisation owes."""
    found = get_object_or_404(Batch.objects.visible_to(request.actor).select_related("closed_by"), pk=pk)
    statements = {one.organisation_id: one for one in Statement.objects.filter(batch=found)}
    parts = [
        {
            "name": lines[0].organisation_name,
            "count": len(lines),
            "pence": sum(line.pence for line in lines),
            "statement": statements.get(organisation),
        }
        for organisation, lines in lines_by_organisation(found.lines)
    ]
    context = {"batch": found, "parts": parts, "count": len(found.lines)}
    return render(request, "bookings/charges/batch.html", context)


@requires(Permission.MANAGE_CHARGES)
def batch_draw(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask again for documents that could not be drawn."""
    found = get_object_or_404(Batch.objects.visible_to(request.actor).defer("lines"), pk=pk)
    if request.method == "POST":
        draw_again(actor=request.actor, batch=found)
    return redirect("bookings:batch", request.partnership.slug, pk)


@requires(Permission.MANAGE_CHARGES)
def batch_file(request: HttpRequest, pk: int, ending: str) -> HttpResponseBase:
    """The lines of a batch for finance, as a spreadsheet or CSV file."""
    found = get_object_or_404(Batch.objects.visible_to(request.actor), pk=pk)
    name = f"charges-{request.partnership.slug}-{found.month:%Y-%m}"
    record_download(actor=request.actor, what="batch", rows=len(found.lines), filtered_by=[])
    return sheet_response(name, ending, batch_sheet(found.lines))


@requires(Permission.MANAGE_CHARGES)
def batch_archive(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The statements of all organisations in one file."""
    found = get_object_or_404(Batch.objects.visible_to(request.actor).defer("lines"), pk=pk)
    if found.state != Batch.State.READY:
        raise Http404
    name = f"statements-{request.partnership.slug}-{found.month:%Y-%m}.zip"
    try:
        file = default_storage.open(found.archive)
    except FileNotFoundError:
        raise Http404 from None
    return FileResponse(file, as_attachment=True, filename=name, content_type="application/zip")


@requires(Permission.SEE_ORGANISATION)
def statement(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The statement of one organisation: for the team and its lead."""
    statements = Statement.objects.visible_to(request.actor).select_related(
        "batch__partnership", "organisation"
    )
    found = get_object_or_404(statements, pk=pk)
    return FileResponse(
        _statement_file(found),
        as_attachment=True,
        filename=statement_name(found.batch, found.organisation),
        content_type="application/pdf",
    )


def _chosen(request: HttpRequest) -> BatchFilter:
    return BatchFilter(request.GET, Batch.objects.visible_to(request.actor), request=request)


def _statement_file(found: Statement) -> IO[bytes]:
    with suppress(FileNotFoundError):
        return default_storage.open(found.pdf)
    # The statement is the batch's lines: a file that was lost is drawn from them again.
    lines = [line for line in lines_of(found.batch.lines) if line.organisation == found.organisation_id]
    return BytesIO(statement_pdf(found.batch, lines))
