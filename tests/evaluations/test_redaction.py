"""Redaction: the words are gone from every table, the reason stays, and nobody can put them back."""

import pytest
from django.apps import apps
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from compliance.services.reports import build_report, request_report
from evaluations.answering import REMOVED, WithWords
from evaluations.jobs import ask_about_impact, ask_for_evaluations, watch_for_concerns
from evaluations.links import holder_of, survey_token
from evaluations.models import (
    Answer,
    Concern,
    ConcernRedaction,
    EarlierOutcome,
    Invitation,
    Notice,
    Redaction,
)
from evaluations.services.answers import save_answers, submit_answers
from evaluations.services.concerns import reopen_concern, settle_concern
from evaluations.services.notices import ask_other_manager, say_left, say_not_manager, settle_notice
from evaluations.services.redaction import redact_answer, redact_concern
from partnership_portal.working_days import quarter_of, uk_today
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import answer, answers_to, booked, held
from tests.factories import actor_for, make_course, make_person

SECRET = "Zephyrine Quackenbush"
SAID = f"The mother of {SECRET} rang us, and {SECRET} was there."
WHY = "It named a child."


@pytest.fixture
def team(partnership):
    return make_person(partnership, Role.TEAM, name="Tia Team")


@pytest.fixture
def invitation(partnership):
    booking = booked(held(partnership))
    ask_for_evaluations(partnership, timezone.now())
    return Invitation.objects.get(booking=booking)


def said(invitation, key="pledge", **given) -> Answer:
    """A sent answer with words to take out."""
    answer(invitation, **(given or {key: SAID}))
    return Answer.objects.get(invitation=invitation, question__key=key)


def tables_with(words: str) -> set[str]:
    """Every table of the database, tenant's or not, in a row of which the words stand."""
    found = set()
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            # The names come from the database itself.
            cursor.execute(f'SELECT count(*) FROM "{table}" r WHERE r::text ILIKE %s', [f"%{words}%"])
            if cursor.fetchone()[0]:
                found.add(table)
    return found


def test_gone_from_every_table(partnership, invitation, team, settings) -> None:
    pledge = said(invitation, "pledge", pledge=SAID, concern=WithWords("yes", SAID))
    watch_for_concerns(partnership, timezone.now())
    ask_about_impact(partnership, timezone.now())
    actor = actor_for(team)
    starts_on, ends_on = quarter_of(uk_today(), 4)
    report = request_report(actor=actor, starts_on=starts_on, ends_on=ends_on)
    build_report(actor=actor, report_id=report.pk, now=timezone.now())
    tables = {model._meta.db_table for model in apps.get_models()}
    assert tables_with(SECRET) == {"evaluations_answer"} <= tables, "there is one place to look in"
    for one in (pledge, Answer.objects.get(invitation=invitation, question__key="concern")):
        redact_answer(actor=actor, answer=one, reason=WHY)
    assert tables_with(SECRET) == set()
    assert tables_with("Quackenbush") == set()
    assert tables_with(WHY) == {"evaluations_redaction"}, "the reason is kept, and only there"
    files = [path for path in settings.MEDIA_ROOT.rglob("*") if path.is_file()]
    assert not any(SECRET.encode() in path.read_bytes() for path in files)
    keys = cache.keys("*") if hasattr(cache, "keys") else []
    assert not any(SECRET in str(cache.get(key)) for key in keys)


def test_whole_once_and_shown_as_removed(partnership, invitation, team, sign_in) -> None:
    pledge = said(invitation)
    for _ in range(2):
        redact_answer(actor=actor_for(team), answer=pledge, reason=WHY)
    pledge.refresh_from_db()
    assert pledge.text == REMOVED
    assert Redaction.objects.get().is_whole
    trail = AuditEntry.objects.get(action="evaluations.redact_answer")
    assert trail.after == {"answer": pledge.pk, "whole": True}
    address = reverse("evaluations:session_evaluation", args=[partnership.slug, invitation.session_id])
    page = sign_in(team).get(address).content.decode()
    assert REMOVED in page and SECRET not in page


def test_a_part_wherever_it_stands(invitation, team) -> None:
    pledge = said(invitation)
    redact_answer(actor=actor_for(team), answer=pledge, reason=WHY, part=SECRET)
    pledge.refresh_from_db()
    assert pledge.text == f"The mother of {REMOVED} rang us, and {REMOVED} was there."
    with pytest.raises(DomainError, match="do not stand there like this"):
        redact_answer(actor=actor_for(team), answer=pledge, reason=WHY, part=SECRET)
    redact_answer(actor=actor_for(team), answer=pledge, reason="The rest too.")
    pledge.refresh_from_db()
    assert pledge.text == REMOVED
    assert list(Redaction.objects.values_list("is_whole", flat=True)) == [False, True]


def test_what_was_chosen_beside_the_words_stays(invitation, team) -> None:
    concern = said(invitation, "concern", concern=WithWords("yes", SAID))
    redact_answer(actor=actor_for(team), answer=concern, reason=WHY)
    concern.refresh_from_db()
    assert (concern.chosen, concern.text) == (["yes"], REMOVED)


@pytest.mark.parametrize(
    ("reason", "part"),
    [
        (f"It named {SECRET}", SECRET),
        ("it named zephyrine QUACKENBUSH.", SECRET),
        ("because the mother of a child was named", ""),
        ("", ""),
        ("Zephyrine", "Zephyrine"),
    ],
)
def test_the_reason_does_not_tell(invitation, team, reason, part) -> None:
    pledge = said(invitation)
    with pytest.raises(DomainError, match=r"reason|Say why"):
        redact_answer(actor=actor_for(team), answer=pledge, reason=reason, part=part)
    pledge.refresh_from_db()
    assert pledge.text == SAID and not Redaction.objects.exists()


def test_not_while_it_is_written_and_not_where_there_are_no_words(partnership, invitation, team) -> None:
    save_answers(actor=holder_of(invitation), invitation=invitation, answers={"pledge": SAID})
    draft = Answer.objects.get()
    with pytest.raises(DomainError, match="not sent yet"):
        redact_answer(actor=actor_for(team), answer=draft, reason=WHY)
    Invitation.objects.update(state="closed")
    redact_answer(actor=actor_for(team), answer=draft, reason=WHY)
    assert tables_with(SECRET) == set(), "a draft that was never sent too"
    Answer.objects.update(text="", number=3)
    with pytest.raises(DomainError, match="no words"):
        redact_answer(actor=actor_for(team), answer=draft, reason=WHY)


class TestDraftThatIsTakenUpAgain:
    """Words were taken out of a draft while its survey was closed, and then its writer was asked again."""

    LEFT = f"The mother of {REMOVED} rang us, and {REMOVED} was there."

    @pytest.fixture
    def taken_up(self, invitation, team) -> Invitation:
        given = {**answers_to(invitation), "pledge": SAID, "access": ["partly"], "access_better": SAID}
        save_answers(actor=holder_of(invitation), invitation=invitation, answers=given)
        notice = say_left(actor=holder_of(invitation), invitation=invitation)
        for one in Answer.objects.filter(text=SAID):
            redact_answer(actor=actor_for(team), answer=one, reason=WHY, part=SECRET)
        settle_notice(actor=actor_for(team), notice=notice, outcome=Notice.Outcome.ASKED_AGAIN)
        return Invitation.objects.for_answering().get()

    def test_what_was_redacted_stays_so_and_the_rest_is_sent(self, partnership, taken_up) -> None:
        link = reverse("evaluations:survey", args=[partnership.slug, survey_token(taken_up)])
        page = Client().get(f"{link}4/").content.decode()
        assert self.LEFT in page and "It stays as it is" in page and 'name="pledge"' not in page
        assert 'name="barriers"' in page
        for typed in (SAID, ""):
            answer = Client().post(f"{link}4/", {"pledge": typed, "barriers": ["time"]})
            assert answer.url == f"{link}5/"
            save_answers(actor=holder_of(taken_up), invitation=taken_up, answers={"pledge": typed})
        assert Client().post(f"{link}check/").url == f"{link}sent/"
        assert Answer.objects.get(question__key="pledge").text == self.LEFT
        assert Answer.objects.get(question__key="barriers").chosen == ["time"]

    def test_what_is_not_asked_any_more_goes_and_the_rest_is_sent(self, taken_up) -> None:
        save_answers(actor=holder_of(taken_up), invitation=taken_up, answers={"access": ["met"]})
        submit_answers(actor=holder_of(taken_up), invitation=taken_up)
        assert not Answer.objects.filter(question__key="access_better").exists()
        assert Redaction.objects.count() == 2, "what was done stays"

    def test_whoever_is_asked_instead_begins_anew(self, partnership, team) -> None:
        learner = make_person(partnership, line_manager_name="Meg", line_manager_email="meg@nursery.example")
        course = make_course(partnership, asks_line_manager=True)
        booking = booked(held(partnership, days_ago=100, course=course), person=learner)
        ask_about_impact(partnership, timezone.now())
        form = Invitation.objects.for_answering().get(booking=booking, kind="line_manager")
        save_answers(actor=holder_of(form), invitation=form, answers={"example": SAID})
        say_not_manager(actor=holder_of(form), invitation=form)
        redact_answer(actor=actor_for(team), answer=Answer.objects.get(), reason=WHY, part=SECRET)
        ask_other_manager(actor=actor_for(team), invitation=form, name="Mia", email="mia@nursery.example")
        assert not Answer.objects.exists()
        form = Invitation.objects.for_answering().get(pk=form.pk)
        answer(form, example="Mia has seen it")
        assert Answer.objects.get(question__key="example").text == "Mia has seen it"

    def test_whoever_types_the_same_sign_can_still_change_it(self, invitation) -> None:
        for text in (REMOVED, "Something else"):
            save_answers(actor=holder_of(invitation), invitation=invitation, answers={"pledge": text})
        assert Answer.objects.get().text == "Something else"


def test_the_database_keeps_what_was_done(invitation, team) -> None:
    redact_answer(actor=actor_for(team), answer=said(invitation), reason=WHY)
    for change in (lambda: Redaction.objects.update(reason="x"), lambda: Redaction.objects.all().delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


@pytest.mark.parametrize("role", [Role.TRAINER, Role.OBSERVER, Role.SUBGROUP_CHAIR])
def test_only_by_the_team(partnership, invitation, sign_in, role) -> None:
    pledge, person = said(invitation), make_person(partnership, role)
    with pytest.raises(PermissionDenied):
        redact_answer(actor=actor_for(person), answer=pledge, reason=WHY)
    address = reverse("evaluations:redact", args=[partnership.slug, pledge.pk])
    assert sign_in(person).get(address).status_code == 403


def test_the_page(partnership, neighbour, invitation, team, sign_in) -> None:
    pledge = said(invitation)
    address = reverse("evaluations:redact", args=[partnership.slug, pledge.pk])
    client = sign_in(team)
    assert SAID in client.get(address).content.decode()
    refused = client.post(address, {"part": "not there", "reason": WHY}).content.decode()
    assert "There is a problem" in refused and "do not stand there like this" in refused
    page = client.post(address, {"part": "", "reason": WHY}, follow=True).content.decode()
    assert "The words are gone." in page and WHY in page and SECRET not in page
    assert "Take the words out" not in page
    with acting_in(neighbour):
        stranger = make_person(neighbour, Role.TEAM)
    foreign = reverse("evaluations:redact", args=[neighbour.slug, pledge.pk])
    assert sign_in(stranger).get(foreign).status_code == 404


class TestOfAConcern:
    """What the team wrote about a concern loses words as answers do."""

    @pytest.fixture
    def concern(self, partnership, invitation, team) -> Concern:
        answer(invitation, concern=WithWords("yes", "The trainer laughed."))
        watch_for_concerns(partnership, timezone.now())
        concern = Concern.objects.get()
        settle_concern(actor=actor_for(team), concern=concern, outcome=SAID)
        return concern

    @pytest.fixture
    def reopened(self, concern, team) -> Concern:
        reopen_concern(actor=actor_for(team), concern=concern, reason=SAID)
        settle_concern(actor=actor_for(team), concern=concern, outcome=SAID)
        return concern

    def test_gone_from_every_table_wherever_it_was_written(self, reopened, team) -> None:
        actor, earlier = actor_for(team), EarlierOutcome.objects.get()
        assert tables_with(SECRET) == {"evaluations_concern", "evaluations_earlieroutcome"}
        for where, text in ((None, "outcome"), (earlier, "outcome"), (earlier, "reason")):
            redact_concern(
                actor=actor, concern=reopened, earlier=where, text=text, part="Zephyrine", reason=WHY
            )
            redact_concern(actor=actor, concern=reopened, earlier=where, text=text, reason=WHY)
            redact_concern(actor=actor, concern=reopened, earlier=where, text=text, reason=WHY)
        assert tables_with("Quackenbush") == tables_with("Zephyrine") == set()
        assert tables_with(WHY) == {"evaluations_concernredaction"}
        earlier.refresh_from_db()
        assert Concern.objects.get().outcome == earlier.outcome == earlier.reason == REMOVED
        assert ConcernRedaction.objects.count() == 6, "done again is not done twice"
        trail = AuditEntry.objects.filter(action="evaluations.redact_concern")
        assert [one.after["whole"] for one in trail.order_by("pk")] == 3 * [False, True]

    def test_refused(self, concern, team) -> None:
        actor = actor_for(team)
        for given in (
            {"reason": ""},
            {"reason": f"{SECRET} was named"},
            {"reason": WHY, "part": "not there"},
        ):
            with pytest.raises(DomainError):
                redact_concern(actor=actor, concern=concern, **given)
        reopen_concern(actor=actor, concern=concern, reason="Again")
        with pytest.raises(DomainError, match="may be open again"):
            redact_concern(actor=actor, concern=concern, reason=WHY)
        earlier = EarlierOutcome.objects.get()
        EarlierOutcome.objects.filter(pk=earlier.pk).update(reason="ab " * 100 + REMOVED)
        with pytest.raises(DomainError, match="too long"):
            redact_concern(
                actor=actor, concern=concern, earlier=earlier, text="reason", part="ab", reason="A name"
            )

    def test_the_database_lets_nothing_but_words_go(self, reopened, team) -> None:
        redact_concern(actor=actor_for(team), concern=reopened, reason=WHY)
        earlier = EarlierOutcome.objects.all()
        for change in (
            lambda: earlier.update(outcome="x"),
            lambda: earlier.update(reason="x"),
            lambda: earlier.update(outcome=REMOVED, settled_at=timezone.now()),
            lambda: earlier.delete(),
            lambda: ConcernRedaction.objects.update(reason="x"),
            lambda: ConcernRedaction.objects.all().delete(),
        ):
            with pytest.raises(DatabaseError), transaction.atomic():
                change()

    def test_its_pages(self, partnership, neighbour, reopened, team, sign_in) -> None:
        earlier, client = EarlierOutcome.objects.get(), sign_in(team)
        here = reverse("evaluations:concern", args=[partnership.slug, reopened.pk])
        pages = [
            reverse("evaluations:redact_outcome", args=[partnership.slug, reopened.pk]),
            *(
                reverse("evaluations:redact_earlier", args=[partnership.slug, reopened.pk, earlier.pk, text])
                for text in ("outcome", "reason")
            ),
        ]
        linked = client.get(here).content.decode()
        for page in pages:
            assert f'href="{page}"' in linked and SAID in client.get(page).content.decode()
            client.post(page, {"part": "Zephyrine", "reason": "First"})
            done = client.post(page, {"part": "", "reason": WHY}, follow=True).content.decode()
            assert "The words are gone." in done and "took a part" in done and "took the whole text" in done
            assert SECRET not in done and "Take the words out" not in done
        assert SECRET not in client.get(here).content.decode()
        sheet = client.get(reverse("evaluations:concerns_export", args=[partnership.slug, "csv"]))
        told = b"".join(sheet.streaming_content if sheet.streaming else [sheet.content]).decode()
        assert REMOVED in told and "Quackenbush" not in told
        missing = [
            reverse("evaluations:redact_earlier", args=[partnership.slug, reopened.pk, earlier.pk, "pk"]),
            reverse("evaluations:redact_earlier", args=[partnership.slug, reopened.pk, 0, "outcome"]),
        ]
        with acting_in(neighbour):
            stranger = sign_in(make_person(neighbour, Role.TEAM))
        assert {client.get(page).status_code for page in missing} == {404}
        foreign = [page.replace(partnership.slug, neighbour.slug) for page in pages]
        assert {stranger.get(page).status_code for page in foreign} == {404}
        for role in (Role.TRAINER, Role.SUBGROUP_CHAIR):
            other = sign_in(make_person(partnership, role))
            assert {other.get(page).status_code for page in pages} == {403}
            with pytest.raises(PermissionDenied):
                redact_concern(actor=actor_for(make_person(partnership, role)), concern=reopened, reason=WHY)

    def test_what_was_taken_out_before_it_was_opened_again_stands_with_it(
        self, partnership, concern, team, sign_in
    ) -> None:
        redact_concern(actor=actor_for(team), concern=concern, reason=WHY)
        reopen_concern(actor=actor_for(team), concern=concern, reason="Again")
        settle_concern(actor=actor_for(team), concern=concern, outcome="Another trainer")
        client, earlier = sign_in(team), EarlierOutcome.objects.get()
        where = [partnership.slug, concern.pk]
        now = client.get(reverse("evaluations:redact_outcome", args=where)).content.decode()
        before = client.get(reverse("evaluations:redact_earlier", args=[*where, earlier.pk, "outcome"]))
        why = client.get(reverse("evaluations:redact_earlier", args=[*where, earlier.pk, "reason"]))
        assert WHY in before.content.decode()
        assert WHY not in now and WHY not in why.content.decode()
