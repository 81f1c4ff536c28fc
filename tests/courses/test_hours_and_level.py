"""Courses that were published before hours and a level were asked for."""

from datetime import timedelta
from importlib import import_module

from django.apps import apps
from django.db import connection
from django.utils import timezone

from courses.models import Course
from tests.factories import make_course, make_session


def test_each_gets_the_hours_of_its_latest_session_and_says_where_it_counts_for_no_level(partnership):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE courses_course DROP CONSTRAINT published_course_is_whole")
    held, _, whole, draft = (
        make_course(partnership, title=title, hours=hours, status=status, days=2)
        for title, hours, status in (
            ("Held", 0, "published"),
            ("Never held", 0, "published"),
            ("Whole", 4.5, "published"),
            ("Draft", 0, "draft"),
        )
    )
    make_session(partnership, course=held, starts_at=timezone.now() - timedelta(days=90))
    make_session(partnership, course=held, days=2)
    make_session(partnership, course=whole)
    whole.group_links.all().delete()
    draft.group_links.all().delete()
    import_module("courses.migrations.0013_hours_and_level").state_hours_and_level(apps, None)
    found = dict(Course.objects.values_list("title", "hours"))
    # Two dates of three hours; two dates and nothing known; as it was; as it was.
    assert found == {"Held": 6, "Never held": 6, "Whole": 4.5, "Draft": 0}
    assert [one.title for one in Course.objects.filter(counts_for_no_level=True)] == ["Whole"]
