"""Themes: those to start with, what the team makes of them, and which answers are about which."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from evaluations.jobs import ask_for_evaluations
from evaluations.links import holder_of
from evaluations.models import Answer, Invitation, Theme, ThemeTag
from evaluations.services.answers import save_answers
from evaluations.services.redaction import redact_answer
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import (
    add_theme,
    adopt_themes,
    bring_back_theme,
    change_theme,
    retire_theme,
)
from evaluations.start_themes import portal_themes
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.profile import ThemeProfile
from partnerships.tenancy import acting_in
from tests.evaluations.made import answer, booked, held
from tests.factories import actor_for, job, make_person

SAID = "I will ask the child what an ordinary day is like."


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def themes(partnership) -> list[Theme]:
    return adopt_themes(actor=job(partnership), themes=portal_themes(), from_portal=True)


@pytest.fixture
def invitation(partnership):
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    return Invitation.objects.get(booking=booking)


@pytest.fixture
def pledge(invitation) -> Answer:
    answer(invitation, pledge=SAID)
    return Answer.objects.get(question__key="pledge")


def retag(person, answer: Answer, *added: Theme, without: tuple[Theme, ...] = ()) -> int:
    ids = [frozenset(one.pk for one in some) for some in (added, without)]
    return tag_answers(actor=actor_for(person), changes=[Retagging(answer.pk, *ids)]).changed


def tags_of(answer: Answer) -> list[str]:
    return sorted(ThemeTag.objects.filter(answer=answer).values_list("theme__name", flat=True))


def test_the_portals_own_are_loaded_once_and_marked_so(partnership, themes) -> None:
    assert [one.name for one in themes][:3] == [
        "Information sharing",
        "Voice of the child",
        "Professional curiosity",
    ]
    assert all(one.from_portal for one in themes)
    assert [one.key for one in themes] == list("123456789")
    assert adopt_themes(actor=job(partnership), themes=portal_themes(), from_portal=True) == []


def test_a_later_load_leaves_what_the_team_made_of_them(partnership, team, themes) -> None:
    first, second, third = themes[:3]
    changed = change_theme(actor=actor_for(team), theme=first, name="Sharing well", description="", key="x")
    assert (changed.from_portal, changed.key) == (False, "x")
    retire_theme(actor=actor_for(team), theme=second)
    own = ThemeProfile(code="fathers", name="Working with fathers")
    made = adopt_themes(actor=job(partnership), themes=[*portal_themes(), own], from_portal=False)
    assert [(one.name, one.key, one.from_portal) for one in made] == [("Working with fathers", "1", False)]
    names = Theme.objects.filter(partnership=partnership).values_list("name", flat=True)
    assert "Information sharing" not in names and third.name in names
    assert not Theme.objects.offered().filter(name="Voice of the child").exists()


def test_names_and_keys_are_told_apart(team, themes) -> None:
    actor = actor_for(team)
    with pytest.raises(DomainError, match="already a theme called “Information sharing”"):
        add_theme(actor=actor, name=" information  SHARING ")
    with pytest.raises(DomainError, match="has the key 1"):
        add_theme(actor=actor, name="Fathers", key="1")
    for key in ("j", "s", "0", "ß"):
        with pytest.raises(DomainError, match="A key is a number"):
            add_theme(actor=actor, name="Fathers", key=key)
    with pytest.raises(DomainError, match="Enter the name"):
        add_theme(actor=actor, name="  ")
    assert add_theme(actor=actor, name="Fathers", key="F").key == "f"
    assert add_theme(actor=actor, name="Language").key == "a"
    with pytest.raises(IntegrityError), transaction.atomic():
        Theme.objects.create(partnership=team.partnership, name="FATHERS", key="z")
    with pytest.raises(IntegrityError), transaction.atomic():
        Theme.objects.create(partnership=team.partnership, name="Other", key="f")


def test_every_key_taken(team, themes) -> None:
    for number in range(23):
        add_theme(actor=actor_for(team), name=f"Theme {number}")
    with pytest.raises(DomainError, match="Every key"):
        add_theme(actor=actor_for(team), name="One more")


def test_retired_and_brought_back(team, themes, pledge) -> None:
    actor, first = actor_for(team), themes[0]
    retag(team, pledge, first)
    for _ in range(2):
        retire_theme(actor=actor, theme=first)
    assert tags_of(pledge) == [first.name]
    retag(team, pledge, without=(first,))
    assert retag(team, pledge, first) == 0
    assert tags_of(pledge) == []
    assert add_theme(actor=actor, name="New").key == "1", "its key is free"
    assert bring_back_theme(actor=actor, theme=first).key == "a"
    assert AuditEntry.objects.filter(action="evaluations.retire_theme").count() == 1


def test_tagging_writes_the_difference_once(team, themes, pledge) -> None:
    first, second, third = themes[:3]
    assert retag(team, pledge, first, second) == 1
    assert retag(team, pledge, first, second) == 0, "done twice is done once"
    assert retag(team, pledge, third, without=(first,)) == 1
    assert tags_of(pledge) == sorted([second.name, third.name])
    entries = AuditEntry.objects.filter(action="evaluations.tag_answers").order_by("pk")
    assert [(one.before, one.after) for one in entries] == [
        ({"removed": []}, {"added": [first.pk, second.pk]}),
        ({"removed": [first.pk]}, {"added": [third.pk]}),
    ]
    assert SAID not in str(list(AuditEntry.objects.values_list("before", "after")))
    tag = ThemeTag.objects.filter(theme=third).get()
    assert (tag.tagged_by, tag.partnership) == (team, team.partnership)


def test_only_words_that_were_sent(team, themes, invitation) -> None:
    save_answers(actor=holder_of(invitation), invitation=invitation, answers={"pledge": SAID, "overall": 4})
    draft = Answer.objects.get(question__key="pledge")
    assert retag(team, draft, themes[0]) == 0
    answer(invitation, pledge=SAID)
    number = Answer.objects.get(invitation=invitation, question__key="overall")
    assert retag(team, number, themes[0]) == 0
    day = Answer.objects.filter(question__kind="date").first()
    assert day is None or retag(team, day, themes[0]) == 0
    assert not ThemeTag.objects.exists()


def test_redaction_takes_the_themes_away(team, themes, pledge) -> None:
    retag(team, pledge, *themes[:2])
    redact_answer(actor=actor_for(team), answer=pledge, reason="It told who it was.", part="ordinary day")
    assert tags_of(pledge) == []
    assert retag(team, pledge, themes[0]) == 1, "what is left can be tagged again"
    redact_answer(actor=actor_for(team), answer=pledge, reason="The rest too.")
    assert tags_of(pledge) == []
    assert retag(team, pledge, themes[0]) == 0, "nothing is left"


def test_the_database_keeps_words_and_tags_together(partnership, team, themes, pledge) -> None:
    retag(team, pledge, themes[0])
    with pytest.raises(DatabaseError, match="words of a tagged answer stay"), transaction.atomic():
        Answer.objects.filter(pk=pledge.pk).update(text="Other words")
    with pytest.raises(IntegrityError), transaction.atomic():
        ThemeTag.objects.create(
            partnership=partnership,
            answer=pledge,
            theme=themes[0],
            tagged_at=timezone.now(),
            tagged_by=team,
        )
    pledge.delete()
    assert not ThemeTag.objects.exists()


def test_no_tag_reaches_over_to_the_neighbour(partnership, neighbour, team, themes, pledge) -> None:
    with acting_in(neighbour):
        theirs = Theme.objects.create(partnership=neighbour, name="Theirs", key="1")
        stranger = make_person(neighbour, Role.TEAM)
        with pytest.raises(DomainError, match="not there"):
            retag(stranger, pledge, themes[0])
        assert retag(stranger, pledge, theirs) == 0, "an answer that is not there"
    with pytest.raises(DomainError, match="not there"):
        retag(team, pledge, theirs)
    assert not Theme.objects.visible_to(actor_for(team)).filter(name="Theirs").exists()
    with pytest.raises(IntegrityError), transaction.atomic():
        tag = ThemeTag.objects.create(
            partnership=partnership,
            answer=pledge,
            theme=theirs,
            tagged_at=timezone.now(),
            tagged_by=team,
        )
        assert tag.pk
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("role", [Role.TRAINER, Role.OBSERVER, Role.SUBGROUP_CHAIR, Role.ORGANISATION_LEAD])
def test_only_by_the_team(partnership, themes, pledge, sign_in, role) -> None:
    person = make_person(partnership, role)
    for change in (
        lambda: retag(person, pledge, themes[0]),
        lambda: add_theme(actor=actor_for(person), name="Mine"),
        lambda: change_theme(actor=actor_for(person), theme=themes[0], name="X", description="", key="x"),
        lambda: retire_theme(actor=actor_for(person), theme=themes[0]),
        lambda: bring_back_theme(actor=actor_for(person), theme=themes[0]),
    ):
        with pytest.raises(PermissionDenied):
            change()
    assert not Theme.objects.visible_to(actor_for(person)).exists()
    address = reverse("evaluations:themes", args=[partnership.slug])
    assert sign_in(person).get(address).status_code == 403


def test_the_pages(partnership, neighbour, team, themes, sign_in) -> None:
    client = sign_in(team)

    def at(name: str, *more: int) -> str:
        return reverse(f"evaluations:{name}", args=[partnership.slug, *more])

    page = client.get(at("themes")).content.decode()
    assert "Information sharing" in page and "In the portal’s own words" in page and "0 answers" in page
    refused = client.post(at("theme_new"), {"name": "Supervision"}).content.decode()
    assert "There is a problem" in refused and "already a theme" in refused
    refused = client.post(at("theme_new"), {"name": "Fathers", "key": "j"}).content.decode()
    assert "A key is a number" in refused
    page = client.post(at("theme_new"), {"name": "Fathers", "key": "f"}, follow=True).content.decode()
    assert "“Fathers” is added. Its key is F." in page
    own = Theme.objects.get(name="Fathers")
    facts = {"name": "Fathers and partners", "description": "Of any child", "key": "g"}
    assert "Fathers and partners" in client.post(at("theme", own.pk), facts, follow=True).content.decode()
    assert "No answer has it." in client.get(at("theme_retire", own.pk)).content.decode()
    assert "is retired" in client.post(at("theme_retire", own.pk), follow=True).content.decode()
    page = client.get(at("theme", own.pk)).content.decode()
    assert "Bring it back" in page and "Key on the keyboard" not in page
    back = client.post(at("theme_bring_back", own.pk), follow=True).content.decode()
    assert "is back. Its key is G." in back
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    foreign = reverse("evaluations:theme", args=[neighbour.slug, own.pk])
    assert sign_in(stranger).get(foreign).status_code == 404


@pytest.mark.parametrize("rows", [1, 5])
def test_the_list_of_themes_takes_the_same_queries(
    partnership, team, sign_in, rows, django_assert_num_queries
) -> None:
    for number in range(rows):
        add_theme(actor=actor_for(team), name=f"Theme {number}")
    client, address = sign_in(team), reverse("evaluations:themes", args=[partnership.slug])
    client.get(address)
    with django_assert_num_queries(9):
        client.get(address)
