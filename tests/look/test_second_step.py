"""Two-step sign-in in a real browser: an authenticator app, a passkey, recovery codes; and nobody is locked out."""

import re
import time

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from playwright.sync_api import Locator, Page, expect

from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.browser import assert_accessible
from tests.factories import make_partnership, make_person
from tests.journeys.steps import PASSWORD, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def member(settings):
    """Somebody of a partnership's team, outside the demonstration."""
    settings.PORTAL_DEMO = False
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    partnership = make_partnership("alphashire")
    with acting_in(partnership):
        return make_person(partnership, Role.TEAM)


@pytest.fixture
def page(open_browser):
    """A window in which nothing may complain, with an authenticator that says yes to everything."""
    page = open_browser()
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.authenticator = with_authenticator(page)
    yield page
    assert complaints == []


def with_authenticator(page: Page) -> str:
    """Plug a virtual security key with a fingerprint reader into the browser."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]


def code_of(secret: str) -> str:
    """What an authenticator app would show now."""
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def sign_out(page: Page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("main").get_by_role("button", name="Sign out").click()


def led_to_the_second_step(page: Page, person) -> None:
    page.goto("/accounts/login/?next=/alphashire/desk/")
    sign_in(page, person)
    expect(page.get_by_role("heading", level=1)).to_have_text("Two-step sign-in")
    assert_accessible(page)


def confirm_by_password(page: Page) -> None:
    """What is asked before anything about the account's protection is changed."""
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    assert_accessible(page)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def other_ways(page: Page) -> Locator:
    """The first of the other ways to confirm that it is you."""
    return page.get_by_role("main").get_by_role("list").get_by_role("link").first


def test_a_team_member_sets_up_a_passkey_and_signs_in_with_it(page, member):
    led_to_the_second_step(page, member)
    page.get_by_role("link", name="Add a passkey or security key").click()
    confirm_by_password(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Add a passkey or security key")
    assert_accessible(page)
    page.get_by_label("Name").fill("My laptop")
    page.get_by_label("Passwordless").check()
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="recovery codes")).to_be_visible()
    assert_accessible(page)
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("My laptop").first).to_be_visible()
    assert_accessible(page)
    page.get_by_role("link", name="Rename My laptop").click()
    assert_accessible(page)
    page.goto("/alphashire/desk/")
    expect(page).to_have_url(re.compile(r"/alphashire/desk/$"))
    sign_out(page)

    page.goto("/accounts/login/")
    page.get_by_role("button", name="Use a passkey").click()
    expect(page).to_have_url(re.compile(r"/alphashire/desk/$"))
    page.goto("/accounts/2fa/webauthn/")
    expect(page.get_by_text("Last used on")).to_be_visible()
    sign_out(page)

    page.goto("/accounts/login/?next=/alphashire/me/")
    sign_in(page, member)
    expect(page.get_by_role("heading", level=1)).to_have_text("Enter your code")
    assert_accessible(page)
    page.get_by_role("button", name="Use a passkey or security key").click()
    expect(page).to_have_url(re.compile(r"/alphashire/me/$"))


def test_a_team_member_sets_up_an_app_and_signs_in_with_its_code(page, member):
    led_to_the_second_step(page, member)
    page.get_by_role("link", name="Set up authenticator app").click()
    confirm_by_password(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an authenticator app")
    assert_accessible(page)
    secret = page.locator(".govuk-inset-text strong").inner_text()
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    secret = page.locator(".govuk-inset-text strong").inner_text()
    page.get_by_label("code", exact=False).fill(code_of(secret))
    page.get_by_role("button", name="Turn on").click()
    expect(page.get_by_role("heading", name="recovery codes")).to_be_visible()
    assert_accessible(page)
    spare = page.locator("#recovery_codes li").first.inner_text()
    page.goto("/alphashire/desk/")
    expect(page).to_have_url(re.compile(r"/alphashire/desk/$"))
    sign_out(page)

    page.goto("/accounts/login/?next=/alphashire/desk/")
    sign_in(page, member)
    page.get_by_label("code", exact=False).fill("000000")
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_role("alert")).to_be_visible()
    assert_accessible(page)
    page.get_by_label("code", exact=False).fill(spare)
    page.get_by_role("button", name="Continue").click()
    expect(page).to_have_url(re.compile(r"/alphashire/desk/$"))
    page.goto("/accounts/2fa/recovery-codes/generate/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Confirm that it is you")
    other_ways(page).click()
    expect(page.get_by_label("code", exact=False)).to_be_visible()
    assert_accessible(page)
    other_ways(page).click()
    confirm_by_password(page)
    expect(page.get_by_role("heading", level=1)).to_have_text("Make new recovery codes?")
    assert_accessible(page)
