"""The team's desk: what must and what must not stand in each of its lists, for whom, and at which cost."""

from dataclasses import replace
from datetime import time, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from bookings.models import Approval, Attendance, Interest
from courses.models import Course, Session
from evaluations.models import (
    Concern,
    DipAttempt,
    DipContact,
    DipSample,
    Invitation,
    Notice,
    ObservationAction,
    Questionnaire,
    QuestionnaireVersion,
    SingleAgencyAudit,
)
from evaluations.services.observations import observe_session
from notifications.models import Message
from partnership_portal.pages import need_lists, needs
from partnership_portal.pages.needs import BY_KEY, needs_of
from partnership_portal.working_days import uk_moment, uk_today
from partnerships.models import Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, answer, asked_about_own_training
from tests.factories import actor_for, make_course, make_organisation, make_person, make_session
from tests.pages.made import asks_to_join, booked, held_for, later, offered, requested, unsent, walked_in


def an_offer(partnership, number=1):
    return str(offered(later(partnership), minutes=50).person)


def an_approval(partnership, number=1):
    return str(requested(make_session(partnership), reminded_at=timezone.now()).booking.person)


def a_decision(partnership, number=1):
    return later(partnership, minimum=6).course.title


def an_unanswered_question(partnership, number=1):
    return booked(later(partnership), coming_asked_at=timezone.now()).session.course.title


def a_message(partnership, number=1):
    return unsent(partnership, number=number).title


def a_register(partnership, number=1):
    session = make_session(partnership, starts_at=timezone.now() - timedelta(days=1 + number))
    return booked(session).session.course.title


def a_request(partnership, number=1):
    return asks_to_join(partnership, number).name


def a_walk_in(partnership, number=1):
    session = make_session(partnership, starts_at=timezone.now() - timedelta(days=1 + number))
    return str(walked_in(session).booking.person)


def a_concern(partnership, number=1):
    booking = booked(make_session(partnership, starts_at=timezone.now()), state="attended")
    response = Invitation.objects.create(
        partnership=partnership,
        kind="evaluation",
        version=QuestionnaireVersion.objects.create(
            partnership=partnership,
            questionnaire=Questionnaire.objects.create(
                partnership=partnership, kind="evaluation", title=f"Evaluation {number}"
            ),
            number=1,
            published_at=timezone.now(),
        ),
        session=booking.session,
        booking=booking,
        respondent=booking.person,
        respondent_name=booking.person.name,
        policy_version=booking.policy_version,
        invited_at=timezone.now(),
        closes_at=timezone.now(),
        last_asked_on=uk_today(),
    )
    Concern.objects.create(
        partnership=partnership, response=response, signs=[["said", 1]], noticed_at=timezone.now()
    )
    return booking.session.course.title


def an_overdue_action(partnership, number=1):
    observer = make_person(partnership, Role.OBSERVER)
    adopt(partnership)
    observation = observe_session(
        actor=actor_for(observer), session=make_session(partnership, starts_at=timezone.now())
    )
    answer(observation)
    action = ObservationAction.objects.create(
        partnership=partnership,
        observation=observation,
        text=f"Later slides {number}",
        due_on=uk_today() - timedelta(days=1),
        agreed_at=timezone.now(),
        agreed_by=observer,
    )
    return action.text


def over_demand(partnership, number=1):
    session = make_session(partnership, capacity=1)
    booked(session)
    return booked(session, state="waiting").session.course.title


def wanted_dates(partnership, number=1):
    course = make_course(partnership, title=f"Wanted {number}")
    Interest.objects.create(
        partnership=partnership,
        person=make_person(partnership, account=False),
        course=course,
        asked_at=timezone.now(),
    )
    return course.title


def a_quota(partnership, number=1):
    return held_for(make_session(partnership), days=3).session.course.title


def a_risk(partnership, number=1):
    starts_at = timezone.now() + timedelta(days=20)
    return make_session(partnership, starts_at=starts_at, minimum=6).course.title


def a_survey(partnership, **fields):
    booking = booked(make_session(partnership), state="attended")
    questionnaire = Questionnaire.objects.create(
        partnership=partnership, kind="line_manager", title=f"Form {booking.pk}"
    )
    now = timezone.now()
    return Invitation.objects.create(
        partnership=partnership,
        kind="line_manager",
        version=QuestionnaireVersion.objects.create(
            partnership=partnership, questionnaire=questionnaire, number=1, published_at=now
        ),
        session=booking.session,
        booking=booking,
        respondent_name="Meg",
        policy_version=booking.policy_version,
        invited_at=now - timedelta(hours=1),
        closes_at=now + timedelta(days=9),
        last_asked_on=now.date(),
        **{"respondent_email": "meg@old.example", **fields},
    )


def a_notice(partnership, number=1):
    invitation = a_survey(partnership, state="closed", closed_because="left")
    Notice.objects.create(
        partnership=partnership, invitation=invitation, reason="left", given_at=timezone.now()
    )
    return str(invitation.booking.person)


def a_survey_that_came_back(partnership, number=1):
    invitation = a_survey(partnership)
    message = unsent(partnership, number=number)
    Message.objects.filter(pk=message.pk).update(
        purpose="survey-line_manager", to_email=invitation.respondent_email
    )
    return f"Meg: {invitation.session.course}"


def a_survey_sent_to_nobody(partnership, number=1):
    return a_survey(partnership, respondent_email="").session.course.title


def a_call_back(partnership, number=1):
    booking = booked(make_session(partnership), state="attended")
    sample = DipSample.objects.create(
        partnership=partnership,
        key=uuid4(),
        starts_on=uk_today(),
        ends_on=uk_today(),
        filters={},
        strata="none",
        size=1,
        with_managers=False,
        seed=1,
        frame=[["", [booking.pk]]],
        frame_hash="0",
        drawn_at=timezone.now(),
        drawn_by=booking.person,
    )
    contact = DipContact.objects.create(
        partnership=partnership, sample=sample, booking=booking, role="learner", position=number
    )
    promise(contact, timezone.now() - timedelta(hours=1))
    return str(booking.person)


def promise(contact, at=None, *, minutes_ago=60):
    return DipAttempt.objects.create(
        partnership=contact.partnership,
        contact=contact,
        outcome="call_back" if at else "no_answer",
        call_back_at=at,
        at=timezone.now() - timedelta(minutes=minutes_ago),
        by=contact.sample.drawn_by,
    )


def an_overdue_audit(partnership, number=1):
    audited = asked_about_own_training(partnership, make_organisation(partnership))
    SingleAgencyAudit.objects.filter(pk=audited.pk).update(due_at=timezone.now() - timedelta(days=number))
    return audited.organisation.name


MADE = {
    "concerns": a_concern,
    "call-backs": a_call_back,
    "survey-notices": a_notice,
    "survey-addresses": a_survey_that_came_back,
    "survey-calls": a_survey_sent_to_nobody,
    "offers": an_offer,
    "approvals": an_approval,
    "decisions": a_decision,
    "not-answered": an_unanswered_question,
    "messages": a_message,
    "registers": a_register,
    "requests": a_request,
    "walk-ins": a_walk_in,
    "observation-actions": an_overdue_action,
    "single-agency-audits": an_overdue_audit,
    "over-demand": over_demand,
    "wanted-dates": wanted_dates,
    "quotas": a_quota,
    "risks": a_risk,
}


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


def found(team) -> dict[str, list[str]]:
    return {
        one.need.key: [row.title for row in one.rows] for one in needs_of(actor_for(team), timezone.now())
    }


def test_every_list_is_tried() -> None:
    assert set(MADE) == set(BY_KEY)


def test_a_list_that_can_hold_nothing_is_left_out(partnership, team, monkeypatch) -> None:
    told = MADE["requests"](partnership)
    never = replace(BY_KEY["concerns"], find=lambda actor, now: Concern.objects.none())
    monkeypatch.setattr("partnership_portal.pages.needs.NEEDS", (never, BY_KEY["requests"]))
    ((key, (title,)),) = found(team).items()
    assert key == "requests" and told in title


@pytest.mark.parametrize("key", MADE)
def test_what_needs_the_team_is_one_click_from_what_settles_it(key, partnership, team, sign_in) -> None:
    told = MADE[key](partnership)
    browser = sign_in(team)
    page = browser.get("/alphashire/desk/").content.decode()
    assert f'id="{key}"' in page
    (need,) = [one for one in needs_of(actor_for(team), timezone.now()) if one.need.key == key]
    assert need.total == 1 and told in need.rows[0].title
    assert f'href="{need.rows[0].url}"' in page
    assert browser.get(need.rows[0].url).status_code == 200
    whole = browser.get(f"/alphashire/desk/needs/{key}/").content.decode()
    assert told in whole.replace("&#x27;", "'")


@pytest.mark.parametrize("key", MADE)
def test_the_neighbours_things_are_not_on_the_desk(key, partnership, neighbour, team, sign_in) -> None:
    with acting_in(neighbour):
        MADE[key](neighbour)
    assert found(team) == {}
    assert "Nothing needs you at the moment" in sign_in(team).get("/alphashire/desk/").content.decode()
    assert "Nothing here" in sign_in(team).get(f"/alphashire/desk/needs/{key}/").content.decode()


def test_a_call_back_is_due_on_its_day_until_somebody_rings_again(partnership, team) -> None:
    a_call_back(partnership)
    contact = DipContact.objects.get()
    for at, is_due in (
        (timezone.now() + timedelta(days=1), False),
        (uk_moment(uk_today(), time(23, 59)), True),
        (None, False),
        (timezone.now() - timedelta(days=3), True),
    ):
        promise(contact, at, minutes_ago=0)
        assert ("call-backs" in found(team)) is is_due, at


@pytest.mark.parametrize(
    ("kind", "due_in", "state", "is_rung"),
    [
        ("impact", 5, "open", True),
        ("evaluation", 1, "open", False),
        ("evaluation", -1, "open", True),
        ("evaluation", -1, "closed", False),
        ("pre_course", -1, "open", False),
    ],
)
def test_whoever_has_no_address_is_rung_about_the_course_unless_the_code_is_fresh(
    kind, due_in, state, is_rung, partnership, team
) -> None:
    one = a_survey(partnership, respondent_email="")
    now = timezone.now()
    asked = Invitation.objects.filter(pk=one.pk)
    asked.update(kind=kind, state=state, due_at=now + timedelta(days=due_in), respondent=one.booking.person)
    assert "survey-calls" not in found(team), "there is an address"
    Person.objects.filter(pk=one.booking.person_id).update(email="")
    assert ("survey-calls" in found(team)) is is_rung
    asked.update(closes_at=now)
    assert "survey-calls" not in found(team), "the time is over"


def test_a_session_is_listed_once_with_how_many_are_to_be_rung(partnership, team) -> None:
    one = a_survey(partnership, respondent_email="")
    another = a_survey(partnership, respondent_email="")
    Invitation.objects.filter(pk=another.pk).update(session=one.session)
    (need,) = [one for one in needs_of(actor_for(team), timezone.now()) if one.need.key == "survey-calls"]
    (row,) = need.rows
    assert row.tag.startswith("2 people to ring by ")


def test_an_offer_with_days_to_go_needs_nobody(partnership, team) -> None:
    offered(make_session(partnership), days=9)
    offered(make_session(partnership), minutes=-5)
    assert "offers" not in found(team)


def test_an_offer_that_ends_when_booking_closes_is_about_to_run_out(partnership, team) -> None:
    offered(make_session(partnership), days=9)
    Session.objects.update(booking_closes_at=timezone.now() + timedelta(minutes=50))
    assert "offers" in found(team)
    Session.objects.update(booking_closes_at=timezone.now() - timedelta(minutes=1))
    assert "offers" not in found(team)


def test_whoever_has_no_email_is_to_be_rung(partnership, team) -> None:
    one = offered(later(partnership), minutes=50)
    one.person.email = ""
    one.person.save()
    (need,) = [one for one in needs_of(actor_for(team), timezone.now()) if one.need.key == "offers"]
    assert "No email address: they don’t know yet" in need.rows[0].facts and need.rows[0].colour == "red"


def test_a_fresh_request_with_time_left_is_not_stuck(partnership, team) -> None:
    requested(make_session(partnership))
    decided = requested(make_session(partnership), reminded_at=timezone.now())
    Approval.objects.filter(pk=decided.pk).update(decision="approved", decided_at=timezone.now())
    assert "approvals" not in found(team)


@pytest.mark.parametrize(
    "fields",
    [
        {"asked": "team", "rule": "team"},
        {"escalated_at": timezone.now(), "asked": "organisation_lead"},
        {"asked_at": timezone.now() - timedelta(days=9)},
        {"expires_at": timezone.now() + timedelta(minutes=30)},
    ],
    ids=["asked of the team", "passed on", "older than the reminder", "runs out"],
)
def test_a_request_that_is_stuck(fields, partnership, team) -> None:
    requested(make_session(partnership), **fields)
    assert len(found(team)["approvals"]) == 1


def test_who_has_answered_or_was_not_asked_is_no_question(partnership, team) -> None:
    now = timezone.now()
    session = later(partnership)
    booked(session)
    booked(session, coming_asked_at=now, coming_confirmed_at=now)
    booked(session, coming_asked_at=now, state="cancelled")
    past = make_session(partnership, starts_at=now - timedelta(hours=1))
    booked(past, coming_asked_at=now)
    assert "not-answered" not in found(team)


def test_a_short_waiting_list_is_no_over_demand(partnership, team) -> None:
    session = make_session(partnership, capacity=20, minimum=6)
    for _ in range(4):
        booked(session, state="waiting")
    assert "over-demand" not in found(team)
    booked(session, state="waiting")
    assert len(found(team)["over-demand"]) == 1, "a quarter of the places"


def test_as_many_waiting_as_a_session_needs_are_over_demand(partnership, team) -> None:
    session = make_session(partnership, capacity=60, minimum=3)
    for number in range(3):
        assert "over-demand" not in found(team), number
        booked(session, state="waiting")
    assert "over-demand" in found(team)


def test_a_marked_register_is_not_outstanding(partnership, team) -> None:
    session = make_session(partnership, starts_at=timezone.now() - timedelta(days=2))
    booking = booked(session)
    Attendance.objects.create(
        partnership=partnership,
        booking=booking,
        session_date=session.dates.get(),
        mark="present",
        marked_at=timezone.now(),
    )
    assert "registers" not in found(team)


def test_a_date_added_after_the_others_were_marked_is_outstanding(partnership, team) -> None:
    session = make_session(partnership, starts_at=timezone.now() - timedelta(days=9), days=2)
    booking = booked(session, state="attended")
    first = session.dates.order_by("starts_at")[0]
    Attendance.objects.create(
        partnership=partnership,
        booking=booking,
        session_date=first,
        mark="present",
        marked_at=timezone.now(),
    )
    assert found(team)["registers"] == [session.course.title]


def test_a_settled_walk_in_is_done(partnership, team) -> None:
    past = make_session(partnership, starts_at=timezone.now() - timedelta(days=2))
    walked_in(past, said="")
    walked_in(past, settled_at=timezone.now())
    assert "walk-ins" not in found(team)


def test_a_filled_a_released_and_a_distant_quota_need_nobody(partnership, team) -> None:
    filled = make_session(partnership)
    booked(filled)
    held_for(filled, days=3, places=1)
    held_for(make_session(partnership), days=-1)
    held_for(make_session(partnership), days=9)
    assert "quotas" not in found(team)


def test_a_quota_counts_its_own_people_only(partnership, team) -> None:
    session = make_session(partnership)
    own = make_organisation(partnership)
    held_for(session, days=3, places=1, organisation=own)
    booked(session)
    assert len(found(team)["quotas"]) == 1
    booked(session, make_person(partnership, organisation=own))
    assert "quotas" not in found(team)


def test_a_course_with_dates_to_book_is_not_wanted(partnership, team) -> None:
    wanted_dates(partnership)
    make_session(partnership, course=Course.objects.get())
    assert "wanted-dates" not in found(team)


def test_sent_messages_and_decided_requests_need_nobody(partnership, team) -> None:
    unsent(partnership, state="sent")
    asks_to_join(partnership, state="accepted", decided_at=timezone.now())
    assert not {"messages", "requests"} & set(found(team))


def test_a_long_list_shows_its_first_rows_and_leads_to_the_rest(partnership, team, sign_in) -> None:
    for number in range(7):
        unsent(partnership, number=number)
    page = sign_in(team).get("/alphashire/desk/").content.decode()
    assert "(7)" in page and page.count("Title of failed") == 5
    assert "See all 7" in page and "/alphashire/desk/needs/messages/" in page


def test_the_desk_is_the_teams(partnership, sign_in) -> None:
    for role in (Role.TRAINER, Role.ORGANISATION_LEAD, Role.SUBGROUP_CHAIR):
        browser = sign_in(make_person(partnership, role))
        for address in ("", "needs/offers/"):
            assert browser.get(f"/alphashire/desk/{address}").status_code == 403


def test_no_list_of_another_name(team, sign_in) -> None:
    assert sign_in(team).get("/alphashire/desk/needs/lunch/").status_code == 404


@pytest.mark.parametrize(("rows", "queries"), [(0, 12), (1, 33), (5, 33)])
def test_the_desk_asks_once_for_all_kinds_and_once_for_each_that_is_there(
    partnership, team, sign_in, settings, django_assert_num_queries, rows, queries
) -> None:
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.db"
    for number in range(rows):
        for make in MADE.values():
            make(partnership, number + 1)
        make_session(partnership, starts_at=timezone.now() + timedelta(minutes=1))
    browser = sign_in(team)
    browser.get("/alphashire/desk/")
    with django_assert_num_queries(queries):
        browser.get("/alphashire/desk/")


def test_a_list_that_was_cut_says_so(partnership, team, sign_in, monkeypatch) -> None:
    for number in range(3):
        unsent(partnership, number=number)
    browser, address = sign_in(team), "/alphashire/desk/needs/messages/"
    assert "These are the first" not in browser.get(address).content.decode()
    for module in (needs, need_lists):
        monkeypatch.setattr(module, "MOST_LISTED", 2)
    page = browser.get(address)
    assert "These are the first 2." in page.content.decode() and len(page.context["page_obj"]) == 2
