from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from partnerships.permissions import Role
from partnerships.querysets import JoinRequestQuerySet, MembershipQuerySet, PersonQuerySet
from partnerships.tenancy import TenantModel

from .organisation import CompetencyGroup, Organisation


class Person(TenantModel):
    """Somebody in this partnership's workforce, with or without an account; bookings and records hang on it."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="people"
    )
    name = models.CharField(max_length=200)
    name_key = models.GeneratedField(
        expression=Lower("name"), output_field=models.CharField(max_length=200), db_persist=True
    )
    email = models.EmailField(blank=True)
    email_key = models.GeneratedField(
        expression=Lower("email"), output_field=models.CharField(max_length=254), db_persist=True
    )
    phone = models.CharField(max_length=40, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "people"
        ordering = ["name_key", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "email_key"], condition=~Q(email_key=""), name="one_person_per_email"
            ),
            models.UniqueConstraint(
                fields=["partnership", "user"], condition=Q(user__isnull=False), name="one_person_per_account"
            ),
        ]
        indexes = [
            models.Index(fields=["partnership", "name_key"], name="person_by_name"),
            models.Index(fields=["partnership", "user"], name="person_by_user"),
        ]

    def __str__(self) -> str:
        return self.name


class Membership(TenantModel):
    """A person's place in an organisation: job, target group, line manager; it ends but is not deleted."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="memberships")
    job_role = models.CharField(max_length=200, blank=True)
    competency_group = models.ForeignKey(
        CompetencyGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="memberships"
    )
    line_manager = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="managed_memberships"
    )
    line_manager_name = models.CharField(max_length=200, blank=True)
    line_manager_email = models.EmailField(blank=True)
    started_on = models.DateField()
    ended_on = models.DateField(null=True, blank=True)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "person", "organisation"],
                condition=Q(ended_on__isnull=True),
                name="one_live_membership_per_organisation",
            ),
            models.CheckConstraint(
                condition=Q(line_manager__isnull=True) | ~Q(line_manager=models.F("person")),
                name="nobody_manages_themselves",
            ),
        ]
        indexes = [
            models.Index(
                fields=["partnership", "organisation", "ended_on"], name="membership_by_organisation"
            ),
            models.Index(fields=["partnership", "line_manager"], name="membership_by_manager"),
        ]

    def __str__(self) -> str:
        return f"{self.person} at {self.organisation}"

    @property
    def manager_contact(self) -> tuple[str, str] | None:
        """The line manager's name and email, as typed in or from the person; nothing if there is no address."""
        if self.line_manager is not None and self.line_manager.email:
            return self.line_manager_name or self.line_manager.name, self.line_manager.email
        if self.line_manager_email:
            return self.line_manager_name, self.line_manager_email
        return None

    @property
    def has_manager(self) -> bool:
        """Tell whether a line manager is recorded who can be written to; never the person themselves."""
        contact = self.manager_contact
        return contact is not None and contact[1].lower() != self.person.email_key


class MembershipRole(TenantModel):
    """A role that somebody was given; former member, practitioner and line manager follow from the facts."""

    GRANTED = [
        role for role in Role if role not in {Role.FORMER_MEMBER, Role.PRACTITIONER, Role.LINE_MANAGER}
    ]

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="granted_roles")
    role = models.CharField(max_length=30, choices=[(role.value, role.label) for role in GRANTED])

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "membership", "role"], name="each_role_granted_once"
            )
        ]
        indexes = [models.Index(fields=["partnership", "role"], name="membership_by_role")]

    def __str__(self) -> str:
        return Role(self.role).label


class JoinRequest(TenantModel):
    """An account that asks to join an organisation; its lead or the team accepts or declines."""

    class State(models.TextChoices):
        OPEN = "open", "Waiting for a decision"
        ACCEPTED = "accepted", "Accepted"
        DECLINED = "declined", "Declined"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="join_requests")
    name = models.CharField(max_length=200)
    email = models.EmailField()
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="join_requests")
    job_role = models.CharField(max_length=200)
    competency_group = models.ForeignKey(
        CompetencyGroup, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    line_manager_name = models.CharField(max_length=200, blank=True)
    line_manager_email = models.EmailField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    asked_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(blank=True)

    objects = JoinRequestQuerySet.as_manager()

    class Meta:
        ordering = ["asked_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["partnership", "user", "organisation"],
                condition=Q(state="open"),
                name="one_open_join_request",
            )
        ]
        indexes = [
            models.Index(fields=["partnership", "state", "organisation"], name="join_request_by_state")
        ]

    def __str__(self) -> str:
        return f"{self.name} asks to join {self.organisation}"
