"""Makes rows for tests: small, valid, and different from each other by default."""

import itertools
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore
from django.utils import timezone

from courses.models import Course, CourseGroup, CourseTask, Session, SessionDate, SessionTrainer, Venue
from partnerships.actors import Actor, actor_of, system
from partnerships.models import (
    CompetencyGroup,
    Membership,
    MembershipRole,
    Organisation,
    Partnership,
    Person,
    PolicyVersion,
    Sector,
    User,
)
from partnerships.permissions import Role
from partnerships.policy import Policy
from partnerships.tenancy import acting_in

_count = itertools.count(1)


def clause(value: Any) -> dict[str, Any]:
    """One policy value as a portal default."""
    return {"value": value, "portal_default": True}


def policy(**changes: Any) -> Policy:
    """A whole policy of defaults; changes name the value: ``certificate__release="after_impact"``."""
    document: dict[str, Any] = {
        "certificate": {
            "release": clause("after_evaluation"),
            "numbering": clause("sequential"),
            "attendance_percent": clause(100),
        },
        "evaluation": {"open_days": clause(60), "reminders": clause(2), "reminder_working_days": clause(5)},
        "impact": {
            "window": clause({"first": 3, "last": 6, "unit": "months"}),
            "learners": clause("all_learners"),
            "line_manager": clause("courses_that_ask"),
            "reminders": clause(2),
            "reminder_working_days": clause(5),
        },
        "trainers": {
            "pool": clause("Multi-agency pool"),
            "feedback_after_session": clause("none"),
            "train_the_trainer": clause(False),
            "observe_before_delivering": clause(False),
            "co_delivery": clause("preferred"),
            "delivery_days_a_year": clause(0),
            "yearly_event_compulsory": clause(False),
            "lead_tutor_reviews_a_year": clause(0),
        },
        "observation": {"rule": clause("every_course_yearly")},
        "booking": {
            "class_size_cap": clause("none"),
            "prerequisite": clause("none"),
            "deadline_working_days": clause(1),
            "late_cancellation_working_days": clause(5),
        },
        "charging": {"classes": [], "rules": []},
        "reporting": {
            "cadence": clause("quarterly"),
            "year_starts_in_month": clause(4),
            "contents": clause(
                [
                    "places",
                    "attendance",
                    "non_attendance",
                    "by_organisation",
                    "by_sector",
                    "evaluation",
                    "impact",
                ]
            ),
            "at_risk_bookings_percent": clause(50),
        },
    }
    for path, value in changes.items():
        *parents, last = path.split("__")
        part = document
        for parent in parents:
            part = part.setdefault(parent, {})
        part[last] = clause(value)
    return Policy.model_validate(document)


def make_partnership(slug: str, **changes: Any) -> Partnership:
    """A partnership with one sector, one group and a policy in force since 2020; ``changes`` are policy values."""
    partnership = Partnership.objects.create(
        slug=slug,
        name=f"{slug.title()} Safeguarding Children Partnership",
        short_name=slug[:4].upper(),
        area=slug.title(),
        strategy_title="Learning and development strategy",
        brand_colour="#1d70b8",
        accent_colour="#00703c",
        coordinator_name="Cora Coordinator",
        coordinator_email=f"training@{slug}.example",
    )
    with acting_in(partnership):
        adopt(partnership, policy(**changes), at=datetime(2020, 1, 1, tzinfo=UTC))
        Sector.objects.create(partnership=partnership, code="health", name="Health")
        CompetencyGroup.objects.create(
            partnership=partnership, code="2", title="Level 2", who="Regular contact", refresher_months=36
        )
    return partnership


def adopt(partnership: Partnership, document: Policy, *, at: datetime) -> PolicyVersion:
    """Put a policy in force from a moment, also one in the past."""
    number = PolicyVersion.objects.filter(partnership=partnership).count() + 1
    partnership.forget_policy()
    return PolicyVersion.objects.create(
        partnership=partnership,
        number=number,
        effective_from=at,
        document=document.model_dump(mode="json"),
        fingerprint=f"{number:064}",
    )


def make_organisation(partnership: Partnership, **fields: Any) -> Organisation:
    """An organisation in the partnership's first sector."""
    fields.setdefault("name", f"Organisation {next(_count)}")
    fields.setdefault("sector", Sector.objects.filter(partnership=partnership).first())
    return Organisation.objects.create(partnership=partnership, **fields)


def make_person(
    partnership: Partnership,
    *roles: Role,
    organisation: Organisation | None = None,
    account: bool = True,
    name: str = "",
    **membership: Any,
) -> Person:
    """A person with an account and a membership that holds the roles, and has ended for a former member."""
    number = next(_count)
    name = name or f"Person {number}"
    email = f"person{number}@{partnership.slug}.example"
    user = User.objects.create_user(email, "correct horse battery", name=name) if account else None
    if user is not None:
        user.emailaddress_set.create(email=email, verified=True, primary=True)
    person = Person.objects.create(partnership=partnership, user=user, name=name, email=email)
    membership.setdefault("job_role", "Family support worker")
    membership.setdefault("competency_group", CompetencyGroup.objects.filter(partnership=partnership).first())
    membership.setdefault("started_on", date(2020, 1, 1))
    membership.setdefault("ended_on", date(2024, 3, 31) if Role.FORMER_MEMBER in roles else None)
    link = Membership.objects.create(
        partnership=partnership,
        person=person,
        organisation=organisation or make_organisation(partnership),
        **membership,
    )
    for role in [one for one in roles if one is not Role.FORMER_MEMBER]:
        MembershipRole.objects.create(partnership=partnership, membership=link, role=role)
    return person


def make_login(user: User) -> str:
    """A session in which the account is signed in; gives its key. Django's own way writes it three times over."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return session.session_key


def actor_for(person: Person) -> Actor:
    """The actor that the portal makes of a signed-in person."""
    return actor_of(person.user, person.partnership)


def job(partnership: Partnership) -> Actor:
    """The portal's own jobs as the actor."""
    return system(partnership, "test")


def make_course(partnership: Partnership, **fields: Any) -> Course:
    """A published course that counts for the partnership's first group."""
    number = next(_count)
    defaults = {
        "slug": f"course-{number}",
        "title": f"Course {number}",
        "theme": "Core",
        "method": "face_to_face",
        "audience": "Everybody who works with children",
        "summary": "What neglect is and what to do about it.",
        "objectives": "Recognise neglect\nRespond to it",
        "duration": "Half a day",
        "hours": 3,
        "trained_by": "Training pool",
        "status": "published",
    }
    course = Course.objects.create(partnership=partnership, **{**defaults, **fields})
    group = CompetencyGroup.objects.filter(partnership=partnership).first()
    if group is not None:
        CourseGroup.objects.create(partnership=partnership, course=course, group=group)
    return course


def make_task(course: Course, **fields: Any) -> CourseTask:
    """Something to read before a course."""
    number = next(_count)
    chapter = {"kind": "read", "title": f"Chapter {number}", "link": "https://guide.example/", "minutes": 20}
    return CourseTask.objects.create(
        partnership=course.partnership, course=course, **{**chapter, "position": number, **fields}
    )


def make_session(
    partnership: Partnership,
    *,
    starts_at: datetime | None = None,
    days: int = 1,
    trainers: tuple[Person, ...] = (),
    **fields: Any,
) -> Session:
    """A published session of three hours a day, in four weeks unless told otherwise, with a venue."""
    starts_at = starts_at or (timezone.now() + timedelta(days=28)).replace(
        hour=9, minute=30, second=0, microsecond=0
    )
    if "venue" not in fields:
        fields["venue"] = Venue.objects.create(
            partnership=partnership, name=f"Venue {next(_count)}", address="1 High Street", postcode="HR1 1AA"
        )
    fields.setdefault("course", None)
    session = Session.objects.create(
        partnership=partnership,
        **{
            "status": "published",
            "capacity": 20,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(days=7 * (days - 1), hours=3),
            "booking_closes_at": starts_at - timedelta(days=1),
            **fields,
            "course": fields["course"] or make_course(partnership),
        },
    )
    for day in range(days):
        start = starts_at + timedelta(days=7 * day)
        SessionDate.objects.create(
            partnership=partnership, session=session, starts_at=start, ends_at=start + timedelta(hours=3)
        )
    for person in trainers:
        SessionTrainer.objects.create(partnership=partnership, session=session, person=person)
    return session
