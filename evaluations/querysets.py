"""Which invitations and certificates somebody may see."""

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q

from bookings.states import EXPECTED
from partnerships.permissions import Permission

if TYPE_CHECKING:
    from partnerships.actors import Actor


# As the model's ``has_lapsed`` tells of one.
_LAPSED = Q(kind="pre_course") & (~Q(booking__state__in=EXPECTED) | ~Q(session__status="published"))


class InvitationQuerySet(models.QuerySet):
    """Invitations of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; everybody else those that they are asked to answer, and no one else's."""
        invitations = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_SURVEYS):
            return invitations
        return invitations.filter(respondent=actor.person) if actor.person else invitations.none()

    def of(self, actor: "Actor") -> Self:
        """Those that the actor is asked to answer."""
        return self.filter(partnership=actor.partnership, respondent=actor.person)

    def to_answer(self) -> Self:
        """Those still waiting for answers."""
        return self.filter(state="open").exclude(_LAPSED)

    def that_count(self) -> Self:
        """Those of people who could have answered; whoever lost the place before the course could not."""
        return self.exclude(closed_because="no_place")

    def astray(self) -> Self:
        """Pre-course questionnaires still open whose booking has no place any more, or whose session was moved."""
        moved = Q(kind="pre_course") & ~Q(closes_at=F("session__starts_at"))
        return self.filter(_LAPSED | moved, state="open")

    def for_answering(self) -> Self:
        """With everything that the pages of a survey show (four queries)."""
        return self.select_related(
            "partnership",
            "policy_version",
            "version__questionnaire",
            "session__course",
            "session__venue",
            "respondent",
            "booking__person",
            "booking__certificate",
        ).prefetch_related("version__questions", "answers__question")


class QuestionnaireQuerySet(models.QuerySet):
    """Questionnaires of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; everybody else meets a questionnaire only when asked to fill one in."""
        questionnaires = self.filter(partnership=actor.partnership)
        return questionnaires if actor.may(Permission.MANAGE_SURVEYS) else questionnaires.none()

    def in_use(self) -> Self:
        """Those that people may be asked to fill in."""
        return self.filter(retired_at__isnull=True)

    def with_uses(self) -> Self:
        """With draft, versions and the courses that are asked about with it (three queries)."""
        return self.select_related("draft").prefetch_related("versions", "course_links__course")


class CertificateQuerySet(models.QuerySet):
    """Certificates of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation's people; a manager those of their own; each own."""
        certificates = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_SURVEYS):
            return certificates
        if actor.person is None:
            return certificates.none()
        seen = Q(booking__person=actor.person)
        if actor.led_organisation_ids:
            seen |= Q(booking__organisation__in=actor.led_organisation_ids)
        if actor.may(Permission.SEE_TEAM):
            seen |= Q(
                booking__person__memberships__line_manager=actor.person,
                booking__person__memberships__ended_on__isnull=True,
            )
        return certificates.filter(seen).distinct()

    def genuine(self) -> Self:
        """Those that were not withdrawn."""
        return self.filter(revoked_at__isnull=True)

    def doubtful(self) -> Self:
        """Genuine ones whose register was changed afterwards: somebody must look at them."""
        return self.genuine().exclude(booking__state="attended")
