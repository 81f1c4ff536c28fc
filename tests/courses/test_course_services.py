"""Writing, changing, publishing and archiving courses, and venues."""

import re
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from courses.models import Course
from courses.refusals import PlanRefused
from courses.services.courses import (
    PARTS,
    CourseDetails,
    archive_course,
    change_course,
    publish_course,
    write_course,
)
from courses.services.venues import VenueDetails, change_venue, write_venue
from partnerships.models import AuditEntry, CompetencyGroup, Sector
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_course, make_person, make_session

WHOLE = CourseDetails(
    title="Child neglect",
    theme="Neglect",
    method="virtual",
    audience="Everybody",
    summary="Signs and tools.",
    objectives="Recognise it",
    duration="Half a day",
    hours=Decimal(3),
    counts_for_no_level=True,
    trained_by="Training pool",
)
# What a course says that lacks a part.
LACKING = {name: {name: " "} for name in PARTS} | {
    "hours": {"hours": Decimal(0)},
    "groups": {"counts_for_no_level": False},
}


def test_a_course_is_written_as_a_draft_with_its_groups(planner, partnership):
    group = CompetencyGroup.objects.get()
    course = write_course(actor=planner, details=replace(WHOLE, groups=(group,), counts_for_no_level=False))
    assert (course.status, course.slug) == ("draft", "child-neglect")
    assert list(course.groups.all()) == [group]
    assert AuditEntry.objects.get(action="courses.write_course").after["groups"] == [group.pk]


def test_a_course_names_the_sectors_that_it_is_meant_for(planner, partnership):
    police, health = (
        Sector.objects.create(partnership=partnership, code=code, name=code, position=9)
        for code in ("police", "nhs")
    )
    course = write_course(actor=planner, details=replace(WHOLE, sectors=(police,)))
    assert list(course.sectors.all()) == [police]
    for _ in range(2):
        change_course(actor=planner, course=course, details=replace(WHOLE, sectors=(health,)))
    assert list(course.sectors.all()) == [health]
    entry = AuditEntry.objects.get(action="courses.change_course")
    assert (entry.before["sectors"], entry.after["sectors"]) == ([police.pk], [health.pk])


@pytest.mark.parametrize(
    ("title", "expected"),
    [("Child neglect", "child-neglect-2"), ("New", "new-2"), ("???", "course"), ("x" * 90, "x" * 44)],
)
def test_every_course_gets_an_address_of_its_own(title, expected, planner):
    write_course(actor=planner, details=WHOLE)
    assert write_course(actor=planner, details=replace(WHOLE, title=title)).slug == expected


def test_only_the_team_writes(partnership):
    actor, course = actor_for(make_person(partnership)), make_course(partnership)
    for call in (
        lambda: write_course(actor=actor, details=WHOLE),
        lambda: change_course(actor=actor, course=course, details=WHOLE),
        lambda: publish_course(actor=actor, course=course),
        lambda: archive_course(actor=actor, course=course),
        lambda: write_venue(actor=actor, details=VenueDetails("A", "B", "C")),
    ):
        with pytest.raises(PermissionDenied):
            call()


def test_publishing_refuses_and_names_every_missing_part(planner):
    course = write_course(actor=planner, details=CourseDetails(title="Bare", theme="Core", method="virtual"))
    with pytest.raises(PlanRefused) as refused:
        publish_course(actor=planner, course=course)
    assert refused.value.sentence == (
        "This course can’t be published yet. "
        "Add its target audience, summary, learning objectives, duration, hours, level (or that it counts for none) "
        "and who trains."
    )


@pytest.mark.parametrize("part", PARTS)
def test_each_part_is_needed_also_by_the_database(part, planner):
    course = write_course(actor=planner, details=replace(WHOLE, **LACKING[part]))
    with pytest.raises(PlanRefused, match=re.escape(PARTS[part])):
        publish_course(actor=planner, course=course)
    if part == "groups":
        # That is for another table to say, which the service asks.
        return
    with pytest.raises(IntegrityError), transaction.atomic():
        empty = LACKING[part] if part == "hours" else {part: ""}
        Course.objects.filter(pk=course.pk).update(**empty, status="published")


def test_a_published_course_stays_whole(planner):
    course = publish_course(actor=planner, course=write_course(actor=planner, details=WHOLE))
    with pytest.raises(PlanRefused, match="target audience and duration") as refused:
        change_course(actor=planner, course=course, details=replace(WHOLE, audience="", duration=""))
    assert refused.value.field == "audience"
    changed = change_course(actor=planner, course=course, details=replace(WHOLE, title="Neglect"))
    assert (changed.title, changed.slug) == ("Neglect", "child-neglect")
    entry = AuditEntry.objects.get(action="courses.change_course")
    assert (entry.before["title"], entry.after["title"]) == ("Child neglect", "Neglect")


def test_publishing_and_archiving_twice_is_once(planner):
    course = write_course(actor=planner, details=WHOLE)
    for service in (publish_course, publish_course, archive_course, archive_course):
        course = service(actor=planner, course=course)
    assert course.status == "archived"
    assert AuditEntry.objects.filter(action="courses.publish_course").count() == 1
    assert AuditEntry.objects.filter(action="courses.archive_course").count() == 1
    assert publish_course(actor=planner, course=course).status == "published"


def test_a_course_with_open_sessions_is_not_archived(planner, partnership):
    session = make_session(partnership)
    with pytest.raises(PlanRefused, match="1 session that is open"):
        archive_course(actor=planner, course=session.course)
    past = make_session(partnership, starts_at=timezone.now() - timedelta(days=9))
    assert archive_course(actor=planner, course=past.course).status == "archived"


def test_the_neighbours_course_does_not_exist(planner, neighbour):
    with acting_in(neighbour):
        theirs = make_course(neighbour, status="draft")
    with pytest.raises(Course.DoesNotExist):
        publish_course(actor=planner, course=theirs)


def test_venues_are_written_changed_and_named_once(planner):
    venue = write_venue(actor=planner, details=VenueDetails("Town Hall", "High Street", "HR1 1AA"))
    with pytest.raises(PlanRefused, match="already a venue"):
        write_venue(actor=planner, details=VenueDetails("Town Hall", "Elsewhere", "HR2 2AA"))
    changed = change_venue(
        actor=planner, venue=venue, details=VenueDetails("Town Hall", "1 High Street", "HR1 1AA")
    )
    assert changed.address == "1 High Street"
    assert AuditEntry.objects.get(action="courses.change_venue").before["address"] == "High Street"
