"""Questionnaires that are renamed, retired and brought back; and who counts as asked."""

import re
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_before_courses, ask_for_evaluations
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation, Questionnaire, SingleAgencyAudit
from evaluations.queries import response_rates
from evaluations.services.drafts import new_questionnaire, publish_draft
from evaluations.services.questionnaires import (
    adopt_library,
    ask_about_courses,
    ask_by_default,
    bring_back_questionnaire,
    rename_questionnaire,
    retire_questionnaire,
    version_in_use,
)
from partnership_portal.working_days import add_working_days, uk_date
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from tests.evaluations.made import analysis_of, answer, asked_about_own_training, at, booked, held
from tests.evaluations.test_builder import TWO_PAGES
from tests.factories import (
    actor_for,
    adopt,
    job,
    make_course,
    make_organisation,
    make_person,
    make_session,
    policy,
)


@pytest.fixture
def person(partnership):
    return make_person(partnership, Role.TEAM)


@pytest.fixture
def team(person):
    return actor_for(person)


@pytest.fixture
def own(team) -> Questionnaire:
    form = new_questionnaire(actor=team, kind=QuestionnaireKind.EVALUATION, title="Own", copy_of=TWO_PAGES)
    publish_draft(actor=team, questionnaire=form, revision=1, still_the_same=[])
    return form


class TestRename:
    def test_the_title_is_new_and_the_library_still_knows_its_own(self, partnership, team) -> None:
        form = Questionnaire.objects.get(kind="evaluation")
        for _ in range(2):
            rename_questionnaire(actor=team, questionnaire=form, title=" How was it? ")
        assert [one.title for one in Questionnaire.objects.filter(kind="evaluation")] == ["How was it?"]
        assert adopt_library(actor=job(partnership)) == []
        assert Questionnaire.objects.filter(kind="evaluation").count() == 1
        assert Questionnaire.objects.get(kind="evaluation").is_default
        entry = AuditEntry.objects.get(action="evaluations.rename_questionnaire")
        assert entry.before == {"title": "Course evaluation"}

    @pytest.mark.parametrize(
        ("title", "sentence"), [("Course evaluation", "already a questionnaire"), (" ", "Enter a title")]
    )
    def test_not_to_nothing_and_not_to_anothers_title(self, team, own, title, sentence) -> None:
        with pytest.raises(DomainError, match=sentence):
            rename_questionnaire(actor=team, questionnaire=own, title=title)

    def test_page(self, person, own, sign_in) -> None:
        client = sign_in(person)
        address = reverse("evaluations:questionnaire_rename", args=["alphashire", own.pk])
        assert 'value="Own"' in client.get(address).content.decode()
        refused = client.post(address, {"title": "Course evaluation"}).content.decode()
        assert "already a questionnaire" in refused
        page = client.post(address, {"title": "Ours"}, follow=True).content.decode()
        assert '<h1 class="govuk-heading-xl">Ours</h1>' in page


class TestRetire:
    def test_its_courses_are_asked_the_default_until_it_is_back(self, partnership, team, own) -> None:
        course = make_course(partnership)
        ask_about_courses(actor=team, questionnaire=own, courses=[course])
        for _ in range(2):
            retire_questionnaire(actor=team, questionnaire=own)
        assert version_in_use(partnership, "evaluation", course).questionnaire.title == "Course evaluation"
        for _ in range(2):
            bring_back_questionnaire(actor=team, questionnaire=own)
        assert version_in_use(partnership, "evaluation", course).questionnaire == own
        actions = AuditEntry.objects.filter(action__endswith="_questionnaire", subject_id=own.pk)
        assert [one.action.split(".")[1] for one in actions.order_by("pk")][-2:] == [
            "retire_questionnaire",
            "bring_back_questionnaire",
        ]

    def test_the_default_stays_until_there_is_another(self, team, own) -> None:
        default = Questionnaire.objects.get(kind="evaluation", is_default=True)
        with pytest.raises(DomainError, match="Make another one the default first"):
            retire_questionnaire(actor=team, questionnaire=default)
        ask_by_default(actor=team, questionnaire=own)
        retire_questionnaire(actor=team, questionnaire=default)
        with pytest.raises(DomainError, match="is retired"):
            ask_by_default(actor=team, questionnaire=default)
        with pytest.raises(IntegrityError, match="default_is_not_retired"), transaction.atomic():
            Questionnaire.objects.filter(pk=own.pk).update(retired_at=timezone.now())

    def test_who_was_invited_before_keeps_it(self, partnership, team, own) -> None:
        course = make_course(partnership)
        ask_about_courses(actor=team, questionnaire=own, courses=[course])
        booked(held(partnership, course=course))
        ask_for_evaluations(partnership, timezone.now())
        retire_questionnaire(actor=team, questionnaire=own)
        answer(Invitation.objects.get())
        assert Invitation.objects.get().version.questionnaire == own

    def test_loading_the_library_leaves_it_retired(self, partnership, team, own) -> None:
        default = Questionnaire.objects.get(kind="evaluation", is_default=True)
        ask_by_default(actor=team, questionnaire=own)
        retire_questionnaire(actor=team, questionnaire=default)
        default.versions.update(introduction="As it was last year.")
        assert adopt_library(actor=job(partnership)) == []
        default.refresh_from_db()
        assert default.retired_at is not None

    def test_pages(self, partnership, person, team, own, sign_in) -> None:
        client = sign_in(person)
        ask_about_courses(actor=team, questionnaire=own, courses=[make_course(partnership, title="Neglect")])
        address = reverse("evaluations:questionnaire_retire", args=["alphashire", own.pk])
        assert "The default is asked about Neglect instead" in client.get(address).content.decode()
        page = client.post(address, follow=True).content.decode()
        assert "Bring it back" in page and "Change the questions" not in page
        listed = client.get(reverse("evaluations:questionnaires", args=["alphashire"])).content.decode()
        assert "Own" in listed.split("Retired</h2>")[1]
        back = reverse("evaluations:questionnaire_bring_back", args=["alphashire", own.pk])
        assert "Change the questions" in client.post(back, follow=True).content.decode()
        default = Questionnaire.objects.get(kind="evaluation", is_default=True)
        address = reverse("evaluations:questionnaire_retire", args=["alphashire", default.pk])
        assert "Make another one the default first" in client.get(address).content.decode()
        assert client.post(address).status_code == 409


def test_whoever_lost_the_place_does_not_count_as_asked(partnership) -> None:
    adopt(partnership, policy(pre_course__courses="all_courses"), at=at("2026-01-01"))
    day = add_working_days(uk_date(timezone.now()), 5)
    session = make_session(partnership, starts_at=at(f"{day.isoformat()} 10:00"))
    _, lost = booked(session, state="confirmed"), booked(session, state="confirmed")
    ask_before_courses(partnership, timezone.now())
    type(lost).objects.filter(pk=lost.pk).update(state="cancelled")
    ask_before_courses(partnership, timezone.now() + timedelta(minutes=1))
    assert Invitation.objects.get(booking=lost).closed_because == "no_place"
    assert response_rates(partnership).get()["invited"] == 1
    (asked,) = analysis_of(Invitation.objects.filter(session=session), for_team=True).responses
    assert asked.invited == 1


def test_an_open_survey_has_no_reason_why_it_was_closed(partnership) -> None:
    booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    with pytest.raises(IntegrityError, match="only_closed_ones_say_why"), transaction.atomic():
        Invitation.objects.update(closed_because="no_place")


def test_an_audit_is_of_organisations_and_no_course_has_one_of_its_own(
    partnership, person, team, sign_in
) -> None:
    asked = Questionnaire.objects.get(kind="single_agency_audit")
    assert asked.is_default
    client = sign_in(person)

    def at(name: str) -> str:
        return reverse(f"evaluations:{name}", args=["alphashire", asked.pk])

    page = client.get(at("questionnaire")).content.decode().partition("<main")[2]
    assert "It is the default: organisations are asked it" in page
    assert "Choose the courses" not in page and "every course" not in page
    listed = client.get(reverse("evaluations:questionnaires", args=["alphashire"])).content.decode()
    assert "Organisations, about their own training" in listed
    assert client.get(at("questionnaire_courses")).status_code == 404
    with pytest.raises(DomainError, match="no course has one of its own"):
        ask_about_courses(actor=team, questionnaire=asked, courses=[make_course(partnership)])
    audited = asked_about_own_training(partnership, make_organisation(partnership))
    page = " ".join(re.sub("<[^>]*>", " ", client.get(at("questionnaire")).content.decode()).split())
    assert re.search(r"The portal’s library 1 0", page), page[-400:]
    with pytest.raises(DomainError, match="Make another one the default first"):
        retire_questionnaire(actor=team, questionnaire=asked)
    Questionnaire.objects.filter(pk=asked.pk).update(is_default=False)
    assert "no organisation can be asked" in client.get(at("questionnaire")).content.decode()
    assert "1 person has it open" not in client.get(at("questionnaire_retire")).content.decode()
    assert "1 has it open" in client.get(at("questionnaire_retire")).content.decode()
    client.post(at("questionnaire_retire"))
    assert SingleAgencyAudit.objects.get(pk=audited.pk).state == "open"
