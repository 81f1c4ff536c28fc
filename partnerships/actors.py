"""The one who acts: somebody signed in, the holder of a link, or a job of the portal itself."""

from dataclasses import dataclass, replace
from functools import cached_property

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, OuterRef

from partnerships.models import Membership, MembershipRole, Partnership, Person, User
from partnerships.permissions import Permission, Role, allowed

# The portal's own jobs do what a partnership's team could do, and say in the audit trail that it was a job.
_SYSTEM_ROLES = frozenset({Role.TEAM})
_LINK = "link: "


@dataclass(frozen=True)
class Actor:
    """Who acts in which partnership, with which roles."""

    partnership: Partnership
    label: str
    roles: frozenset[Role] = frozenset()
    person: Person | None = None
    memberships: tuple[Membership, ...] = ()
    led_organisation_ids: frozenset[int] = frozenset()
    user: User | None = None

    @cached_property
    def permissions(self) -> frozenset[Permission]:
        """Everything that the actor's roles allow."""
        return allowed(self.roles)

    def may(self, permission: Permission) -> bool:
        """Tell whether one of the actor's roles holds the permission."""
        return permission in self.permissions

    @property
    def membership(self) -> Membership | None:
        """The first of the actor's live memberships: the organisation that bookings start from."""
        return self.memberships[0] if self.memberships else None

    @property
    def has_left(self) -> bool:
        """Tell whether the actor's last membership has ended: what is their own they keep, and nothing else."""
        return Role.FORMER_MEMBER in self.roles

    @cached_property
    def organisation_ids(self) -> frozenset[int]:
        """The organisations whose staff the actor is."""
        return frozenset(one.organisation_id for one in self.memberships)

    @property
    def holds_link(self) -> bool:
        """Tell whether the actor came by a signed link, and may do what it is for and nothing else."""
        return self.label.startswith(_LINK)

    @property
    def is_team(self) -> bool:
        """Tell whether the actor administers the partnership."""
        return Role.TEAM in self.roles

    def without_roles(self) -> "Actor":
        """The same person with no more rights than a visitor; what is their own stays theirs."""
        return replace(self, roles=frozenset(), led_organisation_ids=frozenset())

    @cached_property
    def lacks_second_factor(self) -> bool:
        """Tell whether the actor must set up a second factor before doing anything here."""
        return (
            self.is_team
            and self.user is not None
            and not settings.PORTAL_DEMO
            and not is_mfa_enabled(self.user)
        )


def actor_of(user: User | AnonymousUser, partnership: Partnership) -> Actor:
    """Find out who this account is in the partnership (one query; needs ``acting_in``).

    Somebody whose memberships have all ended is a former member, whatever roles they held.
    """
    if not isinstance(user, User) or not user.is_authenticated:
        return Actor(partnership=partnership, label="visitor")
    live = Membership.objects.live().filter(partnership=partnership)
    held = (
        Membership.objects.filter(partnership=partnership, person__user=user)
        .annotate(
            manages=Exists(live.filter(line_manager=OuterRef("person"))),
            granted=ArraySubquery(MembershipRole.objects.filter(membership=OuterRef("pk")).values("role")),
        )
        .select_related("person", "organisation__sector", "competency_group")
        .order_by("pk")
    )
    memberships = tuple(one for one in held if one.ended_on is None)
    if not held:
        return Actor(partnership=partnership, label="visitor with an account", user=user)
    person = held[0].person
    if not memberships:
        return Actor(
            partnership=partnership,
            label="person",
            roles=frozenset({Role.FORMER_MEMBER}),
            person=person,
            user=user,
        )
    roles = {Role.PRACTITIONER}
    led = set()
    for membership in memberships:
        roles.update(map(Role, membership.granted))
        if Role.ORGANISATION_LEAD in membership.granted:
            led.add(membership.organisation_id)
    if memberships[0].manages:
        roles.add(Role.LINE_MANAGER)
    return Actor(
        partnership=partnership,
        label="person",
        roles=frozenset(roles),
        person=person,
        memberships=memberships,
        led_organisation_ids=frozenset(led),
        user=user,
    )


def system(partnership: Partnership, job: str) -> Actor:
    """The portal itself, running a job; the audit trail shows the job's name."""
    return Actor(partnership=partnership, label=f"job: {job}", roles=_SYSTEM_ROLES)


def holder(partnership: Partnership, purpose: str, person: Person | None = None) -> Actor:
    """Whoever opened a signed link: may do what the link is for and nothing else."""
    return Actor(partnership=partnership, label=f"{_LINK}{purpose}", person=person)
