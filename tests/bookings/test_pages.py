"""The pages of booking: from the session to the place, also from stale pages and from the wrong people."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from bookings.as_shown import session_as_shown
from bookings.models import AccessNeeds, Approval, Booking
from bookings.services.places import book_place, give_up
from courses.models import Session
from notifications.models import Message
from partnerships.models import AuditEntry, Membership, Person, User
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.bookings.moving import begun, over
from tests.bookings.pressing import press, shown_on
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session
from tests.pages.made import booked


def url(name: str, *args: int) -> str:
    return reverse(f"bookings:{name}", args=["alphashire", *args])


def promise(session) -> dict[str, str]:
    """The promise to come, from a form that shows the session as it is."""
    return {"declaration": "on", "expects_place": "True", "session_shown": session_as_shown(session)}


def _post_booking(client, person, session, **changes):
    organisation = person.memberships.first().organisation_id
    return client.post(
        url("book", session.pk),
        {"organisation": organisation, **promise(session), **changes},
        follow=True,
    )


def test_booking_leads_to_the_confirmation_with_all_one_needs(partnership, sign_in) -> None:
    person = make_person(partnership)
    session = make_session(partnership, days=2, joining_link="https://meet.example/room")
    client = sign_in(person)
    page = client.get(url("book", session.pk))
    assert "20 places left." in page.content.decode()
    assert "meet.example" not in page.content.decode()
    page = _post_booking(client, person, session, access_needs="Hearing loop")
    text = page.content.decode()
    assert page.redirect_chain[-1][0] == url("booking", Booking.objects.get().pk)
    assert Booking.objects.get().declared == "My manager agrees, and I can come to every date"
    for part in (
        "You have a place",
        "https://meet.example/room",
        "Hearing loop",
        "calendar.ics",
        "Cancel the booking",
        f"by {person.name}: “My manager agrees, and I can come to every date”",
    ):
        assert part in text, part


def test_the_form_says_what_is_missing(partnership, sign_in) -> None:
    person, session = make_person(partnership), make_session(partnership)
    second = make_organisation(partnership, name="Second job")
    Membership.objects.create(
        partnership=partnership, person=person, organisation=second, started_on=timezone.now().date()
    )
    page = sign_in(person).post(url("book", session.pk), {"expects_place": "True"})
    text = page.content.decode()
    assert "Choose the organisation this is for" in text
    assert "Confirm that you can come" in text
    assert 'href="#id_declaration"' in text
    assert not Booking.objects.exists()
    page = _post_booking(sign_in(person), person, session, organisation=second.pk)
    assert Booking.objects.get().organisation == second


@pytest.mark.parametrize(
    ("capacity", "words"), [(20, "You have a place"), (1, "You are on the waiting list")]
)
def test_whoever_has_a_place_or_waits_is_not_asked_to_book_again(
    capacity, words, partnership, sign_in, book
) -> None:
    session, other = make_session(partnership, capacity=capacity), make_person(partnership)
    book(other, session)
    person = make_person(partnership)
    booking = book(person, session)
    make_session(partnership, course=session.course)
    course = reverse("courses:course", args=["alphashire", session.course.slug])
    for page in (reverse("courses:session", args=["alphashire", session.pk]), course):
        text = sign_in(person).get(page).content.decode()
        assert words in text and url("booking", booking.pk) in text
        assert url("book", session.pk) + '"' not in text
        for reader in (Client(), sign_in(make_person(partnership))):
            text = reader.get(page).content.decode()
            assert words not in text and url("book", session.pk) + '"' in text
    # The course's other session is still offered, and the front page says it too.
    assert sign_in(person).get(course).content.decode().count("/book/") == 1
    assert words in sign_in(person).get("/alphashire/").content.decode()
    cancelled = press(sign_in(person), url("cancel", booking.pk), reason="")
    assert cancelled.redirect_chain
    assert words not in sign_in(person).get(course).content.decode()


def test_a_place_that_is_only_held_is_not_called_theirs(partnership, sign_in, book) -> None:
    session = make_session(partnership, capacity=1)
    (holder, place), (person, turn) = [
        (one, book(one, session)) for one in (make_person(partnership), make_person(partnership))
    ]
    give_up(actor=actor_for(holder), booking=place)
    client = sign_in(person)
    course = reverse("courses:course", args=["alphashire", session.course.slug])
    for page in (course, reverse("courses:session", args=["alphashire", session.pk]), "/alphashire/"):
        text = client.get(page).content.decode()
        assert "A place is held for you" in text and "You have a place" not in text, page
    assert (
        url("offer", turn.pk)
        in client.get(reverse("courses:session", args=["alphashire", session.pk])).content.decode()
    )
    # It is taken or let go on the offer's page; there is nothing to cancel yet.
    assert url("cancel", turn.pk) not in client.get(url("booking", turn.pk)).content.decode()


def test_the_team_sees_how_to_reach_whoever_has_an_offer_and_comes_back_to_the_session(
    partnership, sign_in, book
) -> None:
    session, holder = make_session(partnership, capacity=1), make_person(partnership)
    place, person = book(holder, session), make_person(partnership, name="Olu Offered")
    Person.objects.filter(pk=person.pk).update(phone="01632 960123")
    turn = book(person, session)
    give_up(actor=actor_for(holder), booking=place)
    team = sign_in(make_person(partnership, Role.TEAM))
    assert "01632 960123" in team.get(url("offer", turn.pk)).content.decode()
    assert "01632 960123" not in sign_in(person).get(url("offer", turn.pk)).content.decode()
    text = press(team, url("offer", turn.pk), take="1").content.decode()
    assert "The place is Olu Offered’s. We have sent" in text and url("places", session.pk) in text


def test_the_way_back_from_somebody_elses_booking_leads_to_the_list_it_stands_in(
    partnership, sign_in, book
) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    person = make_person(partnership, organisation=organisation)
    page = url("booking", book(person, session).pk)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    team = make_person(partnership, Role.TEAM)
    for reader, back in (
        (person, url("mine")),
        (lead, url("organisation_bookings")),
        (team, url("desk_session", session.pk)),
    ):
        text = sign_in(reader).get(page).content.decode()
        assert f'<a href="{back}" class="govuk-back-link"' in text, back


def test_a_lead_with_a_place_can_still_book_for_others(partnership, sign_in, book) -> None:
    lead, session = make_person(partnership, Role.ORGANISATION_LEAD), make_session(partnership)
    book(lead, session)
    text = sign_in(lead).get(reverse("courses:session", args=["alphashire", session.pk])).content.decode()
    assert "You have a place" in text and url("choose_person", session.pk) in text


def test_the_page_of_an_online_session_says_where_the_link_is(partnership, sign_in, book) -> None:
    session = make_session(partnership, venue=None, joining_link="https://meet.example/room", capacity=1)
    page = reverse("courses:session", args=["alphashire", session.pk])
    people = [make_person(partnership) for _ in range(2)]
    for person, told in zip(people, ("link is in your booking", "link when you have a place"), strict=True):
        book(person, session)
        text = sign_in(person).get(page).content.decode()
        assert told in text and "meet.example" not in text
    assert "link when you have a place" in Client().get(page).content.decode()


def test_a_waiting_list_that_has_closed_says_so(partnership, sign_in, book) -> None:
    session, person = make_session(partnership, capacity=1), make_person(partnership)
    book(make_person(partnership), session)
    book(person, session)
    Session.objects.filter(pk=session.pk).update(booking_closes_at=timezone.now())
    page = sign_in(person).get(reverse("courses:session", args=["alphashire", session.pk]))
    assert "no place has come free for you" in page.content.decode()


@pytest.mark.parametrize("sessions", [1, 5])
def test_a_courses_page_asks_once_for_the_readers_own_bookings(
    sessions, partnership, sign_in, book, django_assert_num_queries
) -> None:
    person, course = make_person(partnership), make_course(partnership)
    for _ in range(sessions):
        book(person, make_session(partnership, course=course))
    client, page = sign_in(person), reverse("courses:course", args=["alphashire", course.slug])
    client.get(page)
    with django_assert_num_queries(18):
        assert "You have a place" in client.get(page).content.decode()


def test_ending_a_membership_names_the_bookings_still_to_come(partnership, sign_in, book) -> None:
    person, team = make_person(partnership), make_person(partnership, Role.TEAM)
    membership = person.memberships.get()
    page = reverse("partnerships:membership_end", args=["alphashire", membership.pk])
    assert "none is still to come" in sign_in(team).get(page).content.decode()
    coming = book(person, make_session(partnership))
    gone, theirs = book(person, make_session(partnership)), book(team, make_session(partnership))
    over(gone.session)
    second = make_organisation(partnership)
    Membership.objects.create(
        partnership=partnership, person=person, organisation=second, started_on=timezone.now().date()
    )
    other = book_place(
        actor=actor_for(person), session=make_session(partnership), person=person, organisation=second
    )
    text = sign_in(team).get(page).content.decode()
    assert url("booking", coming.pk) in text and coming.session.course.title in text
    for left_out in (gone, theirs, other):
        assert url("booking", left_out.pk) not in text


def test_a_forged_organisation_is_refused(partnership, sign_in) -> None:
    person, session = make_person(partnership), make_session(partnership)
    _post_booking(sign_in(person), person, session, organisation=make_organisation(partnership).pk)
    assert not Booking.objects.exists()


def test_a_stale_page_offers_the_waiting_list_and_books_nothing_by_itself(partnership, sign_in, book) -> None:
    person, session = make_person(partnership), make_session(partnership, capacity=1)
    client = sign_in(person)
    assert "1 place left." in client.get(url("book", session.pk)).content.decode()
    book(make_person(partnership), session)
    page = _post_booking(client, person, session, access_needs="Large print")
    text = page.content.decode()
    assert page.status_code == 409
    assert "has just gone" in text
    assert "Join the waiting list" in text
    assert "Large print" in text
    assert not Booking.objects.filter(person=person).exists()
    page = _post_booking(client, person, session, expects_place="False")
    assert "You are number 1 on the waiting list" in page.content.decode()


def test_pressing_twice_shows_the_booking_that_is_there(partnership, sign_in) -> None:
    person, session = make_person(partnership), make_session(partnership)
    client = sign_in(person)
    for _ in range(2):
        page = _post_booking(client, person, session)
    assert "You already have a place on this session." in page.content.decode()
    assert Booking.objects.count() == 1
    assert client.get(url("book", session.pk))["Location"] == url("booking", Booking.objects.get().pk)


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_session_that_is_over_is_refused_in_a_sentence(partnership, sign_in, method) -> None:
    person, session = make_person(partnership), over(make_session(partnership))
    page = getattr(sign_in(person), method)(url("book", session.pk), promise(session))
    assert page.status_code == 409
    assert "This session is over." in page.content.decode()


def test_signing_in_comes_back_to_the_booking(partnership) -> None:
    session = make_session(partnership)
    page = Client().get(url("book", session.pk))
    assert page.status_code == 302
    assert page["Location"].endswith(f"?next={url('book', session.pk)}")


def test_an_account_without_membership_is_asked_to_join(partnership) -> None:
    client = Client()
    client.force_login(
        User.objects.create_user("new@alphashire.example", "correct horse battery", name="New")
    )
    page = client.get(url("book", make_session(partnership).pk))
    assert page["Location"] == reverse("partnerships:join", args=["alphashire"])


def test_my_bookings_show_what_is_coming_where_i_wait_and_what_was(partnership, sign_in, book) -> None:
    person = make_person(partnership)
    sessions = [make_session(partnership, capacity=1) for _ in range(3)]
    book(person, sessions[0])
    book(make_person(partnership), sessions[1])
    book(person, sessions[1])
    book(person, sessions[2])
    over(sessions[2])
    page = sign_in(person).get(url("mine"))
    found = page.context
    assert [[one.session for one in found[part]] for part in ("coming", "waiting", "past")] == [
        [sessions[0]],
        [sessions[1]],
        [sessions[2]],
    ]
    assert "Number 1 on the list" in page.content.decode()


@pytest.mark.parametrize("own", [True, False], ids=["one's own", "somebody else's"])
@pytest.mark.parametrize(
    ("state", "question", "done"),
    [
        ("requested", "Take back YOUR request?", "YOUR request for a place on this session is taken back."),
        ("waiting", "LEAVE the waiting list?", "YOU HAVE the waiting list for this session."),
        ("offered", "Let the place go that is held for YOU?", "that was held for YOU is let go."),
        ("confirmed", "Cancel", "The booking is cancelled."),
    ],
)
def test_what_is_given_up_is_called_what_it_is_on_the_page_and_afterwards(
    partnership, sign_in, state, question, done, own
) -> None:
    learner, team = make_person(partnership, name="Ann Other"), make_person(partnership, Role.TEAM)
    until = timezone.now() + timedelta(hours=5)
    booking = booked(make_session(partnership), learner, state, offer_expires_at=until)
    if state == "requested":
        Approval.objects.create(
            partnership=partnership,
            booking=booking,
            rule="team",
            asked="team",
            asked_at=until,
            expires_at=until,
        )
    said = {
        "YOUR": "your" if own else "Ann Other’s",
        "YOU HAVE": "You have left" if own else "Ann Other was taken off",
        "YOU": "you" if own else "Ann Other",
        "LEAVE": "Leave" if own else "Take Ann Other off",
    }
    for word, meant in said.items():
        question, done = question.replace(word, meant), done.replace(word, meant)
    client = sign_in(learner if own else team)
    page = client.get(url("cancel", booking.pk)).content.decode()
    assert question in page
    assert state == "waiting" or "waiting list" not in page
    assert f'name="shown" value="{state} ' in page
    after = press(client, url("cancel", booking.pk), reason="").content.decode()
    assert done[1:] in after


def test_cancelling_asks_first_and_acts_on_post_only(partnership, sign_in, book) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership))
    client = sign_in(person)
    page = client.get(url("cancel", booking.pk))
    assert "Cancel your place?" in page.content.decode()
    booking.refresh_from_db()
    assert booking.state == "confirmed"
    press(client, url("cancel", booking.pk), reason="Ill")
    booking.refresh_from_db()
    assert (booking.state, booking.end_reason) == ("cancelled", "Ill")


@pytest.mark.parametrize("shown", ["requested", "waiting", "offered", ""])
def test_a_page_left_open_gives_up_no_place_that_came_meanwhile(partnership, sign_in, shown) -> None:
    """Whoever meant to leave the queue would else cancel a place, perhaps late and charged."""
    person = make_person(partnership)
    session = make_session(partnership, starts_at=timezone.now() + timedelta(days=2))
    booking, client = booked(session, person, "confirmed"), sign_in(person)
    page = client.post(url("cancel", booking.pk), {"reason": "Ill", "shown": shown})
    assert page.status_code == 409
    text = page.content.decode()
    assert "Meanwhile you have a place on this session. Nothing is given up yet." in text
    # It asks about the place now, with what that means, and keeps what was typed.
    assert "Cancel your place?" in text and "It will count as a late cancellation." in text
    assert 'name="shown" value="confirmed ' in text and "Ill</textarea>" in text
    booking.refresh_from_db()
    assert (booking.state, booking.was_late_cancellation) == ("confirmed", False)
    assert not Message.objects.exists() and not AuditEntry.objects.filter(action="bookings.give_up").exists()
    press(client, url("cancel", booking.pk), reason="Ill")
    booking.refresh_from_db()
    assert (booking.state, booking.was_late_cancellation) == ("cancelled", True)


def test_whoever_leaves_the_list_hears_first_that_a_place_is_held(partnership, sign_in, book) -> None:
    person, team = make_person(partnership, name="Ann Other"), make_person(partnership, Role.TEAM)
    until = timezone.now() + timedelta(hours=5)
    booking = booked(make_session(partnership), person, "offered", offer_expires_at=until)
    for reader, whom in ((person, "you"), (team, "Ann Other")):
        page = sign_in(reader).post(url("cancel", booking.pk), {"reason": "", "shown": "waiting"})
        assert page.status_code == 409
        assert f"A place has come free meanwhile and is held for {whom}." in page.content.decode()
    booking.refresh_from_db()
    assert booking.state == "offered"
    # Where there was less to lose than the page said, the page does what it said.
    other = booked(make_session(partnership), person, "waiting")
    client = sign_in(person)
    shown = shown_on(client, url("cancel", other.pk)).replace("waiting", "requested")
    press(client, url("cancel", other.pk), shown, reason="")
    other.refresh_from_db()
    assert other.state == "withdrawn"


def test_the_page_warns_of_short_notice(partnership, sign_in, book) -> None:
    session = make_session(partnership)
    person = make_person(partnership)
    booking = book(person, session)
    client = sign_in(person)
    assert "late cancellation" not in client.get(url("cancel", booking.pk)).content.decode()
    Session.objects.filter(pk=session.pk).update(
        starts_at=timezone.now() + timedelta(days=1), booking_closes_at=timezone.now()
    )
    assert "late cancellation" in client.get(url("cancel", booking.pk)).content.decode()


def test_nobody_sees_or_cancels_what_is_not_theirs(partnership, neighbour, sign_in, book) -> None:
    organisation = make_organisation(partnership)
    person = make_person(partnership, organisation=organisation)
    booking = book(person, make_session(partnership), access_needs="Secret need")
    strangers = [
        make_person(partnership, organisation=organisation),
        make_person(partnership, Role.ORGANISATION_LEAD),
        make_person(partnership, Role.TRAINER),
    ]
    for stranger in strangers:
        for name in ("booking", "cancel", "calendar", "access_needs"):
            assert sign_in(stranger).get(url(name, booking.pk)).status_code == 404, (stranger, name)
            assert sign_in(stranger).post(url(name, booking.pk)).status_code == 404, (stranger, name)
    with acting_in(neighbour):
        foreign_team = make_person(neighbour, Role.TEAM)
        theirs = make_session(neighbour)
    assert sign_in(foreign_team).get(f"/betashire/me/bookings/{booking.pk}/").status_code == 404
    assert sign_in(person).get(url("book", theirs.pk)).status_code == 404


def test_a_lead_sees_the_booking_but_neither_needs_nor_joining_link(partnership, sign_in, book) -> None:
    organisation = make_organisation(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    session = make_session(partnership, joining_link="https://meet.example/room")
    booking = book(make_person(partnership, organisation=organisation), session, access_needs="Secret need")
    page = sign_in(lead).get(url("booking", booking.pk)).content.decode()
    assert "Cancel the booking" in page
    assert "Secret need" not in page
    assert "meet.example" not in page


def test_a_lead_is_told_of_a_booking_through_another_organisation(partnership, sign_in, book) -> None:
    person, organisation = make_person(partnership), make_organisation(partnership)
    session = make_session(partnership)
    book(person, session)
    Membership.objects.create(
        partnership=partnership, person=person, organisation=organisation, started_on=timezone.now().date()
    )
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    page = sign_in(lead).get(url("book_for", session.pk, person.pk))
    assert page.status_code == 409
    assert "is booked on this session through another organisation" in page.content.decode()


def test_a_lead_books_for_a_colleague_and_nobody_else_does(partnership, sign_in) -> None:
    organisation, session = make_organisation(partnership), make_session(partnership)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=organisation)
    colleague = make_person(partnership, organisation=organisation, name="Cal Colleague")
    stranger = make_person(partnership, name="Stan Stranger")
    public = f"/alphashire/sessions/{session.pk}/"
    assert url("choose_person", session.pk) in sign_in(lead).get(public).content.decode()
    assert url("choose_person", session.pk) not in sign_in(colleague).get(public).content.decode()
    client = sign_in(lead)
    page = client.get(url("choose_person", session.pk)).content.decode()
    assert "Cal Colleague" in page
    assert "Stan Stranger" not in page
    client.post(
        url("book_for", session.pk, colleague.pk), {"organisation": organisation.pk, **promise(session)}
    )
    assert Booking.objects.get().person == colleague
    assert "Already booked" in client.get(url("choose_person", session.pk)).content.decode()
    assert client.get(url("book_for", session.pk, stranger.pk)).status_code == 404
    assert sign_in(colleague).get(url("book_for", session.pk, lead.pk)).status_code == 404
    assert sign_in(colleague).get(url("choose_person", session.pk)).status_code == 404


def test_the_team_finds_and_books_anybody(partnership, sign_in) -> None:
    session, team = make_session(partnership), make_person(partnership, Role.TEAM)
    person = make_person(partnership, name="Wanda Walkin", account=False)
    begun(session)
    client = sign_in(team)
    assert "Wanda" not in client.get(url("choose_person", session.pk)).content.decode()
    assert "Wanda" in client.get(url("choose_person", session.pk), {"q": "WALK"}).content.decode()
    page = client.post(
        url("book_for", session.pk, person.pk),
        {"organisation": person.memberships.get().organisation_id, **promise(session)},
        follow=True,
    )
    assert page.redirect_chain[-1][0] == url("desk_session", session.pk)
    assert "Wanda Walkin has a place." in page.content.decode()


def test_access_needs_can_be_changed_from_the_booking(partnership, sign_in, book) -> None:
    person = make_person(partnership)
    booking = book(person, make_session(partnership), access_needs="Loop")
    client = sign_in(person)
    assert "Loop" in client.get(url("access_needs", booking.pk)).content.decode()
    client.post(url("access_needs", booking.pk), {"access_needs": "Large print"})
    assert AccessNeeds.objects.get().text == "Large print"


def test_from_the_sessions_page_the_team_gets_to_a_booking_and_to_whoever_is_to_be_rung(
    partnership, sign_in, book
) -> None:
    school = make_organisation(partnership)
    person = make_person(partnership, organisation=school)
    Person.objects.filter(pk=person.pk).update(phone="01632 960123")
    session = make_session(partnership)
    booking = book(person, session)
    team = sign_in(make_person(partnership, Role.TEAM))
    assert url("booking", booking.pk) in team.get(url("desk_session", session.pk)).content.decode()
    page = team.get(url("booking", booking.pk)).content.decode()
    assert "Telephone: 01632 960123" in page and f"mailto:{person.email}" in page
    trainer = make_person(partnership, Role.TRAINER)
    session.trainer_links.create(partnership=partnership, person=trainer)
    lead = make_person(partnership, Role.ORGANISATION_LEAD, organisation=school)
    for reader in (person, trainer, lead):
        page = sign_in(reader).get(url("booking", booking.pk)).content.decode()
        assert "01632 960123" not in page and "mailto:" + person.email not in page
    page = sign_in(trainer).get(url("training_session", session.pk)).content.decode()
    assert person.name in page and url("booking", booking.pk) not in page
