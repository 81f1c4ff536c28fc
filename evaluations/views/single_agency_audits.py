"""Audits of organisations' own training: the leads answer, the team asks, reads and writes down."""

from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from evaluations.exports import AUDITS
from evaluations.filters import SingleAgencyAuditFilter
from evaluations.kinds import QuestionnaireKind
from evaluations.models import SingleAgencyAudit
from evaluations.periods import years_kept
from evaluations.queries.single_agency_audits import (
    ANSWER_HEADERS,
    answers_in_columns,
    audits_of,
    given_in,
    leads_of,
    never_asked,
    newest_answered,
    organisations_asked,
    own_audits,
)
from evaluations.services.questionnaires import version_in_use
from evaluations.services.single_agency_audits import (
    ChangedMeanwhile,
    ask_organisations,
    give_back_audit,
    mark_of,
    refuse_unless_open,
    save_audit,
    send_audit,
    take_out_words,
    withdraw_audit,
)
from evaluations.single_agency_audit_forms import GiveBackForm
from evaluations.views.paging import Way, filled_in, to_check
from partnership_portal.keys import keys_in
from partnership_portal.tables import Sheet
from partnerships.downloads import download_list
from partnerships.forms import carried_out
from partnerships.models import Organisation
from partnerships.permissions import Permission, requires

_PER_PAGE, _OTHERS = 50, 20


@dataclass(frozen=True)
class AuditWay(Way):
    """How somebody came to an audit: as a lead of the organisation, or from the desk."""

    audited: SingleAgencyAudit

    @property
    def response(self) -> SingleAgencyAudit:
        """What is answered."""
        return self.audited

    @property
    def is_on_behalf(self) -> bool:
        """Tell whether the team writes down what the organisation says."""
        return self.names == "desk_audit"


@requires(Permission.SEE_ORGANISATION)
@require_safe
def our_audits(request: HttpRequest) -> HttpResponse:
    """What the organisations that I lead are asked about their own training, and what they have answered."""
    page = Paginator(own_audits(request.actor), _PER_PAGE).get_page(request.GET.get("page"))
    context = {"page_obj": page, "now": timezone.now()}
    return render(request, "evaluations/single_agency_audits/ours.html", context)


@requires(Permission.SEE_ORGANISATION)
@require_safe
def our_audit(request: HttpRequest, pk: int) -> HttpResponse:
    """What is asked, by when, and who reads it; once sent, what was answered."""
    return _show(request, _ours(request, pk))


@requires(Permission.SEE_ORGANISATION)
@require_http_methods(["GET", "HEAD", "POST"])
def our_audit_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """One page of questions."""
    return _page(request, _ours(request, pk), page)


@requires(Permission.SEE_ORGANISATION)
@require_http_methods(["GET", "HEAD", "POST"])
def our_audit_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return _check(request, _ours(request, pk))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audits(request: HttpRequest) -> HttpResponse:
    """Which organisations were asked and have answered; those ticked are asked."""
    chosen = _chosen(request)
    # As the list is filtered: whoever looks at the schools asks the schools.
    unasked = never_asked(request.partnership).filter(pk__in=chosen.qs.order_by().values("pk"))
    if request.method == "POST" and "all" in request.POST and "sure" not in request.POST:
        context = {"count": unasked.count(), "here": request.get_full_path()}
        return render(request, "evaluations/single_agency_audits/ask_all.html", context)
    if request.method == "POST":
        ticked = Organisation.objects.filter(
            partnership=request.partnership, pk__in=keys_in(request.POST.getlist("organisation"))
        )
        made = ask_organisations(
            actor=request.actor, organisations=unasked if "all" in request.POST else ticked
        )
        _say_who_was_asked(request, len(made))
        return redirect(request.get_full_path())
    page = Paginator(chosen.qs, _PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": chosen,
        "page_obj": page,
        "never_asked": unasked.count(),
        "policy": request.partnership.policy().single_agency_audit,
        "form_version": version_in_use(request.partnership, QuestionnaireKind.SINGLE_AGENCY_AUDIT),
        "now": timezone.now(),
    }
    return render(request, "evaluations/single_agency_audits/list.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def desk_audits_export(request: HttpRequest, ending: str) -> HttpResponseBase:
    """The same organisations, to download; a spreadsheet has the newest answers of each besides."""
    chosen = _chosen(request)
    headers, rows = answers_in_columns(newest_answered(request.partnership, chosen.qs))
    answers = Sheet("Answers", headers, rows, [44, 18, 8, 24, *(40 for _ in headers[len(ANSWER_HEADERS) :])])
    return download_list(
        request, "single-agency-audits", ending, AUDITS.of(chosen.qs), answers, filtered_by=chosen.in_use
    )


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def desk_audit(request: HttpRequest, pk: int) -> HttpResponse:
    """How one organisation stands, whom to ring, and what it has answered."""
    return _show(request, _desks(request, pk))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audit_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """One page of questions, to write down what the organisation says."""
    return _page(request, _desks(request, pk), page)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audit_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return _check(request, _desks(request, pk))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audit_withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what it means to ask no more, then ask no more."""
    way = _desks(request, pk)
    if request.method == "POST":
        withdraw_audit(actor=request.actor, audited=way.audited)
        messages.success(request, f"{way.audited.organisation} is not asked any more.")
        return redirect(way.address())
    return _render(request, way, "withdraw", {"begun": bool(way.saved), "back": way.address()})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audit_take_out(request: HttpRequest, pk: int, slug: str) -> HttpResponse:
    """Show the words of the answer to the question with this key, then take them out."""
    way = _desks(request, pk)
    given = [one for _, answers in given_in(way.audited) for one in answers if one.key == slug]
    if not given or way.audited.state != SingleAgencyAudit.State.ANSWERED:
        raise Http404
    if request.method == "POST":
        take_out_words(actor=request.actor, audited=way.audited, key=slug)
        messages.success(request, "The words are taken out.")
        return redirect(way.address())
    return _render(request, way, "take_out", {"given": given[0], "back": way.address()})


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def desk_audit_give_back(request: HttpRequest, pk: int) -> HttpResponse:
    """Let the organisation put its answers right."""
    audited = _desks(request, pk).audited
    form = GiveBackForm(request.POST if request.method == "POST" else None)

    def give_back() -> None:
        give_back_audit(actor=request.actor, audited=audited, because=form.cleaned_data["because"])

    if form.is_bound and carried_out(form, give_back):
        messages.success(request, f"{audited.organisation} can change its answers and send them again.")
        return redirect("evaluations:desk_audit", request.partnership.slug, pk)
    context = {"audited": audited, "form": form}
    return render(request, "evaluations/single_agency_audits/give_back.html", context)


def _chosen(request: HttpRequest) -> SingleAgencyAuditFilter:
    return SingleAgencyAuditFilter(request.GET, organisations_asked(request.actor), request=request)


def _say_who_was_asked(request: HttpRequest, asked: int) -> None:
    if asked:
        they = "1 organisation is" if asked == 1 else f"{asked:,} organisations are"
        messages.success(request, f"{they} asked. Their leads get a message within minutes.")
    else:
        messages.info(request, "Nobody is asked: tick organisations that do not wait for answers already.")


def _ours(request: HttpRequest, pk: int) -> AuditWay:
    own = own_audits(request.actor).for_answering()
    return AuditWay(request.actor, "our_audit", {"pk": pk}, get_object_or_404(own, pk=pk))


def _desks(request: HttpRequest, pk: int) -> AuditWay:
    visible = SingleAgencyAudit.objects.visible_to(request.actor).for_answering()
    return AuditWay(request.actor, "desk_audit", {"pk": pk}, get_object_or_404(visible, pk=pk))


def _show(request: HttpRequest, way: AuditWay) -> HttpResponse:
    audited, now = way.audited, timezone.now()
    can_answer = audited.state == SingleAgencyAudit.State.OPEN and now < audited.closes_at
    context = {
        "can_answer": can_answer,
        "go_on": way.where_to_go_on if can_answer else "",
        "begun": can_answer and bool(way.saved),
        "answers": given_in(audited) if audited.state == SingleAgencyAudit.State.ANSWERED else [],
        "now": now,
    }
    if not way.is_on_behalf:
        return _render(request, way, "our", context)
    others = audits_of(request.actor, audited.organisation).exclude(pk=audited.pk)[:_OTHERS]
    return _render(request, way, "one", {**context, "leads": leads_of(audited), "others": others})


def _page(request: HttpRequest, way: AuditWay, number: int) -> HttpResponse:
    refuse_unless_open(way.audited, timezone.now())
    shown = filled_in(
        request,
        way,
        number,
        save=partial(save_audit, actor=way.actor, audited=way.audited),
        redacted={},
        come_back="to it from here",
    )
    return shown if isinstance(shown, HttpResponse) else _render(request, way, "page", shown)


def _check(request: HttpRequest, way: AuditWay) -> HttpResponse:
    refuse_unless_open(way.audited, timezone.now())
    checked = to_check(way)
    if request.method == "POST" and not checked["missing"]:
        seen = request.POST.get("seen", "")
        try:
            send_audit(actor=way.actor, audited=way.audited, seen=seen, on_behalf=way.is_on_behalf)
        except ChangedMeanwhile as refusal:
            messages.info(request, refusal.sentence)
            return redirect(way.address("_check"))
        messages.success(request, f"The answers of {way.audited.organisation} are sent.")
        return redirect(way.address())
    return _render(request, way, "check", {**checked, "seen": mark_of(way.audited, way.saved)})


def _render(request: HttpRequest, way: AuditWay, page: str, context: dict[str, object]) -> HttpResponse:
    shared = {
        "audited": way.audited,
        "about": str(way.audited.organisation),
        "kept_years": years_kept(way.audited),
        "on_behalf": way.is_on_behalf,
    }
    return render(request, f"evaluations/single_agency_audits/{page}.html", {**shared, **context})
