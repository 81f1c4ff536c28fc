"""Who may do what: one table of roles and permissions, and the decorators that views wear."""

from collections.abc import Callable
from enum import StrEnum
from functools import wraps
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from partnerships.errors import DomainError
from partnerships.tenancy import acting_in

if TYPE_CHECKING:
    from partnerships.actors import Actor

View = Callable[..., HttpResponseBase]


class Role(StrEnum):
    """What someone is in a partnership; a person may be several of these."""

    FORMER_MEMBER = "former_member"
    PRACTITIONER = "practitioner"
    LINE_MANAGER = "line_manager"
    ORGANISATION_LEAD = "organisation_lead"
    TRAINER = "trainer"
    OBSERVER = "observer"
    SUBGROUP_MEMBER = "subgroup_member"
    SUBGROUP_CHAIR = "subgroup_chair"
    TEAM = "team"

    @property
    def label(self) -> str:
        """The role in words that users know."""
        return {
            Role.FORMER_MEMBER: "Former member",
            Role.PRACTITIONER: "Practitioner",
            Role.LINE_MANAGER: "Line manager",
            Role.ORGANISATION_LEAD: "Organisation lead",
            Role.TRAINER: "Trainer",
            Role.OBSERVER: "Observer",
            Role.SUBGROUP_MEMBER: "Sub-group member",
            Role.SUBGROUP_CHAIR: "Sub-group chair",
            Role.TEAM: "Partnership team",
        }[self]


class Permission(StrEnum):
    """One thing that somebody may be allowed to do."""

    SEE_OWN_PAGES = "see own pages"
    BOOK_PLACE = "book a place"
    CANCEL_BOOKING = "cancel a booking"
    ANSWER_OWN_SURVEYS = "answer own surveys"
    CHANGE_OWN_DETAILS = "change own details"
    ADD_OWN_TRAINING = "add training done elsewhere to one's own record"
    SEE_TEAM = "see the people one manages"
    SEE_ORGANISATION = "see the organisation's people and their records"
    DECIDE_JOIN_REQUEST = "decide who joins the organisation"
    SEE_OWN_SESSIONS = "see the sessions one trains"
    MARK_REGISTER = "mark a register"
    OBSERVE_SESSION = "observe a session"
    READ_REPORTS = "read published reports"
    RUN_DESK = "see the partnership team's desk"
    PLAN_PROGRAMME = "create and change courses and sessions"
    MANAGE_BOOKINGS = "manage everybody's bookings"
    MANAGE_PEOPLE = "manage organisations, people and roles"
    MANAGE_SURVEYS = "see and manage surveys and certificates"
    BUILD_REPORTS = "build and publish reports"
    READ_AUDIT = "read the audit trail"
    MANAGE_CHARGES = "see and manage everybody's charges"
    MANAGE_MESSAGES = "change the words of messages"


# What is one's own stays one's own after the last membership has ended: a record follows its person.
_OWN = frozenset(
    {
        Permission.SEE_OWN_PAGES,
        Permission.CANCEL_BOOKING,
        Permission.ANSWER_OWN_SURVEYS,
        Permission.CHANGE_OWN_DETAILS,
    }
)
_EVERYBODY = _OWN | {Permission.BOOK_PLACE, Permission.ADD_OWN_TRAINING}

TABLE: dict[Role, frozenset[Permission]] = {
    Role.FORMER_MEMBER: _OWN,
    Role.PRACTITIONER: _EVERYBODY,
    Role.LINE_MANAGER: _EVERYBODY | {Permission.SEE_TEAM},
    Role.ORGANISATION_LEAD: _EVERYBODY | {Permission.SEE_ORGANISATION, Permission.DECIDE_JOIN_REQUEST},
    Role.TRAINER: _EVERYBODY | {Permission.SEE_OWN_SESSIONS, Permission.MARK_REGISTER},
    Role.OBSERVER: _EVERYBODY | {Permission.OBSERVE_SESSION},
    Role.SUBGROUP_MEMBER: _EVERYBODY | {Permission.READ_REPORTS},
    Role.SUBGROUP_CHAIR: _EVERYBODY | {Permission.READ_REPORTS},
    Role.TEAM: frozenset(Permission)
    - {Permission.SEE_TEAM, Permission.SEE_OWN_SESSIONS, Permission.OBSERVE_SESSION},
}


def allowed(roles: frozenset[Role]) -> frozenset[Permission]:
    """Everything that these roles may do together."""
    return frozenset().union(*(TABLE[role] for role in roles))


def require(actor: "Actor", permission: Permission) -> None:
    """Refuse an actor who may not do this; services call it first."""
    if not actor.may(permission):
        raise PermissionDenied(f"This needs the right to {permission.value}.")


def public(view: View) -> View:
    """Open the view to everybody, inside the partnership that the address names."""
    return _guarded(view, access="public")


def signed_in(view: View) -> View:
    """Open the view to every account, with or without a membership in this partnership."""
    return _guarded(view, access="signed in")


def requires(permission: Permission) -> Callable[[View], View]:
    """Open the view to those who hold the permission in the partnership that the address names."""

    def decorate(view: View) -> View:
        return _guarded(view, access=permission)

    return decorate


def holder_of_link(view: View) -> View:
    """Open the view to whoever holds the link; the view itself reads the token."""
    return _guarded(view, access="link")


def anyone(view: View) -> View:
    """Open a page of the portal itself, outside every partnership."""
    view.access = "anyone"  # type: ignore[attr-defined]
    return view


def _guarded(view: View, *, access: str | Permission) -> View:
    @wraps(view)
    def guarded(request: HttpRequest, partnership: str, **kwargs: Any) -> HttpResponseBase:
        from partnerships.actors import actor_of
        from partnerships.models import Partnership

        request.partnership = get_object_or_404(Partnership, slug=partnership, is_open=True)
        try:
            with acting_in(request.partnership):
                request.actor = actor_of(request.user, request.partnership)
                if access in {"public", "link"}:
                    if request.actor.lacks_second_factor:
                        # The page is for everybody, but a password alone shows nothing that is not.
                        request.actor = request.actor.without_roles()
                else:
                    turned_away = _turn_away(request, access)
                    if turned_away is not None:
                        return turned_away
                response = view(request, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response = response.render()
                return response
        except DomainError as refusal:
            return render(request, "errors/refused.html", {"sentence": refusal.sentence}, status=409)

    guarded.access = access  # type: ignore[attr-defined]
    return guarded


_JOIN_FIRST = {
    Permission.BOOK_PLACE: "Join your organisation first: a place is booked in its name. "
    "When you have joined, open the session again and book.",
}


def _turn_away(request: HttpRequest, access: str | Permission) -> HttpResponse | None:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    if request.actor.lacks_second_factor:
        return redirect("mfa_index")
    if isinstance(access, Permission) and not request.actor.may(access):
        joining_helps = request.actor.has_left and access in TABLE[Role.PRACTITIONER]
        if request.actor.person is None or joining_helps:
            messages.info(request, _JOIN_FIRST.get(access, "Join your organisation first to open this page."))
            return redirect("partnerships:join", partnership=request.partnership.slug)
        raise PermissionDenied(f"This page needs the right to {access.value}.")
    return None
