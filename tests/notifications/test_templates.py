"""A partnership's own words: previewed, checked, in use from then on, and only in that partnership."""

from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as portal

from notifications.kinds import every_kind, known_kind
from notifications.models import Message, MessageTemplate
from notifications.placeholders import unknown_in
from notifications.services.templates import use_own_words, write_template
from notifications.wording import PASSAGES, Wording, example_letter, own_wording, problems_of, wording_for
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.factories import actor_for, make_person, make_session

KIND = "booking_confirmed"
PAGE = f"/alphashire/desk/messages/words/{KIND}/"
OWN = Wording("((Course)) is yours", "Welcome, ((name)).\n\n((You have)) a place.", "Mind <the> gap.", "Bye.")


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM)


def posted(wording: Wording) -> dict[str, str]:
    return {passage: getattr(wording, passage) for passage in PASSAGES}


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.purpose)
def test_the_portals_own_words_are_whole(partnership, kind) -> None:
    assert problems_of(kind, own_wording(kind)) == {}
    letter = example_letter(partnership, kind, own_wording(kind))
    for part in (letter.title, letter.text, letter.html):
        assert "((" not in part and "))" not in part
    assert kind.when.endswith(".") and (not kind.essential or kind.essential.endswith("."))


def test_every_folder_of_words_belongs_to_a_kind() -> None:
    folder = Path(portal.BASE_DIR) / "templates" / "messages"
    assert {path.name for path in folder.iterdir() if path.is_dir()} == {one.purpose for one in every_kind()}


def test_a_message_is_sent_in_the_partnerships_words(partnership, neighbour, team, book) -> None:
    write_template(actor=actor_for(team), kind=known_kind(KIND), wording=OWN)
    session = make_session(partnership)
    book(make_person(partnership, name="Siân <b>"), session)
    message = Message.objects.get(purpose=KIND)
    assert message.title == f"{session.course.title} is yours"
    assert "Welcome, Siân <b>.\n\nYou have a place." in message.text
    assert "Welcome, Siân &lt;b&gt;." in message.html and "Mind &lt;the&gt; gap." in message.html
    # Facts, button and calendar file stay.
    assert "1 High Street" in message.text and "/me/bookings/" in message.html and message.attachments
    with acting_in(neighbour):
        assert wording_for(neighbour, known_kind(KIND)) == own_wording(known_kind(KIND))


def test_what_is_queued_keeps_its_words(partnership, team, book) -> None:
    book(make_person(partnership), make_session(partnership))
    before = Message.objects.get(purpose=KIND).text
    write_template(actor=actor_for(team), kind=known_kind(KIND), wording=OWN)
    assert Message.objects.get(purpose=KIND).text == before


@pytest.mark.parametrize(
    ("wording", "sentence"),
    [
        (Wording("t", "((cuorse)) and ((tea))"), "There is no ((cuorse)) and ((tea)) in this message."),
        (Wording("((position))", "o"), "There is no ((position)) in this message."),
        (Wording("t", "((course"), "Close each placeholder"),
        (Wording("", "o"), "Enter the title."),
        (Wording("t", "  "), "Enter the first words of the message."),
        (Wording("t" * 201, "o"), "200 characters or fewer"),
    ],
)
def test_words_that_could_not_be_sent_are_refused_in_a_sentence(partnership, team, wording, sentence) -> None:
    with pytest.raises(DomainError) as refusal:
        write_template(actor=actor_for(team), kind=known_kind(KIND), wording=wording)
    assert sentence in refusal.value.sentence
    assert not MessageTemplate.objects.exists()


def test_the_trail_keeps_each_change_once_and_the_portals_words_come_back(partnership, team) -> None:
    kind, actor = known_kind(KIND), actor_for(team)
    for _ in range(2):
        write_template(actor=actor, kind=kind, wording=OWN)
    for _ in range(2):
        use_own_words(actor=actor, kind=kind)
    assert wording_for(partnership, kind) == own_wording(kind)
    first, second = AuditEntry.objects.filter(action__startswith="notifications.").order_by("pk")
    assert (first.before["opening"], first.after["opening"]) == (own_wording(kind).opening, OWN.opening)
    assert (second.before["title"], second.after["title"]) == (OWN.title, own_wording(kind).title)
    write_template(actor=actor, kind=kind, wording=OWN)
    assert MessageTemplate.objects.count() == 1


def test_the_team_writes_previews_and_puts_to_use(partnership, team, sign_in) -> None:
    browser = sign_in(team)
    assert PAGE in browser.get("/alphashire/desk/messages/words/").content.decode()
    assert "See or cancel the booking" in browser.get(PAGE).content.decode()
    refused = browser.post(PAGE, {**posted(OWN), "opening": "((cuorse))"}).content.decode()
    assert "There is no ((cuorse)) in this message." in refused and "Mind &lt;the&gt; gap." in refused
    preview = browser.post(PAGE, posted(OWN), follow=True).content.decode()
    assert "Child Neglect Overview is yours" in preview and "Use these words" in preview
    framed = browser.get(f"{PAGE}html/")
    assert "Mind &lt;the&gt; gap." in framed.content.decode()
    assert "script-src 'none'" in framed["Content-Security-Policy"]
    # Nothing is in use before the button says so, and the words stay in the form.
    assert not MessageTemplate.objects.exists()
    assert "Mind &lt;the&gt; gap." in browser.get(PAGE).content.decode()
    browser.post(f"{PAGE}preview/")
    assert wording_for(partnership, known_kind(KIND)) == OWN
    page = browser.get(PAGE).content.decode()
    assert "What was changed" in page and "Go back to the portal’s own words" in page
    browser.post(f"{PAGE}own/")
    assert wording_for(partnership, known_kind(KIND)) != OWN


def test_a_draft_can_be_thrown_away(partnership, team, sign_in) -> None:
    browser = sign_in(team)
    browser.post(PAGE, posted(OWN))
    browser.post(f"{PAGE}own/", {"draft": "yes"})
    assert "Mind" not in browser.get(PAGE).content.decode()
    assert browser.post(f"{PAGE}preview/").status_code == 302
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize("role", [Role.ORGANISATION_LEAD, Role.TRAINER, Role.SUBGROUP_CHAIR])
def test_nobody_else_changes_words(partnership, role, sign_in) -> None:
    browser = sign_in(make_person(partnership, role))
    assert [browser.get(PAGE).status_code, browser.post(f"{PAGE}preview/").status_code] == [403, 403]
    with pytest.raises(Exception, match="right to change the words"):
        write_template(actor=actor_for(make_person(partnership, role)), kind=known_kind(KIND), wording=OWN)


@pytest.mark.parametrize("kind", every_kind(), ids=lambda kind: kind.purpose)
def test_each_kind_has_a_page_and_a_preview(kind, partnership, team, sign_in) -> None:
    page = f"/alphashire/desk/messages/words/{kind.purpose}/"
    browser = sign_in(team)
    assert kind.name in browser.get(page).content.decode()
    assert kind.button in browser.get(f"{page}preview/").content.decode()
    assert not unknown_in(own_wording(kind).opening, kind.example)


def test_own_words_of_changed_sessions_say_what_was_filled_in_before(partnership) -> None:
    written = MessageTemplate.objects.create(
        partnership=partnership,
        purpose="session_changed",
        title="Changed: ((course))",
        opening="Look: ((what has changed)). ((What  has changed)).",
        closing="((moved??Not late (really).)) ((for whom?? for ))((for whom))",
    )
    migration = import_module("notifications.migrations.0007_words_of_changed_sessions")
    migration.say_what_was_filled_in(apps, None)
    written.refresh_from_db()
    assert written.opening == (
        "Look: the dates or the place have changed. The dates or the place have changed."
    )
    assert (written.title, written.closing) == (
        "Changed: ((course))",
        "Not late (really). ((for whom?? for ))((for whom))",
    )
