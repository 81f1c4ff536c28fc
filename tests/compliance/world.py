"""A small training world with hand-counted figures."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils import timezone

from bookings.models import Booking
from compliance.models import TrainingRecord
from compliance.periods import Period
from compliance.queries.report import PARTS, heading_figures
from courses.models import Requirement, RequirementOption, Session
from partnerships.models import CompetencyGroup, Organisation, Partnership, Person, PolicyVersion
from tests.factories import make_course, make_organisation, make_person, make_session


def report_figures(partnership: Partnership, period: Period, as_of: datetime) -> dict[str, Any]:
    """All figures of one report at once."""
    figures = heading_figures(partnership, period, as_of)
    for _, _, part in PARTS:
        figures |= part(partnership, period, as_of)
    return figures


def need(partnership, title, *courses, group=None, renewed_by=(), **fields) -> Requirement:
    """A requirement of the first group, or of the given one, that any of the courses meets."""
    group = group or CompetencyGroup.objects.filter(partnership=partnership).first()
    fields.setdefault("kind", "required")
    requirement = Requirement.objects.create(partnership=partnership, group=group, title=title, **fields)
    for course in courses:
        RequirementOption.objects.create(partnership=partnership, requirement=requirement, course=course)
    for course in renewed_by:
        RequirementOption.objects.create(
            partnership=partnership, requirement=requirement, course=course, only_renews=True
        )
    return requirement


def hold(partnership: Partnership, course, on: date, **fields) -> Session:
    """A session of three hours on a day."""
    return make_session(
        partnership, course=course, starts_at=datetime(on.year, on.month, on.day, 9, tzinfo=UTC), **fields
    )


def book(session: Session, person: Person, state: str = "attended", **fields) -> Booking:
    """A booking of a person for their first organisation."""
    return Booking.objects.create(
        partnership=person.partnership,
        session=session,
        person=person,
        organisation=person.memberships.first().organisation,
        state=state,
        booked_at=session.starts_at - timedelta(days=30),
        policy_version=PolicyVersion.objects.filter(partnership=person.partnership).first(),
        **fields,
    )


def attend(person: Person, course, on: date, state: str = "attended") -> Booking:
    """One person's booking at a session of their own."""
    return book(hold(person.partnership, course, on), person, state)


def learn_elsewhere(person: Person, on: date, requirement=None, title="In-house course") -> TrainingRecord:
    """Training done elsewhere, on the record."""
    return TrainingRecord.objects.create(
        partnership=person.partnership,
        person=person,
        title=title,
        provider="Wye Valley NHS Trust",
        completed_on=on,
        requirement=requirement,
        recorded_at=timezone.now(),
    )


def two_organisations(partnership: Partnership) -> tuple[Organisation, Organisation]:
    """A surgery and a school."""
    return make_organisation(partnership, name="Surgery"), make_organisation(partnership, name="School")


def busy_quarter(partnership: Partnership) -> None:
    """July to September 2026, counted by hand in ``test_report_figures``."""
    surgery, school = two_organisations(partnership)
    nurses = [make_person(partnership, organisation=surgery, account=False) for _ in range(3)]
    teachers = [make_person(partnership, organisation=school, account=False) for _ in range(3)]
    neglect, rhrt = make_course(partnership, title="Neglect"), make_course(partnership, title="Right Help")
    first = hold(partnership, neglect, date(2026, 7, 1), capacity=10)
    last = hold(partnership, rhrt, date(2026, 9, 30), capacity=5)
    called_off = hold(partnership, rhrt, date(2026, 8, 3), capacity=8, status="cancelled")
    before, after = (
        hold(partnership, neglect, date(2026, 6, 30)),
        hold(partnership, neglect, date(2026, 10, 1)),
    )
    hold(partnership, neglect, date(2026, 8, 4), status="draft")
    for person, state in zip(nurses, ["attended", "attended", "did_not_attend"], strict=True):
        book(first, person, state)
    book(first, teachers[0], "partly_attended")
    book(first, teachers[1], "cancelled", was_late_cancellation=True)
    book(last, teachers[0], "attended")
    book(last, teachers[1], "confirmed")
    book(last, teachers[2], "waiting")
    book(called_off, nurses[0], "cancelled")
    for session in (before, after):
        book(session, nurses[0], "attended")
