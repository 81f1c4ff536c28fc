"""Answering a questionnaire, through a signed link, signed in or by telephone: all doors lead to the same pages.

The door of those who were handed a code is in ``handed.py``.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_safe

from courses.expectations import certificate_rule
from evaluations.forms import QuotingForm, ShareForm
from evaluations.kinds import QuestionnaireKind
from evaluations.links import (
    SURVEY,
    certificate_token,
    holder_of,
    is_sent_by_link,
    may_type_in,
    supervision_token,
    survey_nonce,
)
from evaluations.models import Invitation
from evaluations.notice_forms import WhoIsManagerForm
from evaluations.periods import years_kept
from evaluations.queries.redaction import redacted_in
from evaluations.queries.supervision import (
    SUPERVISED,
    Pledge,
    own_to_prepare,
    pledge_for,
    reader_of_form,
    shared_with,
)
from evaluations.queries.surveys import survey_of_link, to_do, written_at_length
from evaluations.quoting import is_asked_to_be_quoted, may_agree_afterwards
from evaluations.services.answers import (
    AlreadyAnswered,
    SurveyClosed,
    ToldUs,
    open_survey,
    refuse_unless_open,
    save_answers,
    submit_answers,
)
from evaluations.services.invitations import releases_certificate
from evaluations.services.notices import say_left, say_not_manager
from evaluations.services.quotes import agree_to_be_quoted, stop_quoting
from evaluations.services.sharing import NamedAnother, could_be_shared_with
from evaluations.views.paging import Way, filled_in, to_check
from partnerships.errors import DomainError
from partnerships.links import read_token
from partnerships.permissions import Permission, holder_of_link, requires
from partnerships.services.policies import policy_of

_SHOWN = 20


@dataclass(frozen=True)
class Door(Way):
    """How somebody came to a survey."""

    invitation: Invitation
    # A code shows nothing that was written elsewhere.
    shows_plan: bool = True

    @property
    def response(self) -> Invitation:
        """What is answered."""
        return self.invitation

    @property
    def is_on_behalf(self) -> bool:
        """Tell whether the team writes down what somebody else says."""
        return self.names == "typed"

    @property
    def is_by_code(self) -> bool:
        """Tell whether the learner came by the code that they were handed on the day."""
        return self.names == "code_survey"

    @property
    def pledge(self) -> Pledge | None:
        """What the learner said that they would do, where whoever answers here may read it."""
        return pledge_for(self.invitation) if self.shows_plan else None


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_start(request: HttpRequest, token: str) -> HttpResponse:
    """What the survey is, and who sees the answers."""
    return _through_link(request, token, show_start)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_page(request: HttpRequest, token: str, page: int) -> HttpResponse:
    """One page of questions."""
    return _through_link(request, token, lambda request, door: show_page(request, door, page))


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_check(request: HttpRequest, token: str) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return _through_link(request, token, show_check)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_sent(request: HttpRequest, token: str) -> HttpResponse:
    """Thanks."""
    return _through_link(request, token, show_sent)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_safe
def own_list(request: HttpRequest) -> HttpResponse:
    """The surveys that wait for the one who is signed in, and what is there to talk about in supervision."""
    context = {
        "surveys": to_do(request.actor),
        "own": own_to_prepare(request.actor)[:_SHOWN],
        "shared": shared_with(request.actor)[:_SHOWN],
        "written": written_at_length(request.actor)[:_SHOWN],
    }
    return render(request, "evaluations/my_surveys.html", context)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_start(request: HttpRequest, pk: int) -> HttpResponse:
    """What the survey is, and who sees the answers."""
    return or_refusal(request, _own(request, pk), show_start)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """One page of questions."""
    return or_refusal(request, _own(request, pk), lambda request, door: show_page(request, door, page))


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return or_refusal(request, _own(request, pk), show_check)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """Thanks."""
    return or_refusal(request, _own(request, pk), show_sent)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_left(request: HttpRequest, token: str) -> HttpResponse:
    """The learner has left the organisation."""
    return _through_link(request, token, show_left)


@holder_of_link
@require_http_methods(["GET", "HEAD", "POST"])
def linked_not_manager(request: HttpRequest, token: str) -> HttpResponse:
    """Whoever was asked is not the line manager."""
    return _through_link(request, token, show_not_manager)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_left(request: HttpRequest, pk: int) -> HttpResponse:
    """The learner has left the organisation."""
    return or_refusal(request, _own(request, pk), show_left)


@requires(Permission.ANSWER_OWN_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def own_not_manager(request: HttpRequest, pk: int) -> HttpResponse:
    """Whoever was asked is not the line manager."""
    return or_refusal(request, _own(request, pk), show_not_manager)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def typed_start(request: HttpRequest, pk: int) -> HttpResponse:
    """What to tell somebody on the telephone before writing down what they say."""
    return or_refusal(request, _typed(request, pk), show_start)


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def typed_page(request: HttpRequest, pk: int, page: int) -> HttpResponse:
    """One page of questions."""
    return or_refusal(request, _typed(request, pk), lambda request, door: show_page(request, door, page))


@requires(Permission.MANAGE_SURVEYS)
@require_http_methods(["GET", "HEAD", "POST"])
def typed_check(request: HttpRequest, pk: int) -> HttpResponse:
    """The answers once more, and the button that sends them."""
    return or_refusal(request, _typed(request, pk), show_check)


@requires(Permission.MANAGE_SURVEYS)
@require_safe
def typed_sent(request: HttpRequest, pk: int) -> HttpResponse:
    """Back to whoever was asked."""
    door = _typed(request, pk)
    messages.success(request, f"The answers of {door.invitation.respondent_name} are recorded.")
    return redirect("evaluations:asked", request.partnership.slug, pk)


Show = Callable[[HttpRequest, Door], HttpResponse]


def _own(request: HttpRequest, pk: int) -> Door:
    own = Invitation.objects.visible_to(request.actor).of(request.actor).for_answering()
    return Door(request.actor, "my_survey", {"pk": pk}, get_object_or_404(own, pk=pk))


def _typed(request: HttpRequest, pk: int) -> Door:
    found = Invitation.objects.visible_to(request.actor).for_answering()
    invitation = get_object_or_404(found, pk=pk)
    if not may_type_in(request.actor, invitation):
        raise Http404
    return Door(request.actor, "typed", {"pk": pk}, invitation)


def _through_link(request: HttpRequest, token: str, show: Show) -> HttpResponse:
    try:
        pk, nonce = read_token(request.partnership, SURVEY, token)
    except DomainError as refusal:
        return _refused(request, "This link does not work", refusal, 404)
    invitation = survey_of_link(request.partnership, pk)
    if invitation is None:
        raise Http404
    if not is_sent_by_link(invitation):
        sentence = "We ask whoever has no email address by a code, and this is not it."
        return _refused(request, "This link does not work", DomainError(sentence), 404)
    if nonce != survey_nonce(invitation):
        sentence = "Somebody else is asked now, so this link does not open it any more."
        return _refused(request, "This link does not work", DomainError(sentence), 404)
    return or_refusal(request, Door(holder_of(invitation), "survey", {"token": token}, invitation), show)


def or_refusal(request: HttpRequest, door: Door, show: Show) -> HttpResponse:
    try:
        return show(request, door)
    except ToldUs as refusal:
        return _refused(request, "Thank you for telling us", refusal, 200)
    except AlreadyAnswered as refusal:
        return _refused(request, "You have already answered", refusal, 409, door)
    except SurveyClosed as refusal:
        return _refused(request, "This survey is closed", refusal, 410)


def _refused(
    request: HttpRequest, heading: str, refusal: DomainError, status: int, sent: Door | None = None
) -> HttpResponse:
    context: dict[str, object] = {"heading": heading, "sentence": refusal.sentence}
    if sent is not None and not sent.is_on_behalf:
        context |= {
            "sent": sent.address("_sent"),
            "invitation": sent.invitation,
            "can_agree": may_agree_afterwards(sent.invitation),
        }
    return render(request, "evaluations/survey_refused.html", context, status=status)


def show_start(request: HttpRequest, door: Door) -> HttpResponse:
    refuse_unless_open(door.invitation, timezone.now())
    if request.method == "POST":
        open_survey(actor=door.actor, invitation=door.invitation)
        return redirect(door.where_to_go_on)
    context = {
        "begun": bool(door.saved),
        "pledge": door.pledge,
        "could_share": could_be_shared_with(door.invitation),
        **_instead(door),
    }
    return _render(request, door, "start", context)


def show_page(request: HttpRequest, door: Door, number: int) -> HttpResponse:
    refuse_unless_open(door.invitation, timezone.now())
    shown = filled_in(
        request,
        door,
        number,
        save=partial(save_answers, actor=door.actor, invitation=door.invitation),
        redacted=redacted_in(door.invitation),
        come_back=_how_to_come_back(door),
    )
    if isinstance(shown, HttpResponse):
        return shown
    is_about_it = shown["number"] == 1 or any(one.key == "done" for one in shown["form"].page)
    return _render(request, door, "page", {**shown, "pledge": door.pledge if is_about_it else None})


def _how_to_come_back(door: Door) -> str:
    return {
        "survey": "with the same link",
        "code_survey": "with your code, on this phone or computer",
    }.get(door.names, "and finish later")


def show_check(request: HttpRequest, door: Door) -> HttpResponse:
    refuse_unless_open(door.invitation, timezone.now())
    checked = to_check(door)
    data = request.POST if request.method == "POST" else None
    form, quoting = _share_form(door, data), _quoting_form(door, data)
    if request.method == "POST" and not checked["missing"]:
        agreed = form.cleaned_data if form is not None and form.is_valid() else {"share": False, "named": ""}
        agreed |= quoting.cleaned_data if quoting is not None and quoting.is_valid() else {}
        try:
            submit_answers(actor=door.actor, invitation=door.invitation, **agreed)
        except NamedAnother as refusal:
            messages.info(request, refusal.sentence)
            form = _share_form(door, None)
        else:
            return redirect(door.address("_sent"))
    return _render(request, door, "check", {**checked, "share": form, "quoting": quoting})


def _instead(door: Door) -> dict[str, str]:
    """Where something else can be said than an answer."""
    if door.is_on_behalf or door.invitation.booking is None:
        return {}
    is_form = door.invitation.kind == QuestionnaireKind.LINE_MANAGER
    return {
        "left": door.address("_left"),
        "not_manager": door.address("_not_manager") if is_form else "",
    }


def show_left(request: HttpRequest, door: Door) -> HttpResponse:
    refuse_unless_open(door.invitation, timezone.now())
    if request.method == "POST":
        say_left(actor=door.actor, invitation=door.invitation)
        return redirect(door.address())
    return _render(request, door, "left", {"back": door.address()})


def show_not_manager(request: HttpRequest, door: Door) -> HttpResponse:
    refuse_unless_open(door.invitation, timezone.now())
    if door.invitation.kind != QuestionnaireKind.LINE_MANAGER:
        raise Http404
    form = WhoIsManagerForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        say_not_manager(actor=door.actor, invitation=door.invitation, name=said["name"], email=said["email"])
        return redirect(door.address())
    return _render(request, door, "not_manager", {"form": form, "back": door.address()})


def _share_form(door: Door, data: QueryDict | None) -> ShareForm | None:
    # Only whoever writes the answers shares them.
    other = None if door.is_on_behalf else could_be_shared_with(door.invitation)
    if other is None:
        return None
    label, hint = {
        QuestionnaireKind.EVALUATION: (
            f"Show my line manager, {other.name}, what I will do differently",
            "Nothing else of your answers.",
        ),
        QuestionnaireKind.IMPACT: (
            f"Share these answers and what I had planned with my line manager, {other.name}",
            "To talk about in supervision.",
        ),
    }.get(
        QuestionnaireKind(door.invitation.kind),
        (f"Share these answers with {other.name}", "To talk about in supervision."),
    )
    you_can = f"{hint} Nobody has to. You can take it back."
    return ShareForm(label, you_can, other.key, data)


def _quoting_form(door: Door, data: QueryDict | None) -> QuotingForm | None:
    # Only whoever writes the answers agrees to be quoted.
    if door.is_on_behalf or not is_asked_to_be_quoted(door.invitation.kind, door.invitation.answers.all()):
        return None
    where = {
        "my_survey": "under “Surveys”",
        "code_survey": "by your code, on this phone or computer",
    }.get(door.names, "by the link to this survey")
    hint = (
        "For example in a report to the partnership’s board. Nobody has to. You can take it back "
        f"{where}; what is printed by then stays."
    )
    return QuotingForm(hint, data)


def show_sent(request: HttpRequest, door: Door) -> HttpResponse:
    if door.invitation.state != Invitation.State.ANSWERED:
        return redirect(door.address())
    if request.method == "POST":
        if "agree" in request.POST:
            agree_to_be_quoted(actor=door.actor, invitation=door.invitation)
            messages.success(request, "What you wrote may be quoted without your name.")
        else:
            stop_quoting(actor=door.actor, invitation=door.invitation)
            messages.success(request, "You are not quoted any more.")
        return redirect(door.address("_sent"))
    # The line manager answers about the same booking, but its certificate is the learner's alone.
    booking, respondent = door.invitation.booking, door.invitation.respondent
    is_before = door.invitation.kind == QuestionnaireKind.PRE_COURSE
    own = booking if booking is not None and booking.person == respondent and not is_before else None
    certificate = getattr(own, "certificate", None)
    token = certificate_token(certificate) if certificate else ""
    rule = certificate_rule(policy_of(door.invitation.policy_version)) if own and not certificate else ""
    context = {
        "certificate": certificate,
        "certificate_token": token,
        "certificate_rule": rule,
        "supervision": _supervision_address(door),
        "can_agree": may_agree_afterwards(door.invitation),
    }
    return _render(request, door, "sent", context)


def _supervision_address(door: Door) -> str:
    """Where learner and line manager read what each has shared; nothing where there is no such page."""
    invitation, booking = door.invitation, door.invitation.booking
    if booking is None or invitation.kind not in SUPERVISED:
        return ""
    slug = door.actor.partnership.slug
    if door.names == "my_survey":
        return reverse("evaluations:my_supervision", args=[slug, booking.pk])
    if door.is_by_code:
        return (
            reverse("evaluations:code_supervision", args=[slug, door.key["token"]]) if door.shows_plan else ""
        )
    is_managers = invitation.kind == QuestionnaireKind.LINE_MANAGER
    reader = reader_of_form(invitation) if is_managers else "learner"
    return reverse("evaluations:linked_supervision", args=[slug, supervision_token(booking, reader)])


def _render(request: HttpRequest, door: Door, page: str, context: dict[str, object]) -> HttpResponse:
    invitation = door.invitation
    policy = policy_of(invitation.policy_version)
    shared = {
        "invitation": invitation,
        "course": invitation.session.course,
        "about": invitation.session.course.title,
        "session": invitation.session,
        "learner": invitation.booking.person.name if invitation.booking else "",
        "releases_certificate": releases_certificate(invitation, policy.certificate.release.value),
        "observation_policy": policy.observation,
        "kept_years": years_kept(invitation),
        "signed_in_door": door.names == "my_survey",
        "on_behalf": door.is_on_behalf,
        "by_code": door.is_by_code,
    }
    return render(request, f"evaluations/survey_{page}.html", {**shared, **context})
