"""Which invitations and certificates somebody may see."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When
from django.db.models.functions import Concat

from bookings.querysets import of_the_team
from bookings.states import EXPECTED, MAY_HAVE_COME, BookingState
from courses.models import SessionTrainer
from evaluations.kinds import AFTERWARDS
from partnerships.models import Membership
from partnerships.permissions import Permission

if TYPE_CHECKING:
    from partnerships.actors import Actor


# As the model's ``has_lost_place``, ``is_of_absent`` and ``is_of_no_trainer`` tell of one.
_LOST_PLACE = Q(kind="pre_course") & (
    ~Q(booking__state__in=EXPECTED) | ~Q(booking__session__status="published")
)
_OF_ABSENT = Q(kind__in=AFTERWARDS) & ~Q(booking__state__in=MAY_HAVE_COME)


def _of_no_trainer() -> Q:
    return Q(kind="trainer_feedback") & ~Q(state="answered") & ~_trains()


def _trains() -> Q:
    trainer = SessionTrainer.objects.filter(session=OuterRef("session"), person=OuterRef("respondent"))
    return Q(Exists(trainer))


def _observation_shown_to(actor: "Actor", path: str = "") -> Q:
    """The team sees every observation and an observer their own; once sent, trainers of the session and the group.

    These two where the policy in force when the session began shares observations with them.
    """
    if actor.may(Permission.MANAGE_SURVEYS):
        return Q(**{f"{path}pk__isnull": False})
    if actor.person is None or actor.has_left:
        return Q(pk__in=[])
    sent = Q(**{f"{path}state": "answered"})
    shared = f"{path}policy_version__document__observation__shared_with"
    trained = actor.person.trained_sessions.values("session_id")
    seen = Q(**{f"{path}respondent": actor.person})
    seen |= sent & Q(**{f"{shared}_trainers__value": True, f"{path}session__in": trained})
    if actor.may(Permission.READ_REPORTS):
        seen |= sent & Q(**{f"{shared}_group__value": True})
    return seen


def _asked(actor: "Actor") -> Q:
    """What the actor is asked; whoever has left, as a learner only, no more as manager, trainer or observer."""
    asked = Q(respondent=actor.person)
    return asked & Q(booking__person=actor.person) if actor.has_left else asked


class InvitationQuerySet(models.QuerySet):
    """Invitations of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; everybody else those that they are asked to answer, and no one else's."""
        invitations = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_SURVEYS):
            return invitations
        return invitations.filter(_asked(actor)) if actor.person else invitations.none()

    def of(self, actor: "Actor") -> Self:
        """Those that the actor is asked to answer."""
        return self.filter(_asked(actor), partnership=actor.partnership)

    def to_answer(self) -> Self:
        """Those still waiting for answers of whoever was asked; dip-sample interviews wait for nobody."""
        lapsed = _LOST_PLACE | _OF_ABSENT | _of_no_trainer()
        return self.filter(state="open").exclude(lapsed).exclude(kind="dip_sample")

    def missed(self, now: datetime) -> Self:
        """Those of people who were there and can't answer any more: the time is over, or somebody said that they left.

        Without those of which the team has still to settle what was said.
        """
        over = Q(state="open", closes_at__lte=now) | Q(state="closed", closed_because__in=["", "left"])
        there = Q(kind__in=AFTERWARDS, booking__state=BookingState.ATTENDED) | Q(kind="observation")
        there |= Q(kind="trainer_feedback") & _trains()
        return self.filter(over & there, forgotten_at__isnull=True).exclude(notices__outcome="")

    def that_count(self) -> Self:
        """Those of people who could have answered, and came; whoever lost the place before the course could not."""
        return self.exclude(closed_because="no_place").exclude(_OF_ABSENT | _of_no_trainer())

    def that_count_for_others(self) -> Self:
        """The same for others than the team: what they have seen counted stays, whatever the register says by now."""
        left_out = _OF_ABSENT & Q(counted_at__isnull=True) | _of_no_trainer()
        return self.exclude(closed_because="no_place").exclude(left_out)

    def that_count_for(self, *, team: bool) -> Self:
        """Those that count in what the team reads, or what others read."""
        return self.that_count() if team else self.that_count_for_others()

    def astray(self) -> Self:
        """Pre-course questionnaires still open whose booking has no place any more, or whose day is another by now.

        The session was moved, or the booking to another session.
        """
        same_day = Q(session_id=F("booking__session_id"), closes_at=F("booking__session__starts_at"))
        return self.filter(_LOST_PLACE | Q(kind="pre_course") & ~same_day, state="open")

    def observations_shown_to(self, actor: "Actor") -> Self:
        """Observations that somebody may read: whole, not figures."""
        return self.filter(_observation_shown_to(actor), partnership=actor.partnership, kind="observation")

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


def _owner_has_left() -> Q:
    live = Membership.objects.live().filter(person=OuterRef("owner"))
    return Q(owner__isnull=False) & ~Q(Exists(live))


class ObservationActionQuerySet(models.QuerySet):
    """Actions agreed after observations."""

    def visible_to(self, actor: "Actor") -> Self:
        """Whoever sees the observation, and whoever is to do it, unless they have left."""
        seen = _observation_shown_to(actor, "observation__")
        if actor.person is not None and not actor.has_left:
            seen |= Q(owner=actor.person)
        return self.filter(seen, partnership=actor.partnership)

    def with_owner_shown_to(self, actor: "Actor") -> Self:
        """With ``who`` does it, and ``owner_has_left``, which ``who`` says too.

        The observer's name stands beside what was seen for the team and the observer alone.
        """
        cases = [When(owner=None, then=Value("The partnership team"))]
        if not actor.may(Permission.MANAGE_SURVEYS):
            observer = Q(owner=F("observation__respondent"))
            if actor.person is not None:
                observer &= ~Q(owner=actor.person)
            cases.append(When(observer, then=Value("The observer")))
        cases.append(When(owner_has_left=True, then=Concat("owner__name", Value(" (has left)"))))
        who = Case(*cases, default=F("owner__name"), output_field=models.CharField())
        return self.annotate(owner_has_left=_owner_has_left()).annotate(who=who)

    def open(self) -> Self:
        """Those not done yet."""
        return self.filter(done_at__isnull=True)

    def due(self, today: date) -> Self:
        """Those whose day has come, also long ago, with ``owner_has_left``."""
        return self.open().filter(due_on__lte=today).annotate(owner_has_left=_owner_has_left())

    def overdue(self, today: date) -> Self:
        """Those that should have been done before today."""
        return self.open().filter(due_on__lt=today)


class SingleAgencyAuditQuerySet(models.QuerySet):
    """Audits of organisations' own training."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all, a lead those of the organisations that they lead; nobody else any."""
        audits = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_SURVEYS):
            return audits
        return audits.filter(organisation__in=actor.led_organisation_ids)

    def open(self) -> Self:
        """Those that wait for answers."""
        return self.filter(state="open")

    def not_withdrawn(self) -> Self:
        """Those that were meant."""
        return self.exclude(state="withdrawn")

    def for_answering(self) -> Self:
        """With everything that their pages show (three queries)."""
        return self.select_related(
            "partnership",
            "organisation",
            "policy_version",
            "version__questionnaire",
            "asked_by",
            "answered_by",
        ).prefetch_related("version__questions", "answers__question")


class ConcernQuerySet(models.QuerySet):
    """Concerns about courses."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team alone: what gave cause may be somebody's own words."""
        concerns = self.filter(partnership=actor.partnership)
        return concerns if actor.may(Permission.MANAGE_SURVEYS) else concerns.none()

    def open(self) -> Self:
        """Those for which it isn't said yet what was done."""
        return self.filter(settled_at__isnull=True)


class DipSampleQuerySet(models.QuerySet):
    """Draws of people to ring."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team alone: who was drawn is confidential."""
        samples = self.filter(partnership=actor.partnership)
        return samples if actor.may(Permission.MANAGE_SURVEYS) else samples.none()


class DipContactQuerySet(models.QuerySet):
    """People to ring."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team alone."""
        contacts = self.filter(partnership=actor.partnership)
        return contacts if actor.may(Permission.MANAGE_SURVEYS) else contacts.none()


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


class ThemeQuerySet(models.QuerySet):
    """Themes of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team alone works with them."""
        themes = self.filter(partnership=actor.partnership)
        return themes if actor.may(Permission.MANAGE_SURVEYS) else themes.none()

    def offered(self) -> Self:
        """Those that answers can be tagged with."""
        return self.filter(retired_at__isnull=True)


class CertificateQuerySet(models.QuerySet):
    """Certificates of one partnership."""

    def visible_to(self, actor: "Actor") -> Self:
        """The team sees all; a lead those of the organisation; a manager those of their people there; each own."""
        certificates = self.filter(partnership=actor.partnership)
        if actor.may(Permission.MANAGE_SURVEYS):
            return certificates
        if actor.person is None:
            return certificates.none()
        seen = Q(booking__person=actor.person)
        if actor.led_organisation_ids:
            seen |= Q(booking__organisation__in=actor.led_organisation_ids)
        if actor.may(Permission.SEE_TEAM):
            seen |= of_the_team(actor, "booking__")
        return certificates.filter(seen)

    def for_badge(self) -> Self:
        """With everything that a badge tells (one query)."""
        return self.select_related(
            "partnership", "policy_version", "booking__person", "booking__session__course"
        )

    def genuine(self) -> Self:
        """Those that are not revoked."""
        return self.filter(revoked_at__isnull=True)

    def doubtful(self) -> Self:
        """Genuine ones whose register was changed afterwards: somebody must look at them."""
        return self.genuine().exclude(booking__state="attended")
