"""Publishing the drafts of a series, or of a copied year, together: all or none, and everybody told once."""

import uuid
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from playwright.sync_api import expect

from bookings.models import Interest
from bookings.services.interest import tell_of_new_dates
from courses.models import Course, ProgrammeCopy, Session
from courses.services.series import DraftsRefused, publish_drafts
from courses.views import desk_publishing
from notifications.models import Message
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.courses.conftest import day_in
from tests.courses.desk_forms import session_data
from tests.factories import actor_for, make_course, make_partnership, make_person, make_session

SESSIONS = "/alphashire/desk/sessions/"


def drafts(partnership, venue, number=3, **fields):
    """A series of drafts, the first in 30 days."""
    series, course = uuid.uuid4(), fields.pop("course", None) or make_course(partnership)
    first = timezone.now() + timedelta(days=30)
    return [
        make_session(
            partnership,
            course=course,
            venue=venue,
            series=series,
            status="draft",
            starts_at=first + timedelta(weeks=week),
            **fields,
        )
        for week in range(number)
    ]


def states() -> list[str]:
    return list(Session.objects.order_by("starts_at").values_list("status", flat=True))


@pytest.fixture
def desk(sign_in, team):
    return sign_in(team)


def test_all_are_published_and_twice_is_once(partnership, planner, venue):
    planned = drafts(partnership, venue)
    assert {one.status for one in publish_drafts(actor=planner, sessions=planned)} == {"published"}
    publish_drafts(actor=planner, sessions=planned)
    assert states() == ["published"] * 3
    assert AuditEntry.objects.filter(action="courses.publish_session").count() == 3


def test_one_that_can_not_be_published_keeps_all_of_them_drafts_and_each_is_named(
    partnership, planner, venue
):
    planned = drafts(partnership, venue)
    nowhere, past = planned[0], planned[2]
    Session.objects.filter(pk=nowhere.pk).update(venue=None)
    Session.objects.filter(pk=past.pk).update(
        starts_at=timezone.now() - timedelta(days=1), booking_closes_at=timezone.now() - timedelta(days=2)
    )
    with pytest.raises(DraftsRefused, match="Nothing was published: 2 sessions stand in the way") as refused:
        publish_drafts(actor=planner, sessions=planned)
    assert [(session.pk, sentence[:25]) for session, sentence in refused.value.reasons] == [
        (nowhere.pk, "A session that people can"),
        (past.pk, "This session’s first date"),
    ]
    assert states() == ["draft"] * 3
    assert not AuditEntry.objects.filter(action="courses.publish_session").exists()


def test_only_who_plans_the_programme_publishes_and_only_their_own(partnership, neighbour, planner, venue):
    planned = drafts(partnership, venue)
    with pytest.raises(PermissionDenied):
        publish_drafts(actor=actor_for(make_person(partnership)), sessions=planned)
    with acting_in(neighbour):
        theirs = make_session(neighbour, status="draft")
    with pytest.raises(Session.DoesNotExist):
        publish_drafts(actor=planner, sessions=[*planned, theirs])
    assert states() == ["draft"] * 3


def test_who_waits_for_dates_is_told_once_of_all_of_them(partnership, planner, venue):
    planned = drafts(partnership, venue)
    for _ in range(2):
        Interest.objects.create(
            partnership=partnership,
            person=make_person(partnership),
            course=planned[0].course,
            asked_at=timezone.now(),
        )
    tell_of_new_dates(partnership, timezone.now())
    assert not Message.objects.exists()
    publish_drafts(actor=planner, sessions=planned)
    for _ in range(2):
        tell_of_new_dates(partnership, timezone.now())
    texts = Message.objects.values_list("text", flat=True)
    assert len(texts) == 2
    assert all(text.count(venue.name) == 3 for text in texts)


def press(desk, address):
    """Press the page's button, with all that the page shows."""
    shown = (desk.get(address).context or {}).get("drafts", [])
    return desk.post(address, {"session": [one["session"].pk for one in shown]}, follow=True)


def test_what_was_not_on_the_page_stays_a_draft(desk, partnership, venue, monkeypatch):
    planned = drafts(partnership, venue)
    address = f"{SESSIONS}series/{planned[0].series}/publish/"
    desk.post(address, {"session": [planned[0].pk, "nonsense"]})
    assert sorted(states()) == ["draft", "draft", "published"]
    monkeypatch.setattr(desk_publishing, "MOST", 1)
    page = desk.get(address).content.decode()
    assert "1 more draft comes after it." in page
    assert "1 session is published." in press(desk, address).content.decode()
    assert sorted(states()) == ["draft", "published", "published"]


def test_from_the_rule_to_the_last_published_session(desk, partnership, venue):
    filled = session_data(make_course(partnership), venue, (day_in(30), "9am", "noon"))
    rule = {"repeat": "weeks", "every": "2", "count": "3", "first_days": "", "until": ""}
    values = [(day_in(30) + timedelta(weeks=week)).isoformat() for week in (0, 2, 4)]
    make_session(partnership, status="draft", course=make_course(partnership, title="Another draft"))
    answer = desk.post(f"{SESSIONS}series/", {**filled, **rule, "step": "save", "days": values}, follow=True)
    page = answer.content.decode()
    series = Session.objects.exclude(series=None).first().series
    address = f"{SESSIONS}series/{series}/publish/"
    assert "Publish all 3 drafts" in page and address in page
    assert "Another draft" not in page[page.index("<tbody") :]
    page = desk.get(address).content.decode()
    assert "publish these 3 sessions" in page
    assert states() == ["draft"] * 4
    page = press(desk, address).content.decode()
    assert "3 sessions are published." in page and "None of them is a draft any longer" in page
    assert sorted(states()) == ["draft", *["published"] * 3]
    assert "There are no drafts left to publish." in press(desk, address).content.decode()


def test_the_page_names_every_session_that_stands_in_the_way(desk, partnership, venue):
    planned = drafts(partnership, venue)
    Session.objects.filter(pk=planned[1].pk).update(venue=None)
    Course.objects.filter(pk=planned[0].course_id).update(status="draft")
    address = f"{SESSIONS}series/{planned[0].series}/publish/"
    page = press(desk, address).content.decode()
    assert page.count("Publish the course first") == 3
    Course.objects.update(status="published")
    page = press(desk, address).content.decode()
    assert "1 session can’t be published yet" in page
    assert page.count("needs a venue or a joining link") == 1
    assert f'href="{SESSIONS}{planned[1].pk}/"' in page
    assert states() == ["draft"] * 3


def test_the_list_of_a_series_is_that_series(desk, partnership, venue):
    mine = drafts(partnership, venue, 2, course=make_course(partnership, title="Mine"))
    drafts(partnership, venue, 2, course=make_course(partnership, title="Yours"))
    page = desk.get(SESSIONS, {"show": "draft", "series": mine[0].series}).content.decode()
    table = page[page.index("<tbody") :]
    assert "Publish all 2 drafts" in page and table.count("Mine") == 2 and "Yours" not in table
    assert "drafts</a>" not in desk.get(SESSIONS, {"show": "draft"}).content.decode()
    assert desk.get(SESSIONS, {"series": "nonsense"}).status_code == 200
    assert f"series={mine[0].series}" in desk.get(f"{SESSIONS}{mine[0].pk}/").content.decode()


def test_a_copied_year_is_published_from_its_page(desk, partnership, venue):
    old = [make_session(partnership, venue=venue) for _ in range(2)]
    copy = ProgrammeCopy.objects.create(
        partnership=partnership,
        from_year=2026,
        chosen=[[one.pk, date(2027, 5, 4).isoformat()] for one in old],
        done=2,
        state="done",
        requested_at=timezone.now(),
        touched_at=timezone.now(),
    )
    for one in old:
        make_session(
            partnership, course=one.course, venue=venue, status="draft", copied_from=one, copied_for_year=2027
        )
    by_hand = make_session(partnership, venue=venue, status="draft", copied_from=old[0])
    progress = f"{SESSIONS}next-year/{copy.pk}/"
    assert "Publish all 2 drafts" in desk.get(progress).content.decode()
    assert "2 sessions are published." in press(desk, f"{progress}publish/").content.decode()
    assert not Session.objects.exclude(pk=by_hand.pk).filter(status="draft").exists()
    by_hand.refresh_from_db()
    assert by_hand.status == "draft"
    assert "Publish all" not in desk.get(progress).content.decode()


def test_the_neighbours_series_and_copies_are_not_found(desk, partnership, neighbour):
    with acting_in(neighbour):
        theirs = make_session(neighbour, status="draft", series=uuid.uuid4())
        copy = ProgrammeCopy.objects.create(
            partnership=neighbour,
            from_year=2026,
            chosen=[],
            requested_at=timezone.now(),
            touched_at=timezone.now(),
        )
    assert desk.post(f"{SESSIONS}next-year/{copy.pk}/publish/").status_code == 404
    desk.post(f"{SESSIONS}series/{theirs.series}/publish/", {"session": theirs.pk})
    with acting_in(neighbour):
        theirs.refresh_from_db()
    assert theirs.status == "draft"


@pytest.mark.parametrize("number", [1, 5])
def test_the_page_asks_the_same_questions(desk, partnership, venue, django_assert_num_queries, number):
    planned = drafts(partnership, venue, number)
    with django_assert_num_queries(9):
        desk.get(f"{SESSIONS}series/{planned[0].series}/publish/")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_publishing_a_series_in_a_browser(open_browser):
    shire = make_partnership("seriesshire")
    with acting_in(shire):
        team = make_person(shire, Role.TEAM)
        title = "Working together when more than one organisation knows the family"
        planned = drafts(shire, None, course=make_course(shire, title=title), joining_link="")
    for width in (320, 1280):
        page = open_browser(team.user, width=width)
        page.goto(f"/{shire.slug}/desk/sessions/?show=draft&series={planned[0].series}")
        assert_accessible(page)
        page.get_by_role("button", name="Publish all 3 drafts").click()
        assert_accessible(page)
        page.get_by_role("button", name="Publish", exact=True).click()
        expect(page.get_by_role("heading", name="Nothing was published")).to_be_visible()
        assert_accessible(page)
