"""What people of the demonstration do before a course: tasks partly ticked off, and training that comes first."""

import datetime as dt
from random import Random

from bookings.models import Booking, EvidenceFile, Prerequisite, TaskDone
from bookings.services.prerequisites import asks_earlier_training
from bookings.states import BookingState
from courses.models import Course, CourseTask
from courses.services.tasks import TaskDetails, write_task
from evaluations.jobs import ask_before_courses
from partnership_portal.documents import render_pdf
from partnership_portal.working_days import uk_date
from partnerships.actors import Actor
from partnerships.models import Partnership, Person
from partnerships.policy import Policy, PrerequisiteRule
from partnerships.tenancy import acting_in

_K = CourseTask.Kind
OWN_TRAINING = "Child protection for our own staff"
TASKS = (
    TaskDetails(
        kind=_K.READ,
        title="Working Together to Safeguard Children: chapter 1",
        minutes=20,
        link="https://www.gov.uk/government/publications/working-together-to-safeguard-children--2",
        text="Look out for what it says about sharing responsibility.",
    ),
    TaskDetails(
        kind=_K.WATCH,
        title="What happens after a referral",
        minutes=12,
        link="https://films.example/after-a-referral",
    ),
    TaskDetails(
        kind=_K.REFLECT,
        title="A time when something worried you",
        minutes=10,
        text="What did you notice first, whom did you tell, and what would have helped? Bring the thought, without "
        "names.",
    ),
)


def write_tasks(actor: Actor) -> None:
    """Give every course tasks where the policy asks for them, elsewhere one course that asks for something already."""
    policy = actor.partnership.policy()
    courses = Course.objects.visible_to(actor).published().defer("search").order_by("title")
    if policy.booking.prerequisite.value is PrerequisiteRule.PRE_COURSE_TASKS:
        chosen = list(courses)
    else:
        chosen = list(courses.exclude(before_you_come="").filter(method="face_to_face")[:1])
    for course in chosen:
        for details in TASKS:
            write_task(actor=actor, course=course, details=details)


def do_what_comes_before(partnership: Partnership, random: Random, now: dt.datetime) -> None:
    """Let those who have booked tick off some tasks, and say what they have done first where the policy asks."""
    coming = (
        Booking.objects.filter(
            partnership=partnership, state=BookingState.CONFIRMED, session__starts_at__gt=now
        )
        .select_related("session__course", "person")
        .prefetch_related("session__course__tasks")
        .order_by("pk")
    )
    bookings = list(coming)
    TaskDone.objects.bulk_create(
        TaskDone(partnership=partnership, booking=booking, task=task, done_at=now)
        for booking in bookings
        for task in list(booking.session.course.tasks.all())[: random.randint(0, len(TASKS))]
    )
    policy = partnership.policy()
    _declare(
        partnership, [one for one in bookings if asks_earlier_training(one.session, policy)], policy, now
    )


def _declare(partnership: Partnership, bookings: list[Booking], policy: Policy, now: dt.datetime) -> None:
    given = Prerequisite.objects.bulk_create(
        Prerequisite(
            partnership=partnership,
            booking=booking,
            training=OWN_TRAINING,
            completed_on=uk_date(now) - dt.timedelta(days=40 + booking.pk % 300),
            given_by=booking.person,
            given_at=booking.booked_at,
            evidence_type="application/pdf" if number == 0 else "",
        )
        for number, booking in enumerate(bookings)
    )
    if given:
        EvidenceFile.objects.create(
            partnership=partnership, prerequisite=given[0], content=_evidence(given[0])
        )


def _evidence(given: Prerequisite) -> bytes:
    return render_pdf(
        "pdf/base.html",
        {"partnership": given.partnership, "brand": given.partnership.brand_colour},
        title=f"{given.training}: {given.booking.person.name}",
        identifier=f"{given.partnership.slug}/evidence/{given.booking_id}",
    )


def ask_beforehand(partnership: Partnership, person: Person, now: dt.datetime) -> None:
    """Let the course that somebody comes to next ask everybody with a place what they hope for."""
    with acting_in(partnership):
        coming = Booking.objects.filter(
            partnership=partnership, person=person, state=BookingState.CONFIRMED, session__starts_at__gt=now
        )
        courses = Course.objects.filter(
            partnership=partnership,
            pk__in=coming.order_by("session__starts_at").values("session__course")[:1],
        )
        courses.update(asks_pre_course=True)
    ask_before_courses(partnership, now)
