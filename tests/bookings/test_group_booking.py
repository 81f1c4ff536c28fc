"""Booking several people of an organisation: each by the rules of booking alone, and nothing that was not shown."""

import tracemalloc
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from bookings.colleagues import SOMEBODY_NEW, Wanted
from bookings.models import (
    Approval,
    Booking,
    EvidenceFile,
    GroupBooking,
    HeldEvidence,
    Prerequisite,
    Quota,
)
from bookings.services import group_booking
from bookings.services.group_booking import (
    MOST,
    ForAll,
    NotAsShown,
    book_group,
    check_group,
    digest,
    forget_who_was_left_out,
)
from bookings.services.held_evidence import hold_evidence
from bookings.services.places import give_up
from bookings.states import BookingState
from notifications.models import Message
from partnership_portal.working_days import uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry, CompetencyGroup, Membership, Person, Sector
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import over
from tests.bookings.test_access_needs import tables_with
from tests.factories import (
    actor_for,
    adopt,
    make_course,
    make_organisation,
    make_person,
    make_session,
    policy,
)


@pytest.fixture
def book_alone(request):
    """The neighbours' ``book``: somebody books for themselves."""
    return request.getfixturevalue("book")


@pytest.fixture
def school(partnership):
    return make_organisation(partnership, name="Oak Tree School")


@pytest.fixture
def lead(partnership, school):
    return make_person(partnership, Role.ORGANISATION_LEAD, organisation=school, name="Lea Lead")


@pytest.fixture
def staff(partnership, school):
    return [make_person(partnership, organisation=school, name=f"Staff {number}") for number in range(4)]


def check(person, session, school, *wanted):
    return check_group(actor=actor_for(person), session=session, organisation=school, wanted=wanted)


def book(person, session, school, *wanted, key=None, shown="", **for_all) -> GroupBooking:
    shown = shown or digest(check(person, session, school, *wanted))
    return book_group(
        actor=actor_for(person),
        session=session,
        organisation=school,
        wanted=wanted,
        key=key or uuid4(),
        shown=shown,
        for_all=ForAll(**for_all),
    )


def chosen(*people):
    return [Wanted(person=one.pk) for one in people]


def fates(outcomes) -> list[str]:
    return [one.fate.value for one in outcomes]


def test_checking_tells_places_and_turns_and_leaves_nothing_behind(
    partnership, school, lead, staff, book_alone
) -> None:
    session = make_session(partnership, capacity=3)
    book_alone(make_person(partnership), session)
    before = (
        Booking.objects.count(),
        Person.objects.count(),
        Message.objects.count(),
        AuditEntry.objects.count(),
    )
    outcomes = check(lead, session, school, *chosen(*staff[:3]), Wanted(name="Nora New"))
    assert fates(outcomes) == ["place", "place", "waiting", "waiting"]
    assert [one.position for one in outcomes] == [None, None, 1, 2]
    assert [one.is_new for one in outcomes] == [False, False, False, True]
    after = (
        Booking.objects.count(),
        Person.objects.count(),
        Message.objects.count(),
        AuditEntry.objects.count(),
    )
    assert before == after
    session.refresh_from_db()
    assert session.places_taken == 1


def test_confirming_books_what_was_shown(partnership, school, lead, staff) -> None:
    session = make_session(partnership, capacity=2)
    group = book(
        lead,
        session,
        school,
        *chosen(*staff[:2]),
        Wanted(name="Nora New", email="nora@example.org", job_role="Teaching assistant"),
        Wanted(name="Paul Paper"),
        declared="Everybody agreed",
    )
    bookings = {one.person.name: one for one in group.bookings.select_related("person")}
    assert {name: one.state for name, one in bookings.items()} == {
        "Staff 0": "confirmed",
        "Staff 1": "confirmed",
        "Nora New": "waiting",
        "Paul Paper": "waiting",
    }
    assert {one.booked_by for one in bookings.values()} == {lead}
    assert bookings["Nora New"].job_role == "Teaching assistant"
    assert bookings["Paul Paper"].declared == "Everybody agreed"
    assert Membership.objects.get(person__name="Nora New").organisation == school
    assert Message.objects.get(to_email="nora@example.org").purpose == "booking_waiting"
    # Whoever has no address is told through whoever booked.
    assert Message.objects.filter(person=lead, text__contains="Paul Paper").exists()
    session.refresh_from_db()
    assert session.places_taken == 2


def test_the_same_form_sent_twice_books_once_and_adds_nobody(partnership, school, lead, staff) -> None:
    session, key = make_session(partnership), uuid4()
    wanted = [*chosen(staff[0]), Wanted(name="Paul Paper")]
    shown = digest(check(lead, session, school, *wanted))
    groups = {book(lead, session, school, *wanted, key=key, shown=shown).pk for _ in range(3)}
    assert len(groups) == 1
    assert Person.objects.filter(name="Paul Paper").count() == 1
    assert Booking.objects.count() == 2


def test_a_place_that_went_meanwhile_is_told_and_nothing_is_booked(
    partnership, school, lead, staff, book_alone
) -> None:
    session = make_session(partnership, capacity=2)
    wanted = [*chosen(*staff[:2]), Wanted(name="Paul Paper")]
    shown = digest(check(lead, session, school, *wanted))
    book_alone(make_person(partnership), session)
    with pytest.raises(NotAsShown) as refusal:
        book(lead, session, school, *wanted, shown=shown)
    assert fates(refusal.value.outcomes) == ["place", "waiting", "waiting"]
    assert Booking.objects.count() == 1
    assert not Person.objects.filter(name="Paul Paper").exists()


def test_a_line_that_was_changed_after_the_check_is_not_booked_unseen(
    partnership, school, lead, staff
) -> None:
    session = make_session(partnership)
    shown = digest(check(lead, session, school, Wanted(name="Paul Paper")))
    with pytest.raises(NotAsShown):
        book(lead, session, school, Wanted(name="Paula Paper"), shown=shown)


def test_one_who_cannot_be_booked_keeps_nobody_else_out(partnership, school, lead, staff, book_alone) -> None:
    session = make_session(partnership, capacity=3)
    book_alone(staff[0], session)
    wanted = [
        *chosen(*staff[:2]),
        Wanted(name="Bad", email="bad@"),
        *chosen(staff[1]),
        Wanted(email="x@y.org"),
    ]
    outcomes = check(lead, session, school, *wanted)
    assert fates(outcomes) == ["refused", "place", "refused", "refused", "refused"]
    assert [one.why for one in outcomes if one.why] == [
        "Staff 0 already has a place on this session.",
        "“bad@” is not an email address.",
        "Staff 1 is on this list twice. This line is left out.",
        "Nobody at Oak Tree School has this address yet. Give their name as well.",
    ]
    group = book(lead, session, school, *wanted)
    assert [one.person for one in group.bookings.all()] == [staff[1]]
    assert [one["name"] for one in group.left_out] == ["Staff 0", "Bad", "Staff 1", "x@y.org"]


def test_the_files_of_a_list_are_read_one_at_a_time(partnership, school, lead) -> None:
    """All sixty of five megabytes together would be more than a process should hold."""
    rule = policy(booking__prerequisite="single_agency_first")
    adopt(partnership, rule, at=datetime(2021, 1, 1, tzinfo=UTC))
    session, size = make_session(partnership), 1_000_000
    actor = actor_for(lead)

    def held() -> str:
        content = b"%PDF-1.4 " + b"x" * size + b"%%EOF"
        return str(hold_evidence(actor=actor, session=session, content=content).key)

    wanted = [Wanted(name=f"Number {number}", evidence=held()) for number in range(20)]
    shown = digest(check_group(actor=actor, session=session, organisation=school, wanted=wanted))
    tracemalloc.start()
    try:
        book_group(actor=actor, session=session, organisation=school, wanted=wanted, key=uuid4(), shown=shown)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert EvidenceFile.objects.count() == 20 and not HeldEvidence.objects.exists()
    # Reading and writing one takes some copies of it.
    assert peak < 10 * size


def test_the_names_of_those_left_out_are_gone_after_the_session(partnership, school, lead, staff) -> None:
    session = make_session(partnership)
    group = book(lead, session, school, *chosen(staff[0]), Wanted(name="Nobody Wanted", email="bad@"))
    forget_who_was_left_out(partnership, timezone.now())
    group.refresh_from_db()
    assert [one["name"] for one in group.left_out] == ["Nobody Wanted"]
    over(session)
    for _ in range(2):
        forget_who_was_left_out(partnership, timezone.now())
    assert tables_with("Nobody Wanted") == []
    assert AuditEntry.objects.filter(action="bookings.forget_who_was_left_out").count() == 1


def test_whoever_is_refused_late_takes_no_place_from_the_next(partnership, school, lead, staff) -> None:
    """A refusal after the queue was looked at must not count a place that nobody has."""
    session = make_session(partnership, capacity=1, single_agency_for=make_organisation(partnership))
    assert fates(check(lead, session, school, *chosen(*staff[:2]))) == ["refused", "refused"]
    session = make_session(partnership, capacity=1)
    assert fates(check(lead, session, school, Wanted(person=0), *chosen(staff[0]))) == ["refused", "place"]


@pytest.mark.parametrize(
    ("wanted", "fate"),
    [
        (Wanted(name="Ann Smith"), "place"),
        (Wanted(name="ann  SMITH"), "place"),
        (Wanted(name="Ann Smith", email="other@example.org"), "ask"),
        (Wanted(name="Ann Smith", email="other@example.org", same_as=SOMEBODY_NEW), "place"),
    ],
)
def test_a_name_alone_names_the_only_one_and_an_address_beside_it_asks(
    partnership, school, lead, wanted, fate
) -> None:
    ann = make_person(partnership, organisation=school, name="Ann Smith")
    (outcome,) = check(lead, make_session(partnership), school, wanted)
    assert outcome.fate == fate
    if fate == "place" and not wanted.same_as:
        assert outcome.person_id == ann.pk
    if fate == "ask":
        assert [one.person for one in outcome.candidates] == [ann]


def test_a_name_of_several_is_asked_about_and_the_answer_holds(partnership, school, lead) -> None:
    first, second = (make_person(partnership, organisation=school, name="Ann Smith") for _ in range(2))
    session = make_session(partnership)
    (outcome,) = check(lead, session, school, Wanted(name="Ann Smith"))
    assert {one.person for one in outcome.candidates} == {first, second}
    (outcome,) = check(lead, session, school, Wanted(name="Ann Smith", same_as=str(second.pk)))
    assert outcome.person_id == second.pk
    # An answer that names somebody else is no answer.
    (outcome,) = check(lead, session, school, Wanted(name="Ann Smith", same_as=str(lead.pk)))
    assert outcome.fate == "ask"


def test_two_lines_of_one_name_are_one_person_unless_somebody_says_otherwise(
    partnership, school, lead
) -> None:
    session = make_session(partnership)
    twice = [Wanted(name="Paul Paper"), Wanted(name="Paul Paper")]
    assert fates(check(lead, session, school, *twice)) == ["place", "ask"]
    book(lead, session, school, twice[0], Wanted(name="Paul Paper", same_as=SOMEBODY_NEW))
    assert Person.objects.filter(name="Paul Paper").count() == 2


def test_an_address_decides_who_it_is_and_the_other_name_is_shown(partnership, school, lead) -> None:
    ann = make_person(partnership, organisation=school, name="Ann Smith")
    (outcome,) = check(lead, make_session(partnership), school, Wanted(name="Anna", email=ann.email.upper()))
    assert (outcome.person_id, outcome.known_as) == (ann.pk, "Ann Smith")


def test_a_lead_learns_nothing_of_people_elsewhere_and_the_team_adds_them(partnership, school, lead) -> None:
    elsewhere, session = make_person(partnership, name="Greta Elsewhere"), make_session(partnership)
    line = Wanted(name="Greta", email=elsewhere.email)
    (outcome,) = check(lead, session, school, line)
    assert outcome.fate == "refused" and "Elsewhere" not in outcome.why + outcome.name
    team = make_person(partnership, Role.TEAM)
    assert book(team, session, school, line).bookings.get().person == elsewhere
    assert Membership.objects.filter(person=elsewhere, organisation=school).exists()


def test_an_address_that_nobody_here_has_is_locked_at_once_also_beside_a_name_that_is_known(
    partnership, school, monkeypatch
) -> None:
    here = make_person(partnership, organisation=school, name="Greta Grey")
    elsewhere, team = make_person(partnership, name="Greta Grey"), make_person(partnership, Role.TEAM)
    locked = []
    monkeypatch.setattr(group_booking, "lock_people", lambda *_, also: locked.append(also))
    line = Wanted(name="Greta Grey", email=elsewhere.email, same_as=SOMEBODY_NEW)
    (outcome,) = check(team, make_session(partnership), school, line)
    assert outcome.membership.person_id == elsewhere.pk
    assert locked == [{here.pk, elsewhere.pk}]


def test_an_address_of_the_neighbour_partnership_is_somebody_new_here(
    partnership, neighbour, school, lead
) -> None:
    with acting_in(neighbour):
        other = make_person(neighbour, name="Somebody There")
    line = Wanted(name="Nora New", email=other.email)
    booking = book(lead, make_session(partnership), school, line).bookings.get()
    assert booking.person.name == "Nora New" and booking.person_id != other.pk


def test_only_a_lead_of_it_and_the_team_book_for_an_organisation(partnership, school, staff) -> None:
    session = make_session(partnership)
    strangers = [
        staff[0],
        make_person(partnership, Role.ORGANISATION_LEAD),
        make_person(partnership, Role.TRAINER),
    ]
    for stranger in strangers:
        with pytest.raises(PermissionDenied):
            check(stranger, session, school, *chosen(staff[1]))
        with pytest.raises(PermissionDenied):
            book(stranger, session, school, *chosen(staff[1]), shown="x")


def test_somebody_of_another_organisation_cannot_be_chosen_by_their_key(partnership, school, lead) -> None:
    (outcome,) = check(lead, make_session(partnership), school, *chosen(make_person(partnership)))
    assert outcome.fate == "refused"
    assert outcome.why == "This person does not belong to Oak Tree School any more."


@pytest.mark.parametrize(
    ("rule", "fate"),
    [("line_manager", "place"), ("organisation_lead", "place"), ("team", "approval"), ("none", "place")],
)
def test_a_lead_speaks_for_the_manager_and_not_for_the_team(
    partnership, school, lead, staff, rule, fate
) -> None:
    session = make_session(partnership, course=make_course(partnership, approval=rule))
    outcomes = check(lead, session, school, *chosen(*staff[:2]))
    assert fates(outcomes) == [fate, fate]
    book(lead, session, school, *chosen(*staff[:2]))
    assert Approval.objects.count() == (2 if rule == "team" else 0)


@pytest.mark.parametrize(("second", "asked"), [(False, "team"), (True, "organisation_lead")])
def test_a_lead_on_their_own_list_without_a_manager_is_approved_by_another_lead_or_the_team(
    partnership, school, lead, staff, second, asked
) -> None:
    """A list has no room to name a line manager."""
    if second:
        make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    outcomes = check(lead, session, school, *chosen(staff[0], lead))
    assert fates(outcomes) == ["place", "approval"]
    book(lead, session, school, *chosen(staff[0], lead))
    approval = Approval.objects.get()
    assert (approval.booking.person, approval.asked) == (lead, asked)


def test_a_lead_on_their_own_list_with_a_manager_is_approved_by_them(
    partnership, school, lead, staff
) -> None:
    lead.memberships.update(line_manager=staff[0])
    session = make_session(partnership, course=make_course(partnership, approval="line_manager"))
    book(lead, session, school, *chosen(lead))
    approval = Approval.objects.get()
    assert (approval.asked, approval.manager_email) == ("line_manager", staff[0].email)


def test_places_held_for_another_sector_are_held_against_a_group_too(
    partnership, school, lead, staff
) -> None:
    session = make_session(partnership, capacity=3)
    police = Sector.objects.create(partnership=partnership, code="police", name="Police", position=2)
    Quota.objects.create(
        partnership=partnership,
        session=session,
        sector=police,
        places=2,
        releases_on=session.starts_at.date(),
    )
    assert fates(check(lead, session, school, *chosen(*staff[:3]))) == ["place", "waiting", "waiting"]
    Quota.objects.update(releases_on=uk_today())
    assert fates(check(lead, session, school, *chosen(*staff[:3]))) == ["place", "place", "place"]


def test_nobody_of_a_group_overtakes_whoever_waits(partnership, school, lead, staff, book_alone) -> None:
    session = make_session(partnership, capacity=1)
    first = book_alone(make_person(partnership), session)
    waits = book_alone(make_person(partnership), session)
    give_up(actor=actor_for(first.person), booking=first)
    assert fates(check(lead, session, school, *chosen(staff[0]))) == ["waiting"]
    waits.refresh_from_db()
    assert waits.state == BookingState.OFFERED


def test_whoever_is_outside_the_audience_needs_a_reason_of_their_own(
    partnership, school, lead, staff
) -> None:
    outside = CompetencyGroup.objects.create(
        partnership=partnership, code="9", title="Level 9", who="Strategic", position=9
    )
    Membership.objects.filter(person=staff[0]).update(competency_group=outside)
    session = make_session(partnership)
    outcomes = check(lead, session, school, *chosen(*staff[:2]))
    assert [bool(one.outside) for one in outcomes] == [True, False]
    shown = digest(outcomes)
    with pytest.raises(NotAsShown):
        book(lead, session, school, *chosen(*staff[:2]), shown=shown)
    reason = Wanted(person=staff[0].pk, audience_reason="Covers for the manager")
    book(lead, session, school, reason, *chosen(staff[1]), shown=shown)
    assert Booking.objects.get(person=staff[0]).audience_reason == "Covers for the manager"


def test_a_clash_is_told_and_refuses_nobody(partnership, school, lead, staff, book_alone) -> None:
    session = make_session(partnership)
    other = make_session(partnership, starts_at=session.starts_at)
    book_alone(staff[0], other)
    outcomes = check(lead, session, school, *chosen(*staff[:2]))
    assert fates(outcomes) == ["place", "place"]
    assert [[one.booking.session for one in outcome.clashes] for outcome in outcomes] == [[other], []]


def test_a_closed_session_and_too_long_a_list_are_refused_as_a_whole(
    partnership, school, lead, staff
) -> None:
    session = make_session(partnership)
    with pytest.raises(DomainError, match="at most"):
        check(lead, session, school, *[Wanted(name=f"Person {number}") for number in range(MOST + 1)])
    session = make_session(partnership, status="cancelled")
    with pytest.raises(DomainError, match="cancelled"):
        check(lead, session, school, *chosen(staff[0]))


def test_nobody_left_to_book_books_no_empty_group(partnership, school, lead, staff, book_alone) -> None:
    session = make_session(partnership)
    book_alone(staff[0], session)
    with pytest.raises(DomainError, match="Nobody"):
        book(lead, session, school, *chosen(staff[0]))
    assert GroupBooking.objects.count() == 0


def test_the_trail_tells_of_the_group_without_names(partnership, school, lead, staff) -> None:
    group = book(lead, make_session(partnership), school, Wanted(name="Paul Paper", email="paul@example.org"))
    entry = AuditEntry.objects.get(action="bookings.book_group")
    assert entry.after["booked"] == [group.bookings.get().pk]
    assert "Paul" not in str(entry.after)


def test_what_comes_first_by_the_policy_is_named_for_each_person(partnership, school, lead, staff) -> None:
    adopt(
        partnership, policy(booking__prerequisite="single_agency_first"), at=datetime(2021, 1, 1, tzinfo=UTC)
    )
    session = make_session(partnership)
    outcomes = check(lead, session, school, *chosen(*staff[:2]))
    assert [one.lacks_training for one in outcomes] == [True, True]
    with pytest.raises(NotAsShown):
        book(lead, session, school, *chosen(*staff[:2]), shown=digest(outcomes))
    done = [
        Wanted(person=one.pk, training="Level 1", trained_on=date(2026, 1, number + 1))
        for number, one in enumerate(staff[:2])
    ]
    book(lead, session, school, *done, shown=digest(outcomes))
    kept = Prerequisite.objects.order_by("completed_on").values_list("training", "completed_on")
    assert list(kept) == [("Level 1", date(2026, 1, 1)), ("Level 1", date(2026, 1, 2))]
