"""Signing up, signing in, where one lands, and who needs a second factor."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from partnerships.accounts import landing_of, partnerships_of
from partnerships.models import AuditEntry, Person, User
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import make_course, make_organisation, make_person, make_session


@pytest.fixture(autouse=True)
def _letters_in_memory(settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"


def sign_in_by_form(client, email: str):
    return client.post("/accounts/login/", {"login": email, "password": "correct horse battery"})


def test_an_address_must_be_confirmed_before_its_record_is_claimed(client, partnership) -> None:
    waiting = make_person(partnership, account=False)
    Person.objects.filter(pk=waiting.pk).update(email="sian@example.org")
    form = {"name": "Siân Llŵyd", "email": "sian@example.org", "password1": "a-long-enough-phrase"}
    answer = client.post("/accounts/signup/", form)
    assert answer.status_code == 302
    waiting.refresh_from_db()
    assert waiting.user is None
    assert client.get(f"/{partnership.slug}/me/").headers["Location"].startswith("/accounts/login/")
    message = mail.outbox[0]
    assert message.subject == "Confirm your email address"
    link = re.search(r"http://\S+(/accounts/confirm-email/\S+)", message.body)[1]
    assert client.get(link).status_code == 200
    waiting.refresh_from_db()
    assert waiting.user is None, "opening the link alone must not act"
    Client().post(link)
    signed_in = client.post(
        "/accounts/login/", {"login": "sian@example.org", "password": "a-long-enough-phrase"}
    )
    waiting.refresh_from_db()
    assert waiting.user.name == "Siân Llŵyd"
    assert signed_in.headers["Location"] == f"/{partnership.slug}/me/"


def test_confirming_in_the_browser_that_signed_up_goes_on_where_one_came_from(client, partnership) -> None:
    joining = f"/{partnership.slug}/join/"
    form = {"name": "Siân", "email": "sian@example.org", "password1": "a-long-enough-phrase", "next": joining}
    client.post("/accounts/signup/", form)
    link = re.search(r"http://\S+(/accounts/confirm-email/\S+)", mail.outbox[0].body)[1]
    assert Client().post(link).headers["Location"] == "/accounts/login/", "another browser signs in first"
    mail.outbox.clear()
    client.cookies.clear()
    client.post("/accounts/signup/", {**form, "email": "eleri@example.org"})
    link = re.search(r"http://\S+(/accounts/confirm-email/\S+)", mail.outbox[0].body)[1]
    assert client.post(link).headers["Location"] == joining
    assert client.get(joining).status_code == 200


def test_account_forms_speak_plainly(client, partnership) -> None:
    assert "Keep me signed in on this device" in client.get("/accounts/login/").text
    client.force_login(make_person(partnership).user)
    assert "New password again" in client.get("/accounts/password/change/").text


def test_where_one_lands(partnership, neighbour) -> None:
    one, team = make_person(partnership), make_person(partnership, Role.TEAM)
    assert landing_of(one.user) == f"/{partnership.slug}/me/"
    assert landing_of(team.user) == f"/{partnership.slug}/desk/"
    with acting_in(neighbour):
        Person.objects.create(partnership=neighbour, user=one.user, name="Same", email="")
    assert landing_of(one.user) == "/"
    nobody = User.objects.create_user("nobody@example.org", "x", name="Nobody")
    assert landing_of(nobody) == "/"
    assert landing_of(User.objects.create_superuser("op@example.org", "x", name="Op")) == "/admin/"


def test_ones_partnerships_are_found_in_one_query(partnership, neighbour, django_assert_num_queries) -> None:
    one = make_person(partnership)
    with acting_in(neighbour):
        Person.objects.create(partnership=neighbour, user=one.user, name="Same", email="")
        make_person(neighbour)
    # Savepoint, the setting, the question, the setting, and the savepoint's end.
    with django_assert_num_queries(5):
        assert partnerships_of(one.user) == [partnership, neighbour]


def with_second_factor(user: User) -> None:
    TOTP.activate(user, generate_totp_secret())


@pytest.mark.parametrize("address", ["desk/", "me/", "desk/people/", "organisation/requests/"])
def test_the_team_needs_a_second_factor(client, settings, partnership, address) -> None:
    settings.PORTAL_DEMO = False
    team = make_person(partnership, Role.TEAM)
    client.force_login(team.user)
    assert client.get(f"/{partnership.slug}/{address}").headers["Location"] == "/accounts/2fa/"
    with_second_factor(team.user)
    assert client.get(f"/{partnership.slug}/{address}").status_code == 200


@pytest.mark.parametrize("roles", [(Role.TEAM,), (Role.TEAM, Role.TRAINER, Role.ORGANISATION_LEAD)])
def test_without_it_the_team_sees_on_public_pages_what_everybody_sees(
    client, settings, partnership, roles
) -> None:
    settings.PORTAL_DEMO = False
    team = make_person(partnership, *roles)
    course = make_course(partnership, status="draft", title="Not yet published")
    session = make_session(partnership, status="draft", trainers=(team,))
    drafts = [f"/alphashire/courses/{course.slug}/", f"/alphashire/sessions/{session.pk}/"]
    client.force_login(team.user)
    assert [client.get(one).status_code for one in drafts] == [404, 404]
    page = client.get("/alphashire/courses/")
    assert page.context["actor"].roles == page.context["actor"].led_organisation_ids == frozenset()
    assert "Not yet published" not in page.text and "/alphashire/desk/" not in page.text
    assert "Go to my page" in client.get("/alphashire/").text
    with_second_factor(team.user)
    assert [client.get(one).status_code for one in drafts] == [200, 200]
    assert "/alphashire/desk/" in client.get("/alphashire/courses/").text


def test_without_it_a_link_opens_nothing_more_than_for_anybody(client, settings, partnership) -> None:
    settings.PORTAL_DEMO = False
    client.force_login(make_person(partnership, Role.TEAM).user)
    page = client.get("/alphashire/s/survey-nothing~nothing/")
    assert page.context["actor"].permissions == frozenset()


def test_others_may_do_without(client, settings, partnership) -> None:
    settings.PORTAL_DEMO = False
    client.force_login(make_person(partnership).user)
    assert client.get(f"/{partnership.slug}/me/").status_code == 200


def test_a_password_alone_does_not_pass_a_second_factor(client, partnership) -> None:
    team = make_person(partnership, Role.TEAM)
    with_second_factor(team.user)
    assert sign_in_by_form(client, team.email).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get(f"/{partnership.slug}/desk/").status_code == 302


def test_the_operator_needs_a_second_factor(client, settings, partnership) -> None:
    settings.PORTAL_DEMO = False
    operator = User.objects.create_superuser("op@example.org", "x", name="Op")
    client.force_login(operator)
    assert client.get("/admin/", follow=True).redirect_chain[-1][0] == "/accounts/2fa/"
    with_second_factor(operator)
    assert client.get("/admin/").status_code == 200


def test_the_admin_is_closed_to_everybody_else(client, partnership) -> None:
    assert client.get("/admin/", follow=True).redirect_chain[-1][0].startswith("/accounts/login/")
    client.force_login(make_person(partnership, Role.TEAM).user)
    assert client.get("/admin/", follow=True).status_code == 403


def test_the_operator_sees_no_learner_and_closes_a_partnership(client, partnership) -> None:
    learner = make_person(partnership)
    client.force_login(User.objects.create_superuser("op@example.org", "x", name="Op"))
    its_own = f"/admin/partnerships/partnership/{partnership.pk}/change/"
    for address in ("/admin/", "/admin/partnerships/user/", its_own):
        page = client.get(address)
        assert page.status_code == 200
        assert learner.email not in page.content.decode()
    assert client.get("/admin/account/emailaddress/").status_code == 404
    form = {"action": "close_them", "_selected_action": [partnership.pk]}
    client.post("/admin/partnerships/partnership/", form)
    assert client.get(f"/{partnership.slug}/").status_code == 404
    client.post("/admin/partnerships/partnership/", {**form, "action": "open_them"})
    assert client.get(f"/{partnership.slug}/").status_code == 200


def test_the_trail_tells_which_operator_closed_and_opened_a_partnership(client, partnership) -> None:
    one, other = (
        User.objects.create_superuser(f"{name}@example.org", "x", name=name) for name in ("Odette", "Ona")
    )
    for operator, action in ((one, "close_them"), (other, "open_them")):
        client.force_login(operator)
        form = {"action": action, "_selected_action": [partnership.pk]}
        client.post("/admin/partnerships/partnership/", form)
    entries = AuditEntry.objects.filter(action="partnerships.set_open").order_by("pk")
    assert [entry.actor for entry in entries] == [
        f"platform operator, account {operator.pk}" for operator in (one, other)
    ]
    kept = str(list(entries.values()))
    assert not any(personal in kept for personal in ("example.org", "Odette", "Ona"))
    page = client.get("/admin/partnerships/user/").text
    assert all(f">{operator.pk}</a>" in page or f">{operator.pk}</td>" in page for operator in (one, other))


def test_a_new_partnership_gets_its_first_team_member(partnership) -> None:
    make_organisation(partnership)
    for _ in range(2):
        call_command("add_team_member", partnership.slug, "First@example.org", "First Member")
    person = Person.objects.get(email_key="first@example.org")
    assert [granted.role for granted in person.memberships.get().granted_roles.all()] == [Role.TEAM]
    for wrong in (["nowhere", "a@example.org"], [partnership.slug, "no address"]):
        with pytest.raises(CommandError):
            call_command("add_team_member", *wrong, "X")
