"""Fills one partnership with people, sessions and history to try, once."""

import datetime as dt
from pathlib import Path
from random import Random

from django.db import connection
from django.db.models import F
from django.utils import timezone

from bookings.audience import outside_audience
from bookings.models import Booking
from bookings.services.places import Told, book_place
from bookings.services.prerequisites import EarlierTraining, asks_earlier_training
from bookings.services.trainers import take_trainers_as_told
from compliance.models import Report, TrainingRecord
from compliance.services.reports import build_report, publish_report, request_report
from courses.models import Requirement, Session
from evaluations.services.counting import close_counts, count_answers
from notifications.models import Message
from partnership_portal.demo.answering import answer_otherwise
from partnership_portal.demo.assurance import assure_quality
from partnership_portal.demo.audits import ask_about_own_training
from partnership_portal.demo.before import OWN_TRAINING, ask_beforehand, do_what_comes_before, write_tasks
from partnership_portal.demo.cast import OPERATOR, PARTS
from partnership_portal.demo.changes import change_sessions
from partnership_portal.demo.charges import charge_for_the_past
from partnership_portal.demo.desk import fill_the_desk
from partnership_portal.demo.door import let_walk_ins_in
from partnership_portal.demo.exemptions import exempt_by_strategy
from partnership_portal.demo.group import book_for_colleagues
from partnership_portal.demo.history import Historian
from partnership_portal.demo.online import hold_online_session
from partnership_portal.demo.own_words import make_something_of_their_words
from partnership_portal.demo.people import People, account, make_people
from partnership_portal.demo.programme import Planner
from partnership_portal.demo.questionnaires import write_own_questionnaire
from partnership_portal.demo.school_holidays import write_school_holidays
from partnership_portal.onboarding.loading import load_profile
from partnership_portal.working_days import add_months, add_working_days, quarter_of, uk_date, uk_moment
from partnerships.actors import actor_of, system
from partnerships.models import Meeting, Partnership, Person, SubGroup
from partnerships.tenancy import acting_in


def load_operator() -> None:
    """The platform operator's account."""
    account(OPERATOR, "Olive Operator", is_staff=True, is_superuser=True)


def load(file: Path, now: dt.datetime | None = None) -> bool:
    """Load one partnership and its people; says whether there was anything to do.

    Everything but the report is written in one transaction: whoever is stopped in between begins anew.
    """
    now = now or timezone.now()
    partnership = Partnership.objects.filter(slug=file.stem).first()
    if partnership is not None and _is_loaded(partnership):
        return False
    partnership = load_profile(path=file).partnership
    with acting_in(partnership):
        _fill(partnership, now)
    with connection.cursor() as cursor:
        # So much at once leaves the planner with wrong guesses until the database has looked again by itself.
        cursor.execute("ANALYZE")
    _book_for_practitioner(partnership, now)
    _ask_before_the_next_course(partnership, now)
    let_walk_ins_in(partnership)
    hold_online_session(partnership, now)
    change_sessions(system(partnership, "demonstration"), now)
    fill_the_desk(partnership, now)
    answer_otherwise(partnership)
    book_for_colleagues(partnership)
    charge_for_the_past(partnership, now)
    write_own_questionnaire(partnership)
    assure_quality(partnership, now)
    ask_about_own_training(partnership, now)
    make_something_of_their_words(partnership)
    # As the jobs would have in the meantime, so that the report has something to say.
    count_answers(partnership, now)
    close_counts(partnership, now)
    _publish_last_quarter(partnership, now)
    return True


def _is_loaded(partnership: Partnership) -> bool:
    with acting_in(partnership):
        return Report.objects.filter(partnership=partnership, state=Report.State.PUBLISHED).exists()


def _fill(partnership: Partnership, now: dt.datetime) -> None:
    if Person.objects.filter(partnership=partnership, email_key=PARTS[0].email(partnership.slug)).exists():
        return
    random = Random(partnership.slug)  # noqa: S311 - the same people each time, not a secret
    people = make_people(partnership, random)
    programme = Planner(partnership, people, random, uk_date(now)).programme()
    Historian(partnership, people, random, now).write(programme)
    write_tasks(system(partnership, "demonstration"))
    do_what_comes_before(partnership, random, now)
    _records(partnership, people, random, uk_date(now))
    exempt_by_strategy(partnership, people)
    _meetings(partnership, uk_date(now))
    write_school_holidays(partnership, uk_date(now))
    take_trainers_as_told(actor=system(partnership, "demonstration"))
    # Messages about the past were sent in the past: none of them may go out now.
    Message.objects.filter(partnership=partnership, state=Message.State.QUEUED).update(
        state=Message.State.SENT, sent_at=now
    )


def _records(partnership: Partnership, people: People, random: Random, today: dt.date) -> None:
    """Training done elsewhere: some in time, some lapsing soon, some lapsed; whoever has none lacks it."""
    required = Requirement.objects.filter(partnership=partnership, kind=Requirement.Kind.REQUIRED)
    outside = [one for one in required.with_courses() if one.accepts_equivalent or not one.courses]
    rows = []
    for place in people.memberships:
        own = place.person_id == people.parts["practitioner"].pk
        exemplary = place.person_id in {
            people.parts[key].pk for key in ("chair", "member", "observer", "team")
        }
        for number, requirement in enumerate(outside):
            elsewhere = requirement.group_id != place.competency_group_id
            if elsewhere and not exemplary and random.random() < 0.7:
                continue
            months = 40 if own and number % 2 else random.choice((3, 8, 14, 20, 34, 35, 41, 50))
            months = 10 if exemplary else months
            if own or exemplary or random.random() < 0.75:
                rows.append(
                    TrainingRecord(
                        partnership=partnership,
                        person=place.person,
                        title=requirement.title,
                        provider=place.organisation.name,
                        completed_on=add_months(today, -months),
                        hours=2,
                        requirement=requirement,
                        recorded_by=people.parts["team"],
                        recorded_at=timezone.now(),
                    )
                )
    TrainingRecord.objects.bulk_create(rows, ignore_conflicts=True)


def _meetings(partnership: Partnership, today: dt.date) -> None:
    for subgroup in SubGroup.objects.filter(partnership=partnership):
        for months in (-3, 0, 3, 6):
            day = add_working_days(add_months(today, months) + dt.timedelta(days=16), 0)
            Meeting.objects.get_or_create(
                partnership=partnership,
                subgroup=subgroup,
                starts_at=uk_moment(day, dt.time(10)),
                defaults={"place": "Civic Centre and online", "papers_due_on": add_working_days(day, -5)},
            )


def _book_for_practitioner(partnership: Partnership, now: dt.datetime) -> None:
    """Book a place as the practitioner would, so that the first message is in the mailbox."""
    with acting_in(partnership):
        email = PARTS[0].email(partnership.slug)
        actor = actor_of(Person.objects.get(partnership=partnership, email_key=email).user, partnership)
        coming = (
            Session.objects.visible_to(actor)
            .coming(now)
            .filter(booking_closes_at__gt=now + dt.timedelta(days=6))
        )
        place = actor.memberships[0]
        free = coming.exclude(bookings__person=actor.person).filter(places_taken__lt=F("capacity"))
        session = next((one for one in free if not outside_audience(one.course, place)), None)
        if session is not None and not Booking.objects.of(actor).filter(session__starts_at__gt=now).exists():
            earlier = EarlierTraining(OWN_TRAINING, uk_date(now) - dt.timedelta(days=200))
            book_place(
                actor=actor,
                session=session,
                person=actor.person,
                organisation=place.organisation,
                told=Told(earlier=earlier)
                if asks_earlier_training(session, partnership.policy())
                else Told(),
            )


def _ask_before_the_next_course(partnership: Partnership, now: dt.datetime) -> None:
    with acting_in(partnership):
        email = PARTS[0].email(partnership.slug)
        practitioner = Person.objects.get(partnership=partnership, email_key=email)
    ask_beforehand(partnership, practitioner, now)


def _publish_last_quarter(partnership: Partnership, now: dt.datetime) -> None:
    with acting_in(partnership):
        starts_in = partnership.policy().reporting.year_starts_in_month.value
        starts_on, ends_on = quarter_of(
            quarter_of(uk_date(now), starts_in)[0] - dt.timedelta(days=1), starts_in
        )
        coordinator = Person.objects.get(
            partnership=partnership, email_key=f"team@{partnership.slug}.example"
        )
        actor = actor_of(coordinator.user, partnership)
        report = request_report(actor=actor, starts_on=starts_on, ends_on=ends_on)
    build_report(actor=actor, report_id=report.pk, now=now)
    with acting_in(partnership):
        publish_report(actor=actor, report=report)
