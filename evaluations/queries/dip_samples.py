"""From whom a dip sample is drawn, whom to ring, and whether a draw comes out the same again."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils import timezone

from bookings.models import Booking
from bookings.states import BookingState
from courses.models import Session
from evaluations.drawing import Frame, draw, fingerprint, in_order, shares
from evaluations.models import DipAttempt, DipContact, DipSample, Invitation
from evaluations.periods import kept_until
from partnership_portal.working_days import uk_date, uk_moment
from partnerships.actors import Actor
from partnerships.models import Membership, Partnership
from partnerships.services.policies import version_in_force

if TYPE_CHECKING:
    from evaluations.services.dip_samples import Draw

_NO_LEVEL = "No group or level"


@dataclass(frozen=True)
class ToRing:
    """One person of a call sheet: who, about what, by which number or address, and how it stands."""

    contact: DipContact
    name: str
    phone: str
    email: str
    attempts: list[DipAttempt]

    @property
    def standing(self) -> str:
        """How far it has come."""
        interview = self.contact.interview
        if interview is not None and interview.state == Invitation.State.ANSWERED:
            return "interviewed"
        return self.attempts[0].outcome if self.attempts else "to_ring"

    @property
    def words(self) -> str:
        """How far it has come, in words."""
        fixed = {"interviewed": "Interviewed", "to_ring": "To ring"}
        return fixed.get(self.standing) or self.attempts[0].get_outcome_display()

    def is_due(self, now: datetime) -> bool:
        """Tell whether somebody was promised a call by today."""
        last = self.attempts[0] if self.attempts else None
        at = last.call_back_at if last is not None and self.standing == "call_back" else None
        return at is not None and uk_date(at) <= uk_date(now)


@dataclass(frozen=True)
class Stratum:
    """A stratum of a draw: of how many how many were drawn."""

    label: str
    size: int
    drawn: int


def frame_of(partnership: Partnership, wanted: "Draw") -> Frame:
    """Everybody who attended in the period, once, by the session that they came to last.

    Sessions about which answers are kept no longer are left out: what somebody said would be deleted the same night.
    (Two queries.)
    """
    attended = Booking.objects.filter(
        partnership=partnership,
        state=BookingState.ATTENDED,
        session__ends_at__gte=uk_moment(wanted.starts_on, time.min),
        session__ends_at__lt=uk_moment(wanted.ends_on + timedelta(days=1), time.min),
    )
    if wanted.courses:
        attended = attended.filter(session__course__in=wanted.courses)
    if wanted.priorities:
        attended = attended.filter(session__course__priority__in=wanted.priorities)
    latest: dict[int, Booking] = {}
    rows = list(
        attended.select_related("session__course", "organisation__sector").order_by(
            "-session__ends_at", "-pk"
        )
    )
    kept = with_answers_kept(partnership, {one.session_id: one.session for one in rows}, timezone.now())
    for booking in rows:
        if booking.session_id not in kept:
            continue
        latest.setdefault(booking.person_id, booking)
    labels = _labels(latest.values(), wanted.strata)
    strata: dict[str, list[int]] = {}
    for booking in latest.values():
        strata.setdefault(labels[booking.pk], []).append(booking.pk)
    return in_order(strata.items())


def with_answers_kept(partnership: Partnership, sessions: dict[int, Session], now: datetime) -> set[int]:
    """About which of these sessions answers would still be kept, as ``forget_answers`` asks it (one query)."""
    promised = {pk: {version_in_force(partnership, one.starts_at).pk} for pk, one in sessions.items()}
    asked = Invitation.objects.filter(partnership=partnership, session__in=sessions).order_by()
    gone = set()
    for pk, version, forgotten in asked.values_list("session", "policy_version").annotate(
        forgotten=Count("forgotten_at")
    ):
        promised[pk].add(version)
        if forgotten:
            gone.add(pk)
    versions = {one.pk: one for one in partnership.policy_versions}
    return {
        pk
        for pk, session in sessions.items()
        if pk not in gone
        and all(
            kept_until(Invitation(session=session, policy_version=versions[one])) > now
            for one in promised[pk]
        )
    }


def strata_of(sample: DipSample) -> list[Stratum]:
    """Of how many people of each stratum how many were drawn."""
    sizes = [len(ids) for _, ids in sample.frame]
    drawn = shares(sizes, sample.size)
    labels = [label or "Everybody" for label, _ in sample.frame]
    return [Stratum(*one) for one in zip(labels, sizes, drawn, strict=True)]


def comes_out_the_same(sample: DipSample) -> bool:
    """Draw again from the frame that was kept, by the seed that was kept, and compare with who is on the sheet."""
    frame = [(label, ids) for label, ids in sample.frame]
    again = [pk for _, ids in draw(frame, sample.size, sample.seed) for pk in ids]
    learners = sample.contacts.filter(role=DipContact.Role.LEARNER).order_by("position")
    kept = list(learners.values_list("booking_id", flat=True))
    return again == kept and fingerprint(frame) == sample.frame_hash


def samples(actor: Actor) -> QuerySet[DipSample]:
    """Every draw, the newest first, with how many were interviewed."""
    done = Q(contacts__interview__state=Invitation.State.ANSWERED)
    return (
        DipSample.objects.visible_to(actor)
        .select_related("drawn_by")
        .annotate(to_ring=Count("contacts"), interviewed=Count("contacts", filter=done))
        .defer("frame")
    )


def alike(sample: DipSample) -> QuerySet[DipSample]:
    """Other draws from some of the same days: who sees one sees that there were more."""
    same_days = {"starts_on__lte": sample.ends_on, "ends_on__gte": sample.starts_on}
    others = DipSample.objects.filter(partnership=sample.partnership_id, **same_days).exclude(pk=sample.pk)
    return others.defer("frame").order_by("drawn_at")


def call_sheet(contacts: QuerySet[DipContact]) -> list[ToRing]:
    """Whom to ring, in the order of the draw: each learner, then the line manager (three queries)."""
    found = list(
        contacts.select_related(
            "sample",
            "interview",
            "booking__person",
            "booking__organisation",
            "booking__session__course",
        )
        .prefetch_related(Prefetch("attempts", DipAttempt.objects.select_related("by")))
        .order_by("position", "role")
    )
    places = _places([one.booking for one in found])
    return [_to_ring(one, places) for one in found]


def call_backs_due(actor: Actor, now: datetime) -> QuerySet[DipContact]:
    """Whom the team promised to ring again by today, and has not talked to since."""
    last = DipAttempt.objects.filter(contact=OuterRef("pk")).order_by("-at", "-pk")
    return (
        DipContact.objects.visible_to(actor)
        .exclude(interview__state=Invitation.State.ANSWERED)
        .annotate(call_back_at=Subquery(last.values("call_back_at")[:1]))
        .filter(call_back_at__lt=uk_moment(uk_date(now) + timedelta(days=1), time.min))
        .order_by("call_back_at", "pk")
    )


def promised(actor: Actor, contacts: QuerySet[DipContact], now: datetime) -> list[ToRing]:
    """Those with their names and numbers, whoever was promised the earliest first (three queries)."""
    return sorted(call_sheet(contacts), key=lambda one: (one.attempts[0].call_back_at, one.contact.pk))


def name_of(contact: DipContact) -> str:
    """Whom the interview is with."""
    return _to_ring(contact, _places([contact.booking])).name


def _to_ring(contact: DipContact, places: dict[tuple[int, int], Membership]) -> ToRing:
    booking = contact.booking
    attempts = list(contact.attempts.all())
    if contact.role == DipContact.Role.LEARNER:
        person = booking.person
        return ToRing(contact, person.name, person.phone, person.email, attempts)
    place = places.get((booking.person_id, booking.organisation_id))
    manager = place.line_manager if place else None
    if manager is not None:
        return ToRing(contact, manager.name, manager.phone, manager.email, attempts)
    name = place.line_manager_name if place else ""
    email = place.line_manager_email if place else ""
    return ToRing(contact, name or email or f"Line manager of {booking.person.name}", "", email, attempts)


def _places(bookings: Iterable[Booking]) -> dict[tuple[int, int], Membership]:
    """The newest membership of each person at the organisation that they came from."""
    memberships = (
        Membership.objects.filter(person__in={one.person_id for one in bookings})
        .select_related("line_manager", "competency_group")
        .order_by("started_on", "pk")
    )
    return {(one.person_id, one.organisation_id): one for one in memberships}


def _labels(bookings: Iterable[Booking], strata: str) -> dict[int, str]:
    bookings = list(bookings)
    match strata:
        case DipSample.Strata.COURSE:
            return {one.pk: one.session.course.title for one in bookings}
        case DipSample.Strata.SECTOR:
            return {one.pk: one.organisation.sector.name for one in bookings}
        case DipSample.Strata.LEVEL:
            places = _places(bookings)
            found = {one.pk: places.get((one.person_id, one.organisation_id)) for one in bookings}
            return {
                pk: place.competency_group.title if place and place.competency_group else _NO_LEVEL
                for pk, place in found.items()
            }
        case _:
            return {one.pk: "" for one in bookings}
