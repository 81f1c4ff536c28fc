"""Making one theme of two: which answers move, who is told of what, and nobody singled out by it."""

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluations.disclosure import FEWEST
from evaluations.models import Theme, ThemeTag
from evaluations.queries.own_words import themes_by_question
from evaluations.services.merged_themes import Merged, merge_theme, what_merges
from evaluations.services.themes import add_theme, adopt_themes, bring_back_theme, retire_theme
from evaluations.start_themes import portal_themes
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import closed
from tests.evaluations.test_own_words import asked_about, counts, tick, wrote
from tests.factories import actor_for, job, make_person


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def old(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Passing things on")


@pytest.fixture
def new(team) -> Theme:
    return add_theme(actor=actor_for(team), name="Information sharing")


def merge(team, old: Theme, new: Theme) -> Merged:
    return merge_theme(actor=actor_for(team), theme=old, into=new)


def shown(answers) -> dict[str, int | None]:
    """What others than the team see."""
    return dict(counts(themes_by_question(asked_about(*answers), for_team=False)))


def test_tags_move_doubles_fold_and_the_old_one_is_gone(partnership, team, old, new) -> None:
    answers = wrote(partnership, 3)
    tick(team, answers[:2], old)
    tick(team, answers[1:], new)
    first = ThemeTag.objects.get(answer=answers[0])
    assert what_merges(old, new) == Merged(2, 1) == merge(team, old, new)
    assert [list(one.theme_tags.values_list("theme__name", flat=True)) for one in answers] == [[new.name]] * 3
    moved = ThemeTag.objects.get(answer=answers[0])
    assert (moved.tagged_at, moved.tagged_by_id) == (first.tagged_at, first.tagged_by_id)
    old.refresh_from_db()
    assert old.merged_into == new and old.retired_at is not None
    assert old not in Theme.objects.visible_to(actor_for(team)).offered()
    entry = AuditEntry.objects.get(action="evaluations.merge_theme")
    assert entry.after == {"merged_into": new.pk, "answers": 2, "both": 1}


def test_done_twice_is_done_once(partnership, team, old, new) -> None:
    tick(team, wrote(partnership, 2), old)
    assert (merge(team, old, new).answers, merge(team, old, new).answers) == (2, 0)
    assert AuditEntry.objects.filter(action="evaluations.merge_theme").count() == 1


def test_refusals(partnership, team, old, new) -> None:
    other = add_theme(actor=actor_for(team), name="Other")
    with pytest.raises(DomainError, match="the one that goes"):
        merge(team, old, old)
    retire_theme(actor=actor_for(team), theme=new)
    with pytest.raises(DomainError, match="retired"):
        merge(team, old, new)
    # What is retired may be merged: its answers still have it.
    tick(team, wrote(partnership, 1), other)
    merge(team, new, other)
    with pytest.raises(DomainError, match="already"):
        merge(team, new, old)
    with pytest.raises(DomainError, match="retired"):
        merge(team, old, new)
    later = wrote(partnership, 1)
    tick(team, later, new)
    assert not ThemeTag.objects.filter(answer__in=later).exists()


def test_brought_back_it_begins_without_answers_and_no_load_makes_it_anew(partnership, team, new) -> None:
    def load() -> list[Theme]:
        return adopt_themes(actor=job(partnership), themes=portal_themes(), from_portal=True)

    load()
    old = Theme.objects.exclude(code="").first()
    tick(team, wrote(partnership, 1), old)
    merge(team, old, new)
    assert load() == []
    back = bring_back_theme(actor=actor_for(team), theme=old)
    assert (back.retired_at, back.merged_into, back.tags.count()) == (None, None, 0)
    assert new.tags.count() == 1
    assert merge(team, old, new) == Merged(0, 0)


def test_the_database_holds_it(partnership, team, old, new) -> None:
    (answer,) = wrote(partnership, 1)
    tick(team, [answer], new)
    merge(team, old, new)
    tag = ThemeTag.objects.get()
    for change in (
        lambda: ThemeTag.objects.update(theme=old),
        lambda: ThemeTag.objects.create(
            partnership=partnership, answer=answer, theme=old, tagged_at=tag.tagged_at, tagged_by=team
        ),
        lambda: Theme.objects.filter(pk=old.pk).update(retired_at=None),
        lambda: Theme.objects.filter(pk=old.pk).update(merged_into=old),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            change()


@pytest.mark.parametrize(
    ("goes", "stays", "before", "after"),
    [
        # Six of sixteen have the one, seven others the other: together thirteen, of fifteen that are counted.
        pytest.param(range(6), range(6, 11), [6, 5], None, id="four have neither"),
        pytest.param(range(5), range(5, 10), [5, 5], 10, id="five each, nobody both"),
        pytest.param(range(6), range(4, 10), [6, 6], None, id="two have both"),
        pytest.param(range(5), range(5), [5, 5], 5, id="the same five"),
        pytest.param(range(7), range(5), [7, 5], None, id="two have the first alone"),
        pytest.param(range(5), range(7), [5, 7], None, id="two have the other alone"),
        pytest.param(range(3), range(3, 10), [None, 7], None, id="three more"),
        pytest.param(range(6), [], [6], 6, id="only another name"),
    ],
)
def test_others_learn_nothing_of_few(partnership, team, old, new, goes, stays, before, after) -> None:
    neither = add_theme(actor=actor_for(team), name="Neither")
    answers = wrote(partnership, 16)
    closed(partnership)
    tick(team, answers, neither)
    tick(team, [answers[one] for one in goes], old)
    tick(team, [answers[one] for one in stays], new)
    seen = shown(answers)
    assert [seen[one.name] for one in (old, new) if one.name in seen] == before
    merge(team, old, new)
    assert shown(answers)[new.name] == after


def test_what_is_withheld_stays_so_through_later_merges(partnership, team, old, new) -> None:
    third, neither = (add_theme(actor=actor_for(team), name=name) for name in ("Third", "Neither"))
    answers = wrote(partnership, 15)
    closed(partnership)
    tick(team, answers, neither)
    tick(team, answers[:6], old)
    tick(team, answers[4:10], new)
    merge(team, old, new)
    assert shown(answers)[new.name] is None
    merge(team, new, third)
    assert shown(answers)[third.name] is None
    everything = dict(counts(themes_by_question(asked_about(*answers), for_team=True)))
    assert everything["Third"] == 10


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(has=st.lists(st.sampled_from([(), ("o",), ("n",), ("o", "n")]), min_size=15, max_size=15))
def test_whatever_is_merged_no_difference_is_of_few(request, has) -> None:
    partnership, team = (request.getfixturevalue(name) for name in ("partnership", "team"))
    actor, number = actor_for(team), Theme.objects.count()
    old, new, neither = (
        add_theme(actor=actor, name=f"{name} {number}") for name in ("Old", "New", "Neither")
    )
    answers = wrote(partnership, 15)
    closed(partnership)
    for one, letters in zip(answers, has, strict=True):
        tick(team, [one], neither, *[old] * ("o" in letters), *[new] * ("n" in letters))
    before = shown(answers)
    merge(team, old, new)
    after = shown(answers).get(new.name)
    known_old, known_new = before.get(old.name), before.get(new.name)
    if after is not None and known_new:
        more = after - known_new
        assert more == 0 or more >= FEWEST
        if known_old:
            assert known_old - more == 0 or known_old - more >= FEWEST
    for theme in (old, neither):
        retire_theme(actor=actor, theme=theme)
    retire_theme(actor=actor, theme=new)


def test_the_pages(partnership, neighbour, team, old, new, sign_in) -> None:
    client = sign_in(team)
    tick(team, wrote(partnership, 3), old)

    def at(name: str, *more: int) -> str:
        return reverse(f"evaluations:{name}", args=[partnership.slug, *more])

    assert at("theme_merge", old.pk) in client.get(at("theme", old.pk)).content.decode()
    page = client.get(at("theme_merge", old.pk)).content.decode()
    assert "Information sharing" in page and f'value="{old.pk}"' not in page
    assert "There is a problem" in client.get(at("theme_merge", old.pk), {"into": ""}).content.decode()
    confirm = client.get(at("theme_merge", old.pk), {"into": new.pk}).content.decode()
    assert (
        "3 answers are about “Passing things on” and will be about “Information sharing” instead." in confirm
    )
    assert ThemeTag.objects.filter(theme=old).count() == 3, "looking does nothing"
    done = client.post(at("theme_merge", old.pk), {"into": new.pk}, follow=True).content.decode()
    assert "“Passing things on” is merged into “Information sharing”. 3 answers changed." in done
    assert "Merged into “Information sharing”" in done
    assert "already" in client.get(at("theme_merge", old.pk)).content.decode()
    assert "begins without any" in client.get(at("theme", old.pk)).content.decode()
    assert "Passing things on" not in client.get(at("free_texts")).content.decode()
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
        theirs = add_theme(actor=actor_for(stranger), name="Theirs")
    foreign = reverse("evaluations:theme_merge", args=[neighbour.slug, old.pk])
    assert sign_in(stranger).get(foreign).status_code == 404
    refused = client.post(at("theme_merge", new.pk), {"into": theirs.pk}).content.decode()
    assert "not offered any more" in refused


def test_without_another_theme_there_is_nothing_to_merge_into(partnership, team, old, sign_in) -> None:
    page = sign_in(team).get(reverse("evaluations:theme_merge", args=[partnership.slug, old.pk]))
    assert "No other theme to choose" in page.content.decode()


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.TEAM])
def test_only_by_the_team(partnership, old, new, sign_in, role) -> None:
    person = make_person(partnership, role)
    where = reverse("evaluations:theme_merge", args=[partnership.slug, old.pk])
    assert sign_in(person).post(where, {"into": new.pk}).status_code == 403
    with pytest.raises(PermissionDenied):
        merge(person, old, new)
    assert not Theme.objects.exclude(merged_into=None).exists()
