"""The pages in Chromium: answered on a phone without JavaScript, and every page accessible and narrow enough."""

from urllib.parse import urlsplit, urlunsplit

import pytest
from django.urls import reverse
from django.utils import timezone
from playwright.sync_api import expect

from evaluations.answering import pages_asked
from evaluations.documents import check_address
from evaluations.jobs import ask_about_impact, ask_before_courses, ask_for_evaluations
from evaluations.links import certificate_token, holder_of, survey_token
from evaluations.models import Certificate, Invitation
from evaluations.services.answers import save_answers
from partnership_portal.working_days import add_working_days, uk_date
from partnerships.models import Partnership, Person
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.evaluations.made import adopt, answer, at, booked, held
from tests.evaluations.test_summaries import rated
from tests.factories import adopt as adopt_policy
from tests.factories import make_partnership, make_person, make_session, policy

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def shire(db) -> Partnership:
    """A partnership that the browser's requests can see, with one session evaluated by six of seven people."""
    partnership = make_partnership("browsershire")
    with acting_in(partnership):
        adopt(partnership)
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, trainers=(trainer,))
        make_session(partnership, course=session.course)
        for _ in range(7):
            booked(session)
    ask_for_evaluations(partnership, session.ends_at)
    with acting_in(partnership):
        for number, invitation in enumerate(Invitation.objects.order_by("pk")[:6]):
            answer(invitation, **rated(3 + number % 3, 2 + number % 2, 7), pledge=f"Plan number {number}")
    return partnership


def waiting(partnership: Partnership) -> Invitation:
    return Invitation.objects.for_answering().get(partnership=partnership, state="open")


def test_survey_on_a_phone_without_javascript(shire, open_browser):
    with acting_in(shire):
        address = reverse("evaluations:survey", args=[shire.slug, survey_token(waiting(shire))])
    page = open_browser(width=320, javascript=False)
    page.goto(address)
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Save and continue").click()
    expect(page.get_by_role("heading", name="There is a problem")).to_be_visible()
    for legend, label in [
        ("How good was the course overall?", "4"),
        ("How relevant was the course to your work?", "5 – Very"),
    ]:
        page.get_by_role("group", name=legend, exact=True).get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Save and continue").click()
    for legend, label in [
        ("Before the course", "1 – Very little"),
        ("Now", "4"),
        ("Before the course, how confident were you in this area of your work?", "2"),
        ("How confident are you now?", "8"),
    ]:
        page.get_by_role("group", name=legend, exact=True).get_by_label(label, exact=True).check()
    page.get_by_role("button", name="Save and continue").click()
    for legend in ("How well did the trainers", "How useful were the content"):
        page.get_by_role("group", name=legend).get_by_label("4", exact=True).check()
    page.get_by_role("group", name="Could you take part").get_by_label("Partly").check()
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("What will you do differently because of the course?").fill("Ask what the child says")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_label("What should we have done so that you could take part fully?").fill("Captions")
    page.get_by_role("button", name="Save and continue").click()
    page.get_by_role("link", name="Change").first.click()
    page.go_back()
    page.get_by_role("button", name="Send answers").click()
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    page.get_by_role("link", name="Go to your certificate").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download the certificate (PDF)").click()
    assert download.value.suggested_filename.endswith(".pdf")


def survey_pages(partnership: Partnership) -> list[str]:
    link = reverse("evaluations:survey", args=[partnership.slug, survey_token(waiting(partnership))])
    return [link, *(f"{link}{number}/" for number in range(1, 6)), f"{link}check/", f"{link}x/"]


def test_every_page_of_a_survey(shire, open_browser):
    with acting_in(shire):
        addresses = survey_pages(shire)
        certificate = Certificate.objects.first()
        token = certificate_token(certificate)
        addresses.append(reverse("evaluations:linked_certificate", args=[shire.slug, token]))
    check = reverse("evaluations:check", args=[shire.slug])
    genuine = urlsplit(check_address(certificate)).query
    addresses += [
        check,
        *(f"{check}?{given}" for given in (genuine, "number=X", "number=X&code=Y", "number=")),
    ]
    for width in (320, 1280):
        page = open_browser(width=width)
        for address in addresses:
            page.goto(address)
            assert_accessible(page)


def test_a_lead_downloads_the_certificates_of_their_people(shire, open_browser, settings):
    settings.CELERY_TASK_ALWAYS_EAGER = True
    with acting_in(shire):
        school = Certificate.objects.select_related("booking__organisation").first().booking.organisation
        lead = make_person(shire, Role.ORGANISATION_LEAD, organisation=school)
    page = open_browser(lead.user, width=320)
    page.goto(reverse("compliance:organisation", args=[shire.slug]))
    page.get_by_role("link", name="Certificates").click()
    expect(page.get_by_role("heading", name="Certificates of your people")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("button", name="Put the file together").click()
    download = page.get_by_role("button", name="Download the file (ZIP)")
    expect(download).to_be_visible()
    assert_accessible(page)
    with page.expect_download() as file:
        download.click()
    assert file.value.suggested_filename.endswith(".zip")


def test_the_team_corrects_a_name_and_revokes_a_certificate(shire, open_browser):
    with acting_in(shire):
        certificate, team = Certificate.objects.first(), make_person(shire, Role.TEAM)
    page = open_browser(team.user, width=320)
    page.goto(reverse("evaluations:desk_certificate", args=[shire.slug, certificate.number]))
    page.get_by_role("link", name="Correct the name and issue it again").click()
    page.get_by_role("button", name="Issue it again").click()
    expect(page.get_by_role("link", name="Enter the reason")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Name on the certificate").fill("Siân Ŵyn-Łukasz")
    page.get_by_label("Reason").fill("It was misspelt.")
    page.get_by_role("button", name="Issue it again").click()
    expect(page.get_by_role("heading", name="Earlier editions")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("Reason").fill("It was for somebody else.")
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("heading", name="Reinstate the certificate")).to_be_visible()
    assert_accessible(page)
    page.goto(urlunsplit(urlsplit(check_address(certificate))._replace(scheme="", netloc="")))
    expect(page.get_by_text("It is not valid.")).to_be_visible()
    assert_accessible(page)


def test_every_page_of_the_impact_survey(shire, open_browser):
    with acting_in(shire):
        booking = booked(held(shire, days_ago=100))
    ask_about_impact(shire, timezone.now())
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().get(booking=booking)
        save_answers(actor=holder_of(invitation), invitation=invitation, answers={"done": ["partly"]})
        link = reverse("evaluations:survey", args=[shire.slug, survey_token(invitation)])
    page = open_browser(width=320)
    for address in (link, *(f"{link}{number}/" for number in range(1, 5)), f"{link}check/"):
        assert page.goto(address).status == 200
        assert_accessible(page)
    page.goto(f"{link}2/")
    expect(page.get_by_role("group", name="What got in the way?")).to_be_visible()


def test_every_page_before_the_course(shire, open_browser):
    with acting_in(shire):
        adopt_policy(shire, policy(pre_course__courses="all_courses"), at=at("2026-01-01"))
        day = add_working_days(uk_date(timezone.now()), 5)
        booking = booked(make_session(shire, starts_at=at(f"{day.isoformat()} 10:00")), state="confirmed")
    ask_before_courses(shire, timezone.now())
    with acting_in(shire):
        invitation = Invitation.objects.for_answering().get(booking=booking)
        pages = len(pages_asked(invitation.version.questions.all(), {}))
        link = reverse("evaluations:survey", args=[shire.slug, survey_token(invitation)])
    page = open_browser(width=320)
    for address in (link, *(f"{link}{number}/" for number in range(1, pages + 1)), f"{link}check/"):
        assert page.goto(address).status == 200
        assert_accessible(page)
    with acting_in(shire):
        answer(invitation)
    page.goto(f"{link}sent/")
    expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert_accessible(page)


@pytest.mark.parametrize("role", ["team", "trainer", "observer", "learner"])
def test_every_page_of_a_role(shire, open_browser, role):
    with acting_in(shire):
        session = Invitation.objects.first().session
        person, addresses = pages_of(shire, role, session)
    page = open_browser(person.user)
    for address in addresses:
        assert page.goto(address).status == 200
        assert_accessible(page)


def pages_of(partnership, role, session) -> tuple[Person, list[str]]:
    """Somebody in the role, and the addresses of their pages."""

    def address(name: str, *more: object) -> str:
        return reverse(f"evaluations:{name}", args=[partnership.slug, *more])

    match role:
        case "team":
            certificate = Certificate.objects.first()
            return make_person(partnership, Role.TEAM), [
                address("surveys"),
                address("chase", session.pk),
                address("session_evaluation", session.pk),
                address("certificates"),
                address("desk_certificate", certificate.number),
                address("desk_reissue", certificate.number),
            ]
        case "trainer":
            trainer = session.trainer_links.get().person
            return trainer, [address("trainer_evaluation", session.pk)]
        case "observer":
            return make_person(partnership, Role.OBSERVER), [address("observations")]
        case _:
            invitation = waiting(partnership)
            return invitation.respondent, [address("my_surveys"), address("my_survey", invitation.pk)]
