"""Whatever one of a few people answers, every page and file that others than the team can open stays the same.

Six evaluate one session and four another. The sixth of the one and everybody of the other then say something else, and
each role opens again whatever it could open before: pages, PDFs, spreadsheets, CSV. Nothing may be other than it was.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO

from django.db import transaction
from django.test import Client
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from bookings.models import Booking
from compliance.models import Report
from compliance.services.reports import build_report, publish_report, request_report
from evaluations import disclosure
from evaluations.jobs import ask_about_impact, ask_for_evaluations, watch_for_concerns
from evaluations.models import Answer, Certificate, Concern, Invitation, Theme, ThemeTag
from evaluations.queries import own_words
from evaluations.queries.analysis import questions, responses
from evaluations.services import counting
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme
from partnership_portal.working_days import quarter_of, uk_date
from partnerships.models import Membership
from partnerships.permissions import Permission, Role
from tests.architecture.addresses import partnership_addresses
from tests.evaluations.made import answer, booked, closed, held
from tests.factories import actor_for, job, make_course, make_organisation, make_person

Read = tuple[Role, str]
_THEME = "Information sharing"
OTHERS = [role for role in Role if role is not Role.TEAM]
# Every page and file that says something of answers.
_SAYS = {
    *(
        f"evaluations:{one}"
        for one in ("trainer_evaluation", "trainer_evaluation_file", "session_evaluation")
    ),
    *(
        f"evaluations:{one}"
        for one in ("session_evaluation_file", "analysis", "analysis_file", "raw_answers")
    ),
    *(f"evaluations:{one}" for one in ("my_supervision", "desk_supervision", "chase", "asked", "concern")),
    "compliance:report",
    "compliance:report_file",
}
_READ = [one for one in partnership_addresses() if one.name in _SAYS]
# What differs from one look to the next, whatever was answered.
_PASSING = re.compile(r"csrfmiddlewaretoken\S* \S+|\d{1,2}(:\d\d)?[ap]m|\d\d:\d\d(:\d\d)?|nonce\S+")


class Scene:
    """Two sessions that few people have evaluated, and everybody who might want to know what they said."""

    def __init__(self, partnership) -> None:
        self.partnership = partnership
        organisation = make_organisation(partnership, name="Oak Tree Nursery")
        course = make_course(partnership, title="Neglect", asks_line_manager=True)
        trainer = make_person(partnership, Role.TRAINER)
        manager = make_person(partnership, organisation=organisation)
        former = make_person(
            partnership,
            *(Role.FORMER_MEMBER, Role.TRAINER, Role.ORGANISATION_LEAD, Role.SUBGROUP_CHAIR),
            organisation=organisation,
        )
        self.people = {
            Role.FORMER_MEMBER: former,
            Role.PRACTITIONER: make_person(partnership, organisation=organisation),
            Role.LINE_MANAGER: manager,
            Role.ORGANISATION_LEAD: make_person(
                partnership, Role.ORGANISATION_LEAD, organisation=organisation
            ),
            Role.TRAINER: trainer,
            Role.OBSERVER: make_person(partnership, Role.OBSERVER),
            Role.SUBGROUP_MEMBER: make_person(partnership, Role.SUBGROUP_MEMBER),
            Role.SUBGROUP_CHAIR: make_person(partnership, Role.SUBGROUP_CHAIR),
            Role.TEAM: make_person(partnership, Role.TEAM),
        }
        self.sessions = [
            held(partnership, course=course, days_ago=120 + number, trainers=(trainer, former))
            for number in range(2)
        ]
        for session, many in zip(self.sessions, (6, 4), strict=True):
            for _ in range(many):
                booked(session, person=make_person(partnership, organisation=organisation))
            ask_for_evaluations(partnership, session.ends_at)
        # The last to answer, of six the one who is left over, is somebody whom the manager may not read either.
        self.odd = [
            Booking.objects.filter(session=self.sessions[0]).order_by("pk").last(),
            *Booking.objects.filter(session=self.sessions[1]),
        ]
        Membership.objects.filter(person__in=[one.person_id for one in self.odd]).update(line_manager=manager)
        ask_about_impact(partnership, timezone.now() - timedelta(days=10))
        ask_about_impact(partnership, timezone.now())
        Invitation.objects.update(closes_at=timezone.now() + timedelta(days=1))
        for kind, said in (
            ("evaluation", {"relevance": 4, "confidence_before": 3, "confidence_after": 7}),
            ("impact", {"done": ["done"], "confidence_now": 7}),
        ):
            for invitation in Invitation.objects.filter(kind=kind).order_by("booking_id"):
                answer(invitation, **said)
        team = actor_for(self.people[Role.TEAM])
        self.themes = [add_theme(actor=team, name=name) for name in (_THEME, "Time and workload")]
        written = Answer.objects.filter(text__gt="").values_list("pk", flat=True)
        self.tag(written, self.themes[0])
        self.everybody_says(1, ["done"], "A quiet day")
        Invitation.objects.filter(state="open").exclude(kind="line_manager").update(state="closed")
        watch_for_concerns(partnership, timezone.now())

    def everybody_says(self, number: int, done: list[str], words: str) -> None:
        """The odd ones answer so."""
        theirs = Answer.objects.filter(invitation__booking__in=self.odd)
        theirs.filter(number__isnull=False).update(number=number)
        theirs.filter(question__key="done").update(chosen=done)
        texts = theirs.filter(number__isnull=True, chosen=[], question__kind="long_text")
        ThemeTag.objects.filter(answer__in=texts).delete()
        texts.update(text=words)
        self.tag(texts.values_list("pk", flat=True), self.themes[number == 5])

    def tag(self, answers: Iterable[int], theme: Theme) -> None:
        """The team says that these answers are about the theme."""
        changes = [Retagging(one, frozenset({theme.pk}), frozenset()) for one in answers]
        tag_answers(actor=actor_for(self.people[Role.TEAM]), changes=changes)

    def read_as(self, roles: Iterable[Role], only: Collection[Read] | None = None) -> dict[Read, str]:
        """Everything that the roles can open, as text, after counting and a report, both gone afterwards."""
        found = {}
        with transaction.atomic():
            point = transaction.savepoint()
            closed(self.partnership)
            report = self._report()
            for role in roles:
                client = Client()
                client.force_login(self.people[role].user)
                asked = self._addresses(role) if only is None else [one for who, one in only if who is role]
                for address in asked:
                    response = client.get(address.replace("/REPORT/", f"/{report.pk}/"))
                    if response.status_code == 200:
                        said = text_of(response)
                        found[role, address] = re.sub(rf"reports/{report.pk}\b", "reports/REPORT", said)
            transaction.savepoint_rollback(point)
        return found

    def _report(self) -> Report:
        team = actor_for(self.people[Role.TEAM])
        starts_on, ends_on = quarter_of(uk_date(self.sessions[0].ends_at), 4)
        report = request_report(actor=team, starts_on=starts_on, ends_on=ends_on)
        build_report(actor=job(self.partnership), report_id=report.pk, now=timezone.now())
        report.refresh_from_db()
        return publish_report(actor=team, report=report)

    def _addresses(self, role: Role) -> Iterator[str]:
        """Where the role may look, with the keys of what was answered, and each file in each of its kinds."""
        actor, odd = actor_for(self.people[role]), self.odd[0]
        answered = Invitation.objects.filter(booking=odd)
        keys = [one.pk for one in (*self.sessions, odd, odd.person, odd.organisation)]
        keys += [*answered.values_list("pk", flat=True), *Concern.objects.values_list("pk", flat=True)[:1]]
        number = Certificate.objects.get(booking=odd).number
        for one in _READ:
            if isinstance(one.view.access, Permission) and not actor.may(one.view.access):
                continue
            for key in (
                ["REPORT"] if "report" in one.name else sorted(set(keys)) if "999999" in one.path else [""]
            ):
                path = one.path.replace("999999", str(key)).replace("NONE-1", number)
                for ending in (".xlsx", ".pdf", ".csv") if path.endswith(".xlsx") else ("",):
                    yield f"{path.removesuffix('.xlsx')}{ending}" if ending else path


def text_of(response) -> str:
    """What a page or a file says, in words."""
    content = b"".join(response.streaming_content) if response.streaming else response.content
    kind = response["Content-Type"].partition(";")[0]
    if kind == "application/pdf":
        said = " ".join(page.extract_text() for page in PdfReader(BytesIO(content)).pages)
    elif "spreadsheet" in kind:
        book = CalamineWorkbook.from_filelike(BytesIO(content))
        rows = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
        said = str(rows)
    else:
        page = re.sub(r"<input[^>]*csrfmiddlewaretoken[^>]*>", "", content.decode(errors="replace"))
        # What attributes say counts too: labels and titles of charts, values of fields.
        said = unescape(page)
    return _PASSING.sub("", " ".join(said.split()))


def changed(scene: Scene, *roles: Role) -> set[Read]:
    """What these roles can open that says something else once the odd ones do."""
    before = scene.read_as(roles)
    for role, words in (
        (Role.TRAINER, "How relevant was the course"),
        (Role.TRAINER, _THEME),
        (Role.SUBGROUP_CHAIR, "Neglect"),
        (Role.SUBGROUP_CHAIR, _THEME),
    ):
        read = {ending_of(one) for (who, one), text in before.items() if who is role and words in text}
        assert role not in roles or {".pdf", ".xlsx", "/"} <= read, "there must be something to tell it by"
    scene.everybody_says(5, ["not_yet"], "Zephyrine came back to school")
    after = scene.read_as(roles, before)
    assert before.keys() == after.keys()
    return {one for one in before if before[one] != after[one]}


def ending_of(address: str) -> str:
    """What kind of page or file it is."""
    return re.search(r"(\.\w+|/)$", address).group()


def test_nobody_but_the_team_can_tell(partnership, settings) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    assert changed(Scene(partnership), *OTHERS) == set()


def test_control_they_could_without_the_rule_and_the_team_can(partnership, settings, monkeypatch) -> None:
    settings.CELERY_TASK_ALWAYS_EAGER = True
    for module in (disclosure, questions, responses, counting, own_words):
        monkeypatch.setattr(module, "FEWEST", 1)
    found = changed(Scene(partnership), Role.TRAINER, Role.SUBGROUP_CHAIR, Role.TEAM)
    for role in (Role.TRAINER, Role.SUBGROUP_CHAIR, Role.TEAM):
        assert {".xlsx", ".pdf", "/"} <= {ending_of(one) for who, one in found if who is role}, role
