"""A place goes over to a colleague: at once, within the organisation, by whoever may, and before the session begins."""

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.utils import timezone

from bookings.links import COMING, approval_link, booking_link, holder_of_booking
from bookings.models import AccessNeeds, Approval, Booking
from bookings.services.approvals import approve, decline
from bookings.services.places import AlreadyBooked, OutsideAudience, Told, give_up
from bookings.services.prerequisites import EarlierTraining, PrerequisiteMissing
from bookings.services.queue import offer_places
from bookings.services.swaps import SWAPPED, pass_on, swap_for_somebody_new, swap_place
from bookings.services.tasks import tick_task
from bookings.states import BookingState
from courses.models import Course, Session
from notifications.models import Message
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, CompetencyGroup, Membership, Person
from partnerships.permissions import Role
from tests.bookings.locking import locks
from tests.bookings.pressing import press
from tests.factories import (
    actor_for,
    adopt,
    job,
    make_course,
    make_organisation,
    make_person,
    make_session,
    make_task,
    policy,
)


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def lead(partnership, school):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead")


@pytest.fixture
def ann(partnership, school):
    return make_person(partnership, organisation=school, name="Ann Smith")


@pytest.fixture
def bob(partnership, school):
    return make_person(partnership, organisation=school, name="Bob Jones")


def swap(person, booking, colleague, **told) -> Booking:
    return swap_place(actor=actor_for(person), booking=booking, person=colleague, told=Told(**told))


def by_link(booking, name, email, **told) -> Booking:
    return pass_on(
        actor=holder_of_booking(booking, COMING), booking=booking, name=name, email=email, told=Told(**told)
    )


def test_the_place_goes_over_though_others_wait_and_nobody_is_charged(
    partnership, lead, ann, bob, book
) -> None:
    soon = make_session(
        partnership,
        capacity=1,
        starts_at=timezone.now() + timedelta(days=2),
        booking_closes_at=timezone.now() + timedelta(hours=1),
    )
    old = book(ann, soon, access_needs="Step-free", purchase_order="PO 7")
    waits = book(make_person(partnership), soon)
    new = swap(lead, old, bob)
    old.refresh_from_db()
    waits.refresh_from_db()
    assert (old.state, old.end_reason, old.was_late_cancellation) == ("cancelled", SWAPPED, False)
    assert (new.state, new.person, new.swapped_from, new.purchase_order) == ("confirmed", bob, old, "PO 7")
    assert waits.state == BookingState.WAITING
    soon.refresh_from_db()
    assert soon.places_taken == 1
    # What Ann needs is nobody's business any more, and not Bob's.
    assert not AccessNeeds.objects.exists()
    entry = AuditEntry.objects.get(action="bookings.swap_place")
    assert entry.after == {"state": "cancelled", "to": new.pk}


def test_both_are_told_and_both_diaries_are_right(partnership, lead, ann, bob, book) -> None:
    old = book(ann, make_session(partnership))
    new = swap(lead, old, bob)
    gone = Message.objects.get(purpose="booking_passed_on")
    assert gone.person == ann and "has gone to Bob Jones" in gone.text
    assert "method=CANCEL" in gone.attachments[0]["content_type"]
    come = Message.objects.get(purpose="booking_confirmed", person=bob)
    assert "method=REQUEST" in come.attachments[0]["content_type"]
    assert come.subject_key == f"booking:{new.pk}"
    # Bob has never asked for a place: the message says whose it was.
    assert re.search(r"Instead of:\s+Ann Smith", come.text)
    # The lead did it and need not be told.
    assert not Message.objects.filter(purpose="passed_on_lead").exists()


def test_done_twice_is_done_once_and_to_somebody_else_is_refused(
    partnership, school, lead, ann, bob, book
) -> None:
    old = book(ann, make_session(partnership))
    assert {swap(lead, old, bob).pk for _ in range(3)} == {Booking.objects.get(person=bob).pk}
    assert Message.objects.filter(purpose="booking_passed_on").count() == 1
    with pytest.raises(DomainError, match="has ended"):
        swap(lead, old, make_person(partnership, organisation=school))


def test_a_swapped_place_can_be_swapped_on_and_back(partnership, lead, ann, bob, book) -> None:
    first = book(ann, make_session(partnership))
    second = swap(lead, first, bob)
    third = swap(lead, second, ann)
    assert third.swapped_from == second and third.state == "confirmed"
    assert Session.objects.get().places_taken == 1


def test_whoever_waits_gets_the_colleagues_place_and_leaves_the_list(
    partnership, lead, ann, bob, book
) -> None:
    session = make_session(partnership, capacity=1)
    old, waits = book(ann, session), book(bob, session)
    new = swap(lead, old, bob)
    waits.refresh_from_db()
    assert (waits.state, new.state) == ("withdrawn", "confirmed")
    entry = AuditEntry.objects.get(action="bookings.end_double")
    assert (entry.subject_id, entry.before) == (waits.pk, {"state": "waiting"})
    assert entry.after == {"state": "withdrawn", "goes_on": new.pk}


def test_what_the_colleague_said_on_the_list_comes_along_and_nothing_of_the_one_who_leaves(
    partnership, lead, ann, bob, book
) -> None:
    session = make_session(partnership, capacity=1)
    task = make_task(session.course)
    old = book(ann, session, access_needs="Step-free", diets=("vegan",), dietary="No kiwi")
    earlier = EarlierTraining("Level 1", date(2026, 1, 1))
    said = {"declared": "I can come", "audience_reason": "Covers", "earlier": earlier}
    waits = book(bob, session, access_needs="Hearing loop", diets=("halal",), **said)
    tick_task(actor=actor_for(bob), booking=waits, task=task)
    new = swap(lead, old, bob)
    needs = AccessNeeds.objects.get()
    assert (needs.booking, needs.text, needs.diets, needs.dietary) == (new, "Hearing loop", ["halal"], "")
    assert [one.task for one in new.tasks_done.all()] == [task]
    assert (new.declared, new.audience_reason) == ("I can come", "Covers")
    assert new.prerequisite.training == "Level 1"
    assert not any("Hearing" in str(entry.after) for entry in AuditEntry.objects.all())


@pytest.mark.parametrize("who", ["a colleague", "another lead", "a trainer", "the one who has the place"])
def test_only_the_lead_and_the_team_swap(partnership, school, ann, bob, book, who) -> None:
    stranger = {
        "a colleague": lambda: make_person(partnership, organisation=school),
        "another lead": lambda: make_person(partnership, Role.ORGANISATION_LEAD),
        "a trainer": lambda: make_person(partnership, Role.TRAINER),
        "the one who has the place": lambda: ann,
    }[who]()
    old = book(ann, make_session(partnership))
    with pytest.raises(PermissionDenied):
        swap(stranger, old, bob)
    with pytest.raises(PermissionDenied):
        swap_for_somebody_new(actor=actor_for(stranger), booking=old, name="Nora New", email="")
    assert not Person.objects.filter(name="Nora New").exists()


def test_what_cannot_be_swapped_is_refused_in_words(partnership, school, lead, ann, bob, book) -> None:
    session = make_session(partnership, capacity=1)
    old, waits = book(ann, session), book(make_person(partnership, organisation=school), session)
    with pytest.raises(DomainError, match="has this place already"):
        swap(lead, old, ann)
    with pytest.raises(DomainError, match="does not belong to Oak Tree School"):
        swap(lead, old, make_person(partnership))
    with pytest.raises(DomainError, match="Only a confirmed place"):
        swap(lead, waits, bob)
    other = make_session(partnership)
    held, booked = book(ann, other), book(bob, other)
    with pytest.raises(AlreadyBooked):
        swap(lead, held, bob)
    Session.objects.filter(pk=other.pk).update(
        starts_at=timezone.now() - timedelta(minutes=1), booking_closes_at=timezone.now() - timedelta(hours=1)
    )
    for somebody in (lead, make_person(partnership, Role.TEAM)):
        with pytest.raises(DomainError, match="has begun"):
            swap(somebody, booked, make_person(partnership, organisation=school))


def test_booking_has_closed_but_a_colleague_can_still_come(partnership, lead, ann, bob, book) -> None:
    session = make_session(partnership)
    old = book(ann, session)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=timezone.now() - timedelta(hours=1))
    assert swap(lead, old, bob).state == "confirmed"


def test_the_audience_and_what_comes_first_hold_for_the_colleague(partnership, lead, ann, bob, book) -> None:
    adopt(
        partnership, policy(booking__prerequisite="single_agency_first"), at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    earlier = EarlierTraining("Level 1", date(2026, 1, 1))
    old = book(ann, make_session(partnership), earlier=earlier)
    outside = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Level 9", who="Strategic", position=9
    )
    Membership.objects.filter(person=bob).update(competency_group=outside)
    with pytest.raises(OutsideAudience):
        swap(lead, old, bob, earlier=earlier)
    with pytest.raises(PrerequisiteMissing):
        swap(lead, old, bob, audience_reason="Covers")
    new = swap(lead, old, bob, audience_reason="Covers", earlier=earlier)
    assert new.audience_reason == "Covers"
    assert new.prerequisite.training == "Level 1"


def test_somebody_new_is_added_or_nothing_happens(partnership, school, lead, ann, book) -> None:
    session = make_session(partnership)
    old = book(ann, session)
    new = swap_for_somebody_new(actor=actor_for(lead), booking=old, name="Nora New", email="nora@example.org")
    assert new.person.memberships.get().organisation == school and new.state == "confirmed"
    with pytest.raises(DomainError):
        swap_for_somebody_new(actor=actor_for(lead), booking=old, name="Paul Paper", email="")
    assert not Person.objects.filter(name="Paul Paper").exists()


def test_the_session_is_locked_before_somebody_who_is_added_as_by_whoever_gives_out_places(
    partnership, lead, ann, book
) -> None:
    old = book(ann, make_session(partnership))
    with locks() as tables:
        swap_for_somebody_new(actor=actor_for(lead), booking=old, name="Nora New", email="nora@example.org")
    assert tables[:3] == ["partnerships_partnership", "courses_session", "partnerships_person"]


def test_by_the_link_the_place_goes_to_a_named_colleague_and_the_lead_is_told(
    partnership, lead, ann, bob, book
) -> None:
    old = book(ann, make_session(partnership))
    new = by_link(old, "Bob", bob.email.upper())
    assert (new.person, new.state, new.booked_by) == (bob, "confirmed", ann)
    told = Message.objects.get(purpose="passed_on_lead")
    assert told.person == lead and "has given the place to Bob Jones" in told.text


def test_the_link_tells_nobody_who_is_in_the_portal(partnership, school, lead, ann, bob, book) -> None:
    """Unknown, working elsewhere, left, without an address or by another name: the same words for all of them."""
    elsewhere = make_person(partnership, name="Greta Elsewhere")
    left = make_person(partnership, organisation=school, name="Lou Left", ended_on=date(2026, 1, 1))
    old = book(ann, make_session(partnership))
    words = set()
    for name, email in [
        ("Nobody Here", "nobody@example.org"),
        (elsewhere.name, elsewhere.email),
        (left.name, left.email),
        ("Somebody", ""),
        ("Greta Elsewhere", bob.email),
    ]:
        with pytest.raises(DomainError) as refusal:
            by_link(old, name, email)
        words.add(refusal.value.sentence)
    assert len(words) == 1
    old.refresh_from_db()
    assert old.state == "confirmed" and not Person.objects.filter(name="Nobody Here").exists()


@pytest.mark.parametrize("state", ["requested", "offered", "confirmed"])
def test_the_link_tells_nothing_of_what_the_colleague_has_booked_or_who_they_are(
    partnership, ann, bob, book, state
) -> None:
    course = make_course(partnership, approval="team" if state == "requested" else "")
    session = make_session(partnership, course=course, capacity=1 if state == "offered" else 5)
    old = book(ann, make_session(partnership, course=course))
    Booking.objects.filter(pk=old.pk).update(session=session, state="confirmed")
    old, theirs = Booking.objects.get(pk=old.pk), book(bob, session)
    if state == "offered":
        Session.objects.filter(pk=session.pk).update(capacity=2)
        offer_places(partnership, timezone.now())
    with pytest.raises(DomainError) as refusal:
        by_link(old, "Bob Jones", bob.email)
    with pytest.raises(DomainError) as unknown:
        by_link(old, "Nobody Here", "nobody@example.org")
    assert refusal.value.sentence == unknown.value.sentence
    assert type(refusal.value) is DomainError
    # Nothing is lost: neither the place nor the colleague's booking.
    for booking, before in ((old, "confirmed"), (theirs, state)):
        booking.refresh_from_db()
        assert booking.state == before
    assert not Message.objects.filter(purpose__in=["booking_passed_on", "passed_on_lead"]).exists()


def test_the_link_asks_why_without_the_colleagues_group(partnership, ann, bob, book) -> None:
    old = book(ann, make_session(partnership))
    outside = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Level 9", who="Strategic", position=9
    )
    Membership.objects.filter(person=bob).update(competency_group=outside)
    with pytest.raises(OutsideAudience) as asked:
        by_link(old, "Bob", bob.email)
    assert "meant for others than your colleague" in asked.value.sentence
    assert not any(word in asked.value.sentence for word in ("Level 9", "Jones"))
    assert by_link(old, "Bob", bob.email, audience_reason="Covers").state == "confirmed"


def test_the_link_asks_what_comes_first_without_the_colleagues_recorded_name(
    partnership, ann, bob, book
) -> None:
    adopt(
        partnership, policy(booking__prerequisite="single_agency_first"), at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    earlier = EarlierTraining("Level 1", date(2026, 1, 1))
    old = book(ann, make_session(partnership), earlier=earlier)
    with pytest.raises(PrerequisiteMissing) as asked:
        by_link(old, "Bob", bob.email)
    assert asked.value.sentence.startswith("Your colleague must have done the child protection training")
    assert "Jones" not in asked.value.sentence
    assert by_link(old, "Bob", bob.email, earlier=earlier).state == "confirmed"


def test_the_link_of_one_booking_gives_away_no_other(partnership, ann, bob, book) -> None:
    session = make_session(partnership)
    mine, theirs = book(ann, session), book(make_person(partnership), session)
    with pytest.raises(PermissionDenied):
        pass_on(actor=holder_of_booking(mine, COMING), booking=theirs, name="Bob Jones", email=bob.email)


def test_where_the_manager_approves_the_colleague_has_the_turn_until_they_do(
    partnership, ann, bob, book
) -> None:
    Membership.objects.update(line_manager_name="Bea Boss", line_manager_email="boss@example.org")
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"), capacity=1)
    old = book(ann, session)
    approve(actor=job(partnership), approval=Approval.objects.get())
    waits = book(make_person(partnership, line_manager_email="b@example.org", line_manager_name="B"), session)
    approve(actor=job(partnership), approval=waits.approval)
    new = by_link(old, "Bob Jones", bob.email)
    waits.refresh_from_db()
    assert (new.state, waits.state) == ("requested", "waiting")
    asked = Message.objects.filter(purpose="approval_asked", to_email="boss@example.org").order_by("pk")
    told = Message.objects.get(purpose="booking_requested", person=bob)
    assert asked.count() == 2
    assert all(re.search(r"Instead of:\s+Ann Smith", one.text) for one in (asked[1], told))
    address = f"/alphashire/{approval_link(new.approval, 'Bea Boss').partition('/alphashire/')[2]}"
    page = Client().get(address).content.decode()
    assert "is to come instead of Ann Smith" in page
    approve(actor=job(partnership), approval=new.approval)
    new.refresh_from_db()
    assert new.state == "confirmed"


def test_a_colleague_who_is_not_approved_leaves_the_place_to_whoever_waits(
    partnership, lead, ann, bob, book
) -> None:
    """Nobody can name a manager here, so that the lead is asked instead of nobody."""
    session = make_session(partnership, capacity=1)
    old, waits = book(ann, session), book(make_person(partnership), session)
    session.course.approval = "line_manager"
    session.course.save()
    new = by_link(old, "Bob Jones", bob.email)
    assert new.approval.asked == "organisation_lead"
    decline(actor=actor_for(lead), approval=new.approval, reason="No cover")
    waits.refresh_from_db()
    assert waits.state == "offered"


def test_an_approval_for_which_no_time_is_left_refuses_the_swap(partnership, ann, bob, book) -> None:
    session = make_session(partnership)
    old = book(ann, session)
    session.course.approval = "team"
    session.course.save()
    Session.objects.filter(pk=session.pk).update(booking_closes_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(DomainError, match="no time left"):
        by_link(old, "Bob Jones", bob.email)


def test_the_links_page_shows_on_get_and_gives_away_on_post(partnership, lead, ann, bob, book) -> None:
    old = book(ann, make_session(partnership))
    address = booking_link(old, COMING).partition("/alphashire/")[2]
    page = Client().get(f"/alphashire/{address}").content.decode()
    assert f'href="/alphashire/{address}pass-on/"' in page
    address = f"/alphashire/{address}pass-on/"
    assert Client().get(address).status_code == 200
    assert Booking.objects.count() == 1
    page = Client().post(address, {"name": "X", "email": "x@example.org"}).content.decode()
    assert "can’t be given to this person from here" in page
    page = press(Client(), address, name="Bob Jones", email=bob.email).content.decode()
    assert "Your place has gone to Bob Jones" in page
    give_up(actor=actor_for(bob), booking=Booking.objects.get(person=bob))
    assert Booking.objects.get(person=bob).state == "cancelled"


def test_the_leads_page_offers_colleagues_and_nobody_else(
    partnership, school, lead, ann, bob, book, sign_in
) -> None:
    stranger = make_person(partnership, name="Stranger Danger")
    session = make_session(partnership)
    old = book(ann, session)
    book(make_person(partnership, organisation=school, name="Cem Booked"), session)
    address = f"/alphashire/me/bookings/{old.pk}/swap/"
    page = sign_in(lead).get(address).content.decode()
    assert "Bob Jones" in page and stranger.name not in page and "Cem Booked" not in page
    assert sign_in(ann).get(address).status_code == 404
    assert sign_in(make_person(partnership, Role.ORGANISATION_LEAD)).get(address).status_code == 404
    client = sign_in(lead)
    assert "Choose a colleague" in client.post(address, {}).content.decode()
    page = client.post(address, {"name": "Bob Jones", "email": "new@example.org"}).content.decode()
    assert "Choose them from the list" in page
    page = press(client, address, person=str(bob.pk)).content.decode()
    assert "The place has gone from Ann Smith to Bob Jones" in page
    page = client.get(f"/alphashire/me/bookings/{old.pk}/").content.decode()
    assert "has gone to a colleague, Bob Jones" in page


@pytest.mark.parametrize("rule", ["", "line_manager", "organisation_lead", "team"])
def test_a_lead_is_warned_and_told_where_the_colleague_must_still_be_approved(
    partnership, lead, ann, bob, book, sign_in, rule
) -> None:
    session = make_session(partnership, capacity=1)
    old = book(ann, session)
    Course.objects.update(approval=rule)
    address, client = f"/alphashire/me/bookings/{old.pk}/swap/", sign_in(lead)
    page = client.get(address).content.decode()
    assert ("must be approved by the partnership team" in page) == (rule == "team")
    assert ("goes over at once" in page) == (rule != "team")
    assert ("If you come yourself" in page) == (rule in {"line_manager", "organisation_lead"})
    assert (
        "must be approved" not in sign_in(make_person(partnership, Role.TEAM)).get(address).content.decode()
    )
    page = press(client, address, person=str(bob.pk)).content.decode()
    new = Booking.objects.get(person=bob)
    told = Message.objects.get(purpose="booking_passed_on").text
    if rule == "team":
        assert new.state == "requested"
        assert "Ann Smith no longer has the place. Bob Jones gets it once the partnership team has" in page
        assert "has gone from" not in page and "They must still be approved" in told
        left = client.get(f"/alphashire/me/bookings/{old.pk}/").content.decode()
        assert "has gone to a colleague, Bob Jones, who must still be approved." in left
    else:
        assert new.state == "confirmed" and "The place has gone from Ann Smith to Bob Jones" in page
        assert "approved" not in told


def test_a_lead_who_comes_themselves_is_told_who_approves_it(partnership, lead, ann, book, sign_in) -> None:
    old = book(ann, make_session(partnership))
    Course.objects.update(approval="organisation_lead")
    address = f"/alphashire/me/bookings/{old.pk}/swap/"
    page = press(sign_in(lead), address, person=str(lead.pk)).content.decode()
    assert "Lea Lead gets it once the partnership team has approved it" in page


@pytest.mark.parametrize("rule", ["", "line_manager", "team"])
def test_whoever_passes_the_place_on_is_warned_and_told_where_the_colleague_must_be_approved(
    partnership, lead, ann, bob, book, rule
) -> None:
    old = book(ann, make_session(partnership))
    Course.objects.update(approval=rule)
    Membership.objects.update(line_manager_name="Bea Boss", line_manager_email="boss@example.org")
    address = booking_link(old, COMING).partition("/alphashire/")[2]
    address = f"/alphashire/{address}pass-on/"
    page = Client().get(address).content.decode()
    assert ("must be approved" in page) == ("the place goes to whoever waits" in page) == bool(rule)
    page = press(Client(), address, name="Bob Jones", email=bob.email).content.decode()
    if rule:
        assert "Your place is no longer yours. Bob Jones gets it once they are approved" in page
        assert "Your colleague must still be approved" in page and "has gone to" not in page
        # Who that is, is no business of whoever has the link.
        assert "Bea Boss" not in page
    else:
        assert "Your place has gone to Bob Jones" in page and "approved" not in page


def test_what_is_said_with_the_swap_counts_more_than_what_was_said_on_the_list(
    partnership, lead, ann, bob, book
) -> None:
    session = make_session(partnership, capacity=1)
    old = book(ann, session, declared="Ann can come")
    book(bob, session, declared="I can come", earlier=EarlierTraining("Level 1", date(2026, 1, 1)))
    new = swap(lead, old, bob, declared="Bob can come", earlier=EarlierTraining("Level 2", date(2026, 2, 2)))
    assert (new.declared, new.prerequisite.training) == ("Bob can come", "Level 2")


def test_what_somebody_declared_is_not_said_of_the_colleague(partnership, lead, ann, bob, book) -> None:
    """“I can come to every date” was Ann's promise; nobody has said it of Bob."""
    old = book(ann, make_session(partnership), declared="I can come to every date")
    assert old.declared
    assert swap_place(actor=actor_for(lead), booking=old, person=bob).declared == ""
