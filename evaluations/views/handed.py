"""For learners without an email address: a code to keep, which leads to their survey and then to their certificate.

It is opened in one browser, by a press of its button, and from then on leads nobody else anywhere: whoever handed it
out may have kept it.
"""

from dataclasses import dataclass

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from bookings.models import Booking
from bookings.services.register import may_mark
from courses.expectations import asks_evaluation, certificate_rule
from courses.models import Session
from evaluations.links import LEARNER, certificate_token, holder_of_booking, holder_of_code, learner_link
from evaluations.models import Certificate, HandedCode
from evaluations.queries.codes import (
    code_of,
    codes_of,
    may_see_codes,
    people_without_email,
    sent_by_code,
    shows_all,
    surveys_of_code,
    waits_behind,
)
from evaluations.queries.supervision import reader_of_code
from evaluations.services.codes import (
    OpenedElsewhere,
    make_new_code,
    open_code,
    refuse_unless_newest,
    refuse_unless_of,
)
from evaluations.views.answering import (
    Door,
    Show,
    or_refusal,
    show_check,
    show_left,
    show_page,
    show_sent,
    show_start,
)
from evaluations.views.supervision import show_supervision
from partnership_portal.qr import qr_code
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import Permission, holder_of_link, requires

_SALT = "learner-code"
# As long as browsers keep any cookie; the impact evaluation is months away.
_KEPT_FOR = 60 * 60 * 24 * 400


@dataclass(frozen=True)
class _Handed:
    """A genuine code, the booking that it is for, and what this browser's cookie says."""

    booking: Booking
    number: int
    code: HandedCode
    browser: str


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def learner(request: HttpRequest, token: str) -> HttpResponse:
    """Open the code in this browser; then lead to the survey that waits, else to the certificate."""
    try:
        handed = _read(request, token)
        if request.method == "POST":
            return _opened(request, handed, token)
        if handed.code.opened_at is None:
            return render(request, "evaluations/code_open.html", {"session": handed.booking.session})
        refuse_unless_of(handed.code, handed.browser)
    except DomainError as refusal:
        return _refused(request, refusal)
    return _what_waits(request, handed, token)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_start(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """What the survey is, and who sees the answers."""
    return _by_code(request, token, pk, show_start)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_page(request: HttpRequest, token: str, pk: int, page: int) -> HttpResponse:
    """One page of questions."""
    return _by_code(request, token, pk, lambda request, door: show_page(request, door, page))


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_check(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return _by_code(request, token, pk, show_check)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_sent(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """Thanks."""
    return _by_code(request, token, pk, show_sent)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_left(request: HttpRequest, token: str, pk: int) -> HttpResponse:
    """The learner has left the organisation."""
    return _by_code(request, token, pk, show_left)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def code_supervision(request: HttpRequest, token: str) -> HttpResponse:
    """What learner and line manager have shared, where all that the learner wrote was written in this browser."""
    try:
        handed = _read(request, token)
        refuse_unless_of(handed.code, handed.browser)
    except DomainError as refusal:
        return _refused(request, refusal)
    reader = reader_of_code(handed.booking) if shows_all(handed.code) else None
    if reader is None:
        raise Http404
    return show_supervision(
        request, handed.booking, reader, lambda invitation: holder_of_code(invitation, handed.code)
    )


@requires(Permission.MARK_REGISTER)
@require_safe
def codes(request: HttpRequest, pk: int) -> HttpResponse:
    """The codes of those on a session who have no email address, to show or to print."""
    session = _session(request, pk)
    if not may_see_codes(request.actor, session, timezone.now()):
        return render(request, "evaluations/codes_over.html", {"session": session})
    people = list(people_without_email(request.partnership, session))
    kept = codes_of(people)
    rows = []
    for one in people:
        code = kept.get(one.pk)
        link = learner_link(one, code.number if code else 0)
        rows.append({"booking": one, "opened_at": code.opened_at if code else None, "link": link})
        rows[-1]["code"] = qr_code(link, title=f"Code for {one.person.name}")
    context = {
        "session": session,
        "rows": rows,
        "can_make_new": request.actor.may(Permission.MANAGE_SURVEYS),
    }
    return render(request, "evaluations/codes.html", context)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def code_new(request: HttpRequest, pk: int) -> HttpResponse:
    """Another code for somebody, and the one before useless: the page says what is lost by it."""
    bookings = Booking.objects.filter(partnership=request.partnership, person__email="").expected()
    booking = get_object_or_404(bookings.select_related("person", "session__course", "partnership"), pk=pk)
    if request.method == "POST":
        make_new_code(actor=request.actor, booking=booking)
        messages.success(request, f"There is a new code for {booking.person}. The one before opens nothing.")
        return redirect("evaluations:codes", request.partnership.slug, booking.session_id)
    context = {"booking": booking, "session": booking.session, "code": code_of(booking)}
    return render(request, "evaluations/code_new.html", context)


def _session(request: HttpRequest, pk: int) -> Session:
    found = Session.objects.filter(partnership=request.partnership).select_related("course")
    session = get_object_or_404(found, pk=pk)
    if not may_mark(request.actor, session):
        raise Http404
    return session


def _read(request: HttpRequest, token: str) -> _Handed:
    """What the code is, or a refusal: it is not genuine, not the newest, or held by somebody whose it can't be."""
    pk, nonce = read_token(request.partnership, LEARNER, token)
    bookings = Booking.objects.filter(partnership=request.partnership).select_related(
        "person", "organisation", "partnership", "session__course"
    )
    booking = get_object_or_404(bookings, pk=pk)
    code, number = code_of(booking), int(nonce or 0)
    refuse_unless_newest(code, number)
    if request.user.is_authenticated and request.actor.person != booking.person:
        raise OpenedElsewhere(
            "You are signed in, and this code is for somebody else. Give it to them to open on their own phone or "
            "computer. If it is yours, sign out and open it again."
        )
    return _Handed(booking, number, code, request.get_signed_cookie(_cookie(booking), "", salt=_SALT))


def _cookie(booking: Booking) -> str:
    return f"code-{booking.pk}"


def _opened(request: HttpRequest, handed: _Handed, token: str) -> HttpResponse:
    booking = handed.booking
    code = open_code(
        actor=holder_of_booking(booking), booking=booking, number=handed.number, browser=handed.browser
    )
    response = redirect("evaluations:learner", request.partnership.slug, token)
    response.set_signed_cookie(
        _cookie(booking),
        code.browser,
        salt=_SALT,
        max_age=_KEPT_FOR,
        path=f"/{request.partnership.slug}/s/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )
    return response


def _what_waits(request: HttpRequest, handed: _Handed, token: str) -> HttpResponse:
    slug, booking = request.partnership.slug, handed.booking
    survey, is_begun_elsewhere = waits_behind(handed.code)
    if survey is not None:
        return redirect("evaluations:code_survey", slug, token, survey.pk)
    certificate = (
        Certificate.objects.filter(partnership=request.partnership, booking=booking)
        .genuine()
        .select_related("partnership")
        .first()
    )
    policy = request.partnership.policy(booking.session.starts_at)
    context = {
        "session": booking.session,
        "is_evaluated": asks_evaluation(booking.session.course, policy),
        "certificate_rule": certificate_rule(policy),
        "is_over": booking.session.ends_at <= timezone.now(),
        "is_begun_elsewhere": is_begun_elsewhere,
        "certificate_token": certificate_token(certificate) if certificate else "",
        "token": token,
        "sent": sent_by_code(handed.code),
    }
    return render(request, "evaluations/learner.html", context)


def _by_code(request: HttpRequest, token: str, pk: int, show: Show) -> HttpResponse:
    try:
        handed = _read(request, token)
        refuse_unless_of(handed.code, handed.browser)
    except DomainError as refusal:
        return _refused(request, refusal)
    invitation = get_object_or_404(surveys_of_code(handed.code).for_answering(), pk=pk)
    door = Door(
        holder_of_code(invitation, handed.code),
        "code_survey",
        {"token": token, "pk": pk},
        invitation,
        shows_plan=shows_all(handed.code),
    )
    return or_refusal(request, door, show)


def _refused(request: HttpRequest, refusal: DomainError) -> HttpResponse:
    is_elsewhere = isinstance(refusal, OpenedElsewhere)
    context = {
        "heading": "This code is not open here" if is_elsewhere else "This code does not work",
        "sentence": refusal.sentence,
    }
    return render(request, "evaluations/survey_refused.html", context, status=403 if is_elsewhere else 404)
