"""Reconciliation: a meeting report is read, a person settles who is who, and the marks go into the register."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models.functions import Greatest
from django.utils import timezone

from bookings.meeting_reports.matching import Candidate, Finding, find
from bookings.meeting_reports.reading import read_report
from bookings.meeting_reports.report import MeetingReport
from bookings.models import Attendance, Booking, ReportedMeeting, ReportedPerson
from bookings.reconciliation_desk import LEAVE, Desk, desk_of, register_of
from bookings.services.locks import locked_session
from bookings.services.marks import IN_PART, Mark
from bookings.services.register import check_register, mark_attendance, may_mark, on_the_day
from bookings.services.walk_ins import Newcomer, add_walk_in
from courses.models import SessionDate, SessionTrainer
from partnership_portal.working_days import UK
from partnerships import audit
from partnerships.actors import Actor, system
from partnerships.errors import DomainError
from partnerships.jobs import one_by_one
from partnerships.models import Partnership, Person
from partnerships.permissions import Permission, require
from partnerships.tenancy import acting_in

# Long enough to answer whoever says that they were there.
KEPT_FOR = timedelta(days=30)
CLOCKS: dict[str, tzinfo] = {"uk": UK, "utc": UTC}


def add_report(
    *, actor: Actor, session_date: SessionDate, content: bytes, clock: str = "uk"
) -> tuple[ReportedMeeting, bool]:
    """Read a meeting report about a date; gives it, and whether it is new: the same file leads back to the first.

    Settles nothing that is not sure. Several reports of one date, as when the meeting was started again, are added
    together. Locks the session.
    """
    require(actor, Permission.MARK_REGISTER)
    digest = hashlib.sha256(content).hexdigest()
    with transaction.atomic():
        date = _locked(actor, session_date)
        known = date.reported_meetings.filter(partnership=actor.partnership, digest=digest).first()
        if known is not None:
            return known, False
        read = read_report(
            content, starts_at=date.starts_at, ends_at=date.ends_at, clock=CLOCKS.get(clock, UK)
        )
        report = ReportedMeeting.objects.create(
            partnership=actor.partnership,
            session_date=date,
            digest=digest,
            format=read.format,
            title=read.title,
            started_at=read.started,
            ended_at=read.ended,
            notes=list(read.notes),
            uploaded_by=actor.person,
            uploaded_at=timezone.now(),
        )
        findings = _findings(actor, date, read)
        ReportedPerson.objects.bulk_create(_person(report, finding) for finding in findings)
        counts = {"entries": len(findings), "matched": sum(one.booking is not None for one in findings)}
        audit.record(actor, "bookings.add_report", report, after={"format": report.format, **counts})
    return report, True


def decide_who(*, actor: Actor, session_date: SessionDate, choices: Mapping[int, int | None]) -> int:
    """Say who the entries of a date's reports are: an entry's key to a booking's, or to nobody on the register.

    Gives how many are new or changed. Entries that are not named stay as they are. Locks the session.
    """
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        date = _locked(actor, session_date)
        people = list(
            ReportedPerson.objects.filter(
                partnership=actor.partnership, report__session_date=date, pk__in=choices
            )
        )
        on_register = {booking.pk for booking in register_of(actor.partnership, date)}
        if len(people) != len(choices):
            raise DomainError("A report was removed meanwhile. Open the page again.")
        if not {key for key in choices.values() if key is not None} <= on_register:
            raise DomainError("Somebody on this register no longer has a place. Open the page again.")
        changed = [one for one in people if one.is_open or one.booking_id != choices[one.pk]]
        now = timezone.now()
        for one in changed:
            one.booking_id, one.decided_by, one.decided_at = choices[one.pk], actor.person, now
        ReportedPerson.objects.bulk_update(changed, ["booking", "decided_by", "decided_at"])
        if changed:
            decided = {str(one.pk): one.booking_id for one in changed}
            audit.record(actor, "bookings.decide_who", date, after={"bookings": decided})
    return len(changed)


def book_reported(
    *,
    actor: Actor,
    session_date: SessionDate,
    entry: ReportedPerson,
    newcomer: Newcomer,
    key: UUID,
    make_room: bool = False,
) -> Booking:
    """Book somebody whom a report names and who had no booking, and say that the entry is theirs.

    Their mark comes with everybody's (``confirm_marks``), from how long they were there. Locks as ``add_walk_in`` does.
    """
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        booking = add_walk_in(
            actor=actor,
            session_date=session_date,
            newcomer=newcomer,
            key=key,
            make_room=make_room,
            is_present=False,
        )
        decide_who(actor=actor, session_date=session_date, choices={entry.pk: booking.pk})
    return booking


def confirm_marks(*, actor: Actor, session_date: SessionDate, marks: Mapping[int, str]) -> int:
    """Put the marks into the register, booking's key to "present", "in part", "absent" or "leave"; gives how many.

    Refused while an entry is open, or where somebody on the register has no mark here. Locks the session.
    """
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        date = _locked(actor, session_date)
        desk = desk_of(actor.partnership, date)
        _check_all_settled(desk, marks)
        places = {place.booking.pk: place for place in desk.places if marks[place.booking.pk] != LEAVE}
        changed = mark_attendance(
            actor=actor,
            session_date=date,
            marks={key: Mark.PRESENT if marks[key] == IN_PART else marks[key] for key in places},
            times={
                key: place.span if marks[key] == IN_PART else (None, None) for key, place in places.items()
            },
            how=Attendance.How.REPORT,
        )
        now = timezone.now()
        for report in desk.reports:
            report.confirmed_by, report.confirmed_at = actor.person, now
            report.save(update_fields=["confirmed_by", "confirmed_at"])
        after = {"reports": [report.pk for report in desk.reports], "marks": changed}
        audit.record(actor, "bookings.confirm_marks", date, after=after)
    return changed


def remove_report(*, actor: Actor, report: ReportedMeeting) -> None:
    """Take a report away with all its names, as when it was the wrong file; the register stays as it is."""
    require(actor, Permission.MARK_REGISTER)
    with transaction.atomic():
        _locked(actor, report.session_date)
        found = ReportedMeeting.objects.filter(partnership=actor.partnership, pk=report.pk).first()
        if found is None:
            return
        audit.record(actor, "bookings.remove_report", found, before={"session_date": found.session_date_id})
        found.delete()


def forget_reports(partnership: Partnership, now: datetime) -> None:
    """Job: delete the names of meeting reports thirty days after the date, or after adding them where that was later.

    What was confirmed is in the register; of the report remains that this file was used. What was never confirmed
    goes altogether. May run any number of times.
    """
    with acting_in(partnership):
        due = ReportedMeeting.objects.filter(partnership=partnership, forgotten_at__isnull=True)
        due = due.annotate(last=Greatest("session_date__ends_at", "uploaded_at")).filter(
            last__lte=now - KEPT_FOR
        )
        reports = list(due)
    one_by_one(partnership, (partial(_forget, partnership, report, now) for report in reports))


def _forget(partnership: Partnership, report: ReportedMeeting, now: datetime) -> None:
    # Read again under its lock: it may have been confirmed, removed or forgotten since it was found.
    left = ReportedMeeting.objects.filter(partnership=partnership, pk=report.pk, forgotten_at__isnull=True)
    found = left.select_for_update().first()
    if found is None:
        return
    report = found
    audit.record(system(partnership, "forget reports"), "bookings.forget_report", report)
    if report.confirmed_at is None:
        report.delete()
        return
    report.people.filter(partnership=partnership).delete()
    report.title, report.notes, report.forgotten_at = "", [], now
    report.save(update_fields=["title", "notes", "forgotten_at"])


def _locked(actor: Actor, session_date: SessionDate) -> SessionDate:
    """The date as it is now that nobody can change it, for those who may mark it."""
    session = locked_session(actor, session_date.session)
    date = on_the_day(session, session_date)
    date.session = session
    if not may_mark(actor, session):
        raise PermissionDenied("You can reconcile the sessions that you train.")
    check_register(session, date, timezone.now())
    return date


def _findings(actor: Actor, date: SessionDate, read: MeetingReport) -> list[Finding]:
    booked = [
        Candidate(one.pk, one.person.name, one.person.email) for one in register_of(actor.partnership, date)
    ]
    links = SessionTrainer.objects.filter(partnership=actor.partnership, session=date.session_id)
    trainers = [
        Candidate(one.person.pk, one.person.name, one.person.email) for one in links.select_related("person")
    ]
    addresses = {one.email for one in read.attendees if one.email}
    known = Person.objects.filter(partnership=actor.partnership, email_key__in=addresses)
    elsewhere = frozenset(known.values_list("email_key", flat=True))
    return find(read.attendees, booked=booked, trainers=trainers, elsewhere=elsewhere)


def _person(report: ReportedMeeting, finding: Finding) -> ReportedPerson:
    attendee = finding.attendee
    return ReportedPerson(
        partnership_id=report.partnership_id,
        report=report,
        name=attendee.name,
        email=attendee.email,
        is_host=attendee.is_host,
        times=attendee.times,
        match=finding.match,
        why=finding.why[:300],
        suggestions=list(finding.candidates),
        booking_id=finding.booking,
    )


def _check_all_settled(desk: Desk, marks: Mapping[int, str]) -> None:
    if not desk.reports:
        raise DomainError("There is no meeting report for this date. Add one first.")
    if desk.still_open:
        raise DomainError("Say first who the people are whose match is only probable.")
    allowed = {place.booking.pk: {value for value, _ in place.choices if value} for place in desk.places}
    if set(marks) != set(allowed):
        raise DomainError("The register has changed meanwhile. Check the marks again.")
    if any(mark not in allowed[key] for key, mark in marks.items()):
        raise DomainError("Choose a mark for each person.")
