"""What organisations owe in the demonstration: charges of the past, two waived, all months but the last sent."""

import datetime as dt

from bookings.charges.queries import months_to_close
from bookings.models import Booking, Charge
from bookings.models.booking import TO_CHARGE
from bookings.services.batches import close_month, draw_statements
from bookings.services.charges import charge_session
from bookings.services.waivers import credit_charge, waive_charge
from courses.models import Agreement, Course, Session, SessionDate, Venue
from courses.plans import booking_deadline
from partnership_portal.working_days import add_months, add_working_days, uk_date, uk_moment
from partnerships.actors import Actor, actor_of, system
from partnerships.models import Organisation, Partnership, Person
from partnerships.policy import ChargeKind
from partnerships.tenancy import acting_in

_COST = 18_000
_AGREED = "Agreed with the organisation: the session was opened to others on the day"


def charge_for_the_past(partnership: Partnership, now: dt.datetime) -> None:
    """Raise what the past sessions owe as if the job had run after each; close every month but the last."""
    with acting_in(partnership):
        if Charge.objects.filter(partnership=partnership).exists():
            return
        _own_sessions(partnership, now)
        _cost_codes(partnership)
        sessions = Session.objects.filter(partnership=partnership, ends_at__lte=now)
        due = Booking.objects.filter(TO_CHARGE, partnership=partnership).values("session")
        owing = sessions.filter(pk__in=due) | sessions.filter(single_agency_for__isnull=False)
        actor = system(partnership, "raise charges")
        for session in owing.order_by("ends_at", "pk"):
            charge_session(actor=actor, session=session, now=min(now, session.ends_at + dt.timedelta(days=1)))
        team = _team(partnership)
        _waive_some(partnership, team)
        batches = []
        while months := months_to_close(partnership, uk_date(now))[1:]:
            batches.append(close_month(actor=team, month=months[-1]))
        _credit_one(partnership, team)
    for batch in batches:
        draw_statements(actor=system(partnership, "draw statements"), batch_id=batch.pk)


def _team(partnership: Partnership) -> Actor:
    person = Person.objects.get(partnership=partnership, email_key=f"team@{partnership.slug}.example")
    return actor_of(person.user, partnership)


def _cost_codes(partnership: Partnership) -> None:
    for number, organisation in enumerate(
        Organisation.objects.filter(partnership=partnership, is_active=True)
    ):
        if number % 3 == 0:
            organisation.purchase_order = f"TRG-{4100 + number}"
            organisation.save(update_fields=["purchase_order"])


def _waive_some(partnership: Partnership, team: Actor) -> None:
    own = {one.organisation_id for one in team.memberships}
    open_ = Charge.objects.filter(partnership=partnership, state=Charge.State.OPEN)
    for charge, reason in zip(
        open_.exclude(organisation__in=own).order_by("raised_on", "pk")[1:12:6],
        ("Flooded roads on the day", "Agreed with the Board Manager: small training budget"),
        strict=False,
    ):
        waive_charge(actor=team, charge=charge, reason=reason)


def _credit_one(partnership: Partnership, team: Actor) -> None:
    own = {one.organisation_id for one in team.memberships}
    sent = Charge.objects.filter(partnership=partnership, state=Charge.State.BATCHED).exclude(
        organisation__in=own
    )
    charge = sent.order_by("-raised_on", "-pk").first()
    if charge is not None:
        came_after_all = charge.kind == ChargeKind.NON_ATTENDANCE
        reason = "The sign-in sheet shows that the person came after all" if came_after_all else _AGREED
        credit_charge(actor=team, charge=charge, reason=reason)


def _own_sessions(partnership: Partnership, now: dt.datetime) -> None:
    """Where single-agency use is charged: an agreement, a session held under it, one opened to all, one to come."""
    rules = partnership.policy().charging.rules
    if not any(rule.kind is ChargeKind.SINGLE_AGENCY_USE for rule in rules):
        return
    today = uk_date(now)
    # Not the stopgap of walk-ins, which is nobody’s.
    organisation = Organisation.objects.filter(partnership=partnership, is_active=True).order_by("pk").last()
    courses = Course.objects.filter(partnership=partnership, status="published", days=1, hours__gt=0)
    course, of_priority = courses.first(), courses.filter(priority__isnull=False).first()
    if organisation is None or course is None:
        return
    Agreement.objects.create(
        partnership=partnership,
        organisation=organisation,
        starts_on=add_months(today.replace(day=1), -9),
        terms="May book its own staff on its own sessions here. Pays for each session; nothing for those that it "
        "opens to other agencies within the priorities.",
    )
    _own_session(partnership, organisation, course, add_working_days(today, -45))
    _own_session(partnership, organisation, course, add_working_days(today, 20))
    if of_priority is not None:
        _own_session(partnership, organisation, of_priority, add_working_days(today, 27), opened=True)


def _own_session(
    partnership: Partnership,
    organisation: Organisation,
    course: Course,
    day: dt.date,
    *,
    opened: bool = False,
) -> None:
    start, end = uk_moment(day, dt.time(13)), uk_moment(day, dt.time(16))
    session = Session.objects.create(
        partnership=partnership,
        course=course,
        status=Session.Status.PUBLISHED,
        venue=Venue.objects.filter(partnership=partnership).first(),
        capacity=16,
        starts_at=start,
        ends_at=end,
        booking_closes_at=booking_deadline(start, partnership.policy(start)),
        cost_pence=_COST,
        single_agency_for=organisation,
        opened_to_others=opened,
    )
    SessionDate.objects.create(partnership=partnership, session=session, starts_at=start, ends_at=end)
