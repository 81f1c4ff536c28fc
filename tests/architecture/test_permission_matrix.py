"""Every address × every role: what the decorator on the view says is what happens."""

import pytest
from django.test import Client

from partnerships.models import Person, User
from partnerships.permissions import TABLE, Permission, Role
from partnerships.tenancy import acting_in
from tests.architecture.addresses import every_address, partnership_addresses
from tests.factories import make_person, make_session

_ADDRESSES = partnership_addresses()


def test_every_view_says_who_may_see_it() -> None:
    unsaid = [one.name for one in every_address() if not hasattr(one.view, "access")]
    assert unsaid == []
    known = {"public", "signed in", "link", *Permission}
    assert [one.name for one in _ADDRESSES if one.view.access not in known] == []
    outside = [one for one in every_address() if one not in _ADDRESSES]
    assert [one.name for one in outside if one.view.access != "anyone"] == []


def test_there_are_addresses_to_prove_it_on() -> None:
    assert len(_ADDRESSES) > 60
    assert {one.view.access for one in _ADDRESSES} >= {"public", "signed in", "link", Permission.RUN_DESK}


def member_with(partnership, role: Role) -> Person:
    if role is Role.LINE_MANAGER:
        manager = make_person(partnership)
        make_person(partnership, line_manager=manager)
        return manager
    return make_person(partnership, *([] if role is Role.PRACTITIONER else [role]))


def answers(client: Client) -> dict[str, tuple[int, str]]:
    found = {}
    for one in _ADDRESSES:
        response = client.get(one.path)
        if response.status_code == 405:
            response = client.post(one.path)
        found[one.name] = (response.status_code, response.headers.get("Location", ""))
    return found


def is_login(answer: tuple[int, str]) -> bool:
    return answer[0] == 302 and answer[1].startswith("/accounts/login/")


def is_let_in(answer: tuple[int, str]) -> bool:
    # A made-up object is not found, and a refusal is a sentence: either was said by the view itself.
    return answer[0] in {200, 404, 405, 409} or (answer[0] == 302 and not is_login(answer))


def may_once_joined(role: Role, access: Permission) -> bool:
    """What everybody may who belongs to an organisation, and a former member may no more."""
    return role is Role.FORMER_MEMBER and access in TABLE[Role.PRACTITIONER] - TABLE[role]


def test_a_former_member_may_nothing_but_what_is_their_own() -> None:
    assert TABLE[Role.FORMER_MEMBER] == {
        Permission.SEE_OWN_PAGES,
        Permission.CANCEL_BOOKING,
        Permission.ANSWER_OWN_SURVEYS,
        Permission.CHANGE_OWN_DETAILS,
    }


@pytest.mark.parametrize("role", list(Role), ids=lambda role: role.value)
def test_a_role_gets_what_its_permissions_open_and_nothing_else(partnership, role) -> None:
    client = Client()
    client.force_login(member_with(partnership, role).user)
    found = answers(client)
    for one in _ADDRESSES:
        access = one.view.access
        if isinstance(access, Permission) and may_once_joined(role, access):
            assert found[one.name] == (302, "/alphashire/join/"), f"{role.value} at {one.path}"
        elif isinstance(access, Permission) and access not in TABLE[role]:
            assert found[one.name][0] == 403, f"{role.value} at {one.path}: {found[one.name]}"
        else:
            assert is_let_in(found[one.name]), f"{role.value} at {one.path}: {found[one.name]}"
        # What needs nothing but the permission is really there.
        if access in TABLE[role] and set(one.parts) <= {"partnership", "ending"}:
            assert found[one.name][0] in {200, 302, 405}, f"{role.value} at {one.path}: {found[one.name]}"


def test_a_visitor_is_asked_to_sign_in(partnership) -> None:
    found = answers(Client())
    for one in _ADDRESSES:
        expected = is_let_in if one.view.access in {"public", "link"} else is_login
        assert expected(found[one.name]), f"{one.path}: {found[one.name]}"


@pytest.mark.parametrize("kind", ["nobody", "the neighbour's team"])
def test_an_account_without_membership_is_led_to_join(partnership, neighbour, kind) -> None:
    if kind == "nobody":
        user = User.objects.create_user("nobody@example.org", "x", name="Nobody")
    else:
        with acting_in(neighbour):
            user = make_person(neighbour, Role.TEAM).user
    client = Client()
    client.force_login(user)
    found = answers(client)
    for one in _ADDRESSES:
        if isinstance(one.view.access, Permission):
            assert found[one.name] == (302, "/alphashire/join/"), f"{one.path}: {found[one.name]}"
        else:
            assert is_let_in(found[one.name]), f"{one.path}: {found[one.name]}"


def test_whoever_is_led_to_join_is_told_why(partnership) -> None:
    client = Client()
    client.force_login(User.objects.create_user("nobody@example.org", "x", name="Nobody"))
    session = make_session(partnership)
    page = client.get(f"/alphashire/sessions/{session.pk}/book/", follow=True).content.decode()
    assert "Join your organisation first: a place is booked in its name." in page
    page = client.get("/alphashire/me/", follow=True).content.decode()
    assert "Join your organisation first to open this page." in page and "a place is booked" not in page
