"""Whatever one of a few people answers, every page and file that others than the team can open stays the same.

Six evaluate one session and four another. The sixth of the one and everybody of the other then say something else, and
each role opens again whatever it could open before: pages, PDFs, spreadsheets, CSV. Nothing may be other than it was.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta
from html import unescape
from io import BytesIO

import pytest
from django.db import transaction
from django.test import Client
from django.urls import resolve, reverse
from django.utils import timezone
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from bookings.models import Booking
from compliance.models import Report
from compliance.services.reports import build_report, publish_report, request_report
from compliance.views import subgroup
from evaluations import disclosure
from evaluations.jobs import ask_about_impact, ask_for_evaluations, watch_for_concerns
from evaluations.links import certificate_token, holder_of, supervision_token, survey_token
from evaluations.models import AnalysisFile, Answer, Certificate, Invitation, KeptAnalysis, Theme, ThemeTag
from evaluations.queries import own_words
from evaluations.queries.analysis import questions, responses
from evaluations.services import analyses, counting
from evaluations.services.analyses import build_analysis
from evaluations.services.analysis_files import build_file
from evaluations.services.answers import save_answers
from evaluations.services.observation_actions import Agreed, agree_action
from evaluations.services.tagging import Retagging, tag_answers
from evaluations.services.themes import add_theme
from partnership_portal.working_days import quarter_of, uk_date, uk_today
from partnerships.models import Membership
from partnerships.permissions import TABLE, Permission, Role
from tests.architecture.addresses import Address, partnership_addresses
from tests.evaluations.made import answer, asked_about_own_training, booked, closed, held
from tests.evaluations.test_observations import observed
from tests.factories import actor_for, job, make_course, make_organisation, make_person

Read = tuple[Role, str]
_THEME = "Information sharing"
OTHERS = [role for role in Role if role is not Role.TEAM]
# What nobody is shown here, and why; everything else must have been opened by somebody.
_LEFT_OUT = {
    "of a place, an offer or a claim that is not there once a session is over": (
        *("bookings:book", "bookings:choose_person", "bookings:book_for", "bookings:group_organisation"),
        *("bookings:group_pick", "bookings:group_check", "bookings:group_done", "bookings:group_sheets"),
        *("bookings:cancel", "bookings:access_needs", "bookings:evidence", "bookings:tick", "bookings:offer"),
        *("bookings:pass_on", "bookings:joining_sheet", "bookings:swap", "bookings:coming"),
        *("bookings:offer_link", "bookings:coming_link", "bookings:claim", "bookings:claim_record"),
        *("bookings:pass_on_link", "bookings:approval", "bookings:approval_link", "bookings:move_link"),
        *("bookings:statement", "bookings:organisation_purchase_order", "evaluations:observe"),
    ),
    "one's own: booking, diary, form that was sent, what waits for a learner": (
        *("bookings:booking", "bookings:calendar", "bookings:feed", "evaluations:learner"),
        *("notifications:stop", "compliance:training_withdraw"),
        *("evaluations:survey_sent", "evaluations:my_survey_sent", "evaluations:code_supervision"),
        *("evaluations:code_survey", "evaluations:code_survey_page", "evaluations:code_survey_check"),
        *("evaluations:code_survey_sent", "evaluations:code_survey_left"),
    ),
    "of a button, and nothing to look at": (
        *("evaluations:action_done", "evaluations:release_observation", "partnerships:claim"),
    ),
    "of a meeting report or a code at the door, which are of their moment": (
        *("bookings:report_who", "bookings:report_marks", "bookings:report_remove", "bookings:report_add"),
        *("bookings:check_in", "bookings:checked_in", "bookings:wall", "evaluations:codes"),
    ),
    "of whoever joins or is exempt; of badges and their keys, signed anew each time, and files that hold no answers": (
        *("partnerships:join_request", "partnerships:job", "evaluations:bundle", "evaluations:bundle_file"),
        *("evaluations:badge", "evaluations:linked_badge", "evaluations:badge_key", "evaluations:badge_keys"),
        *("evaluations:badge_status", "compliance:exemption_end"),
    ),
}
_EXCEPTIONS = {name for names in _LEFT_OUT.values() for name in names}
_READ = [one for one in partnership_addresses() if one.name not in _EXCEPTIONS]
# Where the team can tell, and trainers and sub-group could without the rule.
_TELLING = {
    *("evaluations:trainer_evaluation", "evaluations:trainer_evaluation_file", "compliance:report"),
    *("evaluations:session_evaluation", "evaluations:session_evaluation_file", "compliance:report_file"),
    *("evaluations:free_texts", "evaluations:desk_supervision", "compliance:live"),
}
# What differs from one look to the next, whatever was answered.
_PASSING = re.compile(
    r"csrfmiddlewaretoken\S* \S+|\d{1,2}(:\d\d)?[ap]m|\d\d:\d\d(:\d\d)?|nonce\S+"
    # What tells a form that is sent twice from another one.
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)


class Scene:
    """Two sessions that few people have evaluated, and everybody who might want to know what they said."""

    def __init__(self, partnership) -> None:
        self.partnership, self.reading = partnership, _READ
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
            held(partnership, course=course, days_ago=120 + number / 50, trainers=(trainer, former))
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
        # The manager has begun to answer about one of them.
        self.form = Invitation.objects.for_answering().get(booking=self.odd[0], kind="line_manager")
        save_answers(actor=holder_of(self.form), invitation=self.form, answers={"saw_change": ["yes"]})
        observer = self.people[Role.OBSERVER]
        self.observation = observed(held(partnership, course=course, trainers=(trainer,)), observer)
        agreed = Agreed("Share the slides", trainer, uk_today() + timedelta(days=7))
        self.action = agree_action(actor=actor_for(observer), observation=self.observation, agreed=agreed)
        self.audited = asked_about_own_training(partnership, organisation)

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
                made = {"REPORT": report.pk, "FILE": self._file(client) if role is Role.TRAINER else 0}
                asked = self._addresses(role) if only is None else [one for who, one in only if who is role]
                for address in asked:
                    where = address
                    for word, key in made.items():
                        where = where.replace(f"/{word}/", f"/{key}/")
                    response = client.get(where)
                    if response.status_code == 200:
                        said = text_of(response)
                        for word, key in made.items():
                            said = re.sub(rf"(reports|files)/{key}\b", rf"\1/{word}", said)
                        found[role, address] = said
            transaction.savepoint_rollback(point)
        return found

    def _report(self) -> Report:
        team = actor_for(self.people[Role.TEAM])
        starts_on, ends_on = quarter_of(uk_date(self.sessions[0].ends_at), 4)
        report = request_report(actor=team, starts_on=starts_on, ends_on=ends_on)
        build_report(actor=job(self.partnership), report_id=report.pk, now=timezone.now())
        report.refresh_from_db()
        return publish_report(actor=team, report=report)

    def _file(self, client: Client) -> int:
        """The trainer asks for what jobs must add up and draw, and it is done: the figures, then the files."""
        args = [self.partnership.slug, self.sessions[0].pk]
        for _ in range(2):
            for ending in ("pdf", "xlsx"):
                client.get(reverse("evaluations:trainer_evaluation_file", args=[*args, ending]))
            for one in KeptAnalysis.objects.filter(state="building"):
                build_analysis(actor=job(self.partnership), analysis_id=one.pk)
            for file in AnalysisFile.objects.filter(state="building"):
                build_file(actor=job(self.partnership), file_id=file.pk)
        return AnalysisFile.objects.earliest("pk").pk

    def _addresses(self, role: Role) -> Iterator[str]:
        """Where the role may look, with the keys of what was answered, and each file in each of its kinds."""
        actor = actor_for(self.people[role])
        for one in self.reading:
            if isinstance(one.view.access, Permission) and not actor.may(one.view.access):
                continue
            endings = ["xlsx", "pdf", "csv"] if "ending" in one.parts else [""]
            for key in self._keys(one) if "pk" in one.parts else [0]:
                for ending in endings:
                    yield one.at(**{**self._parts(one), "pk": key, "ending": ending})

    def _keys(self, one: Address) -> list[object]:
        """The rows that an address may be about, by what comes before their key."""
        odd, forms = self.odd[0], Invitation.objects.filter(booking=self.odd[0]).order_by("pk")
        about = {
            "reports": ["REPORT"],
            "files": ["FILE"],
            "sessions": [session.pk for session in self.sessions],
            "observations": [self.observation.pk],
            "actions": [self.action.pk],
            "people": [odd.person_id],
            "memberships": [odd.person.memberships.get().pk],
            "join": [odd.organisation_id],
            "surveys": list(forms.values_list("pk", flat=True)),
            "supervision": [booking.pk for booking in self.odd],
            "single-agency-audits": [self.audited.pk],
        }
        return about[one.route.partition("/{pk}")[0].rpartition("/")[2]]

    def _parts(self, one: Address) -> dict[str, object]:
        """What else stands in an address."""
        odd, date = self.odd[0], self.sessions[0].dates.get()
        certificate = Certificate.objects.get(booking=odd)
        parts = {
            "date_pk": date.pk,
            "booking_pk": odd.pk,
            "person_pk": odd.person_id,
            "organisation_pk": odd.organisation_id,
            "slug": odd.session.course.slug,
            "number": certificate.number,
        }
        number = self.form.link_number
        tokens = {
            "survey": survey_token(self.form),
            "supervision": supervision_token(odd, f"form-{self.form.pk}-{number}"),
            "certificate": certificate_token(certificate),
        }
        purpose = re.search(r"/s/(\w+)-{token}", one.route)
        return {**parts, "token": tokens[purpose[1]]} if purpose else parts


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


def changed(scene: Scene, *roles: Role) -> tuple[set[str], set[Read]]:
    """Which pages and files these roles can open, and what of it says something else once the odd ones do."""
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
    return {name_of(one) for _, one in before}, {one for one in before if before[one] != after[one]}


def name_of(address: str) -> str:
    """Which page or file it is."""
    match = resolve(re.sub(r"/(REPORT|FILE)/", "/1/", address))
    return f"{match.namespace}:{match.url_name}"


def ending_of(address: str) -> str:
    """What kind of page or file it is."""
    return re.search(r"(\.\w+|/)$", address).group()


@pytest.fixture
def scene(partnership, settings, monkeypatch) -> Scene:
    """The session of six is added up and drawn by jobs, the one of four at once; the quarter is the one that runs."""
    settings.CELERY_TASK_ALWAYS_EAGER = True
    monkeypatch.setattr(analyses, "AT_ONCE", 10)
    made = Scene(partnership)
    monkeypatch.setattr(subgroup, "uk_today", lambda: uk_date(made.sessions[0].ends_at))
    return made


def test_nobody_but_the_team_can_tell(scene) -> None:
    opened, found = changed(scene, *OTHERS)
    assert sorted(found) == []
    permitted = set().union(*(TABLE[role] for role in OTHERS))
    addresses = [one for one in _READ if one.view.access in {"public", "link", "signed in", *permitted}]
    assert {one.name for one in addresses} - opened == set(), "nobody has looked there"


def test_control_they_could_without_the_rule_and_the_team_can(scene, monkeypatch) -> None:
    for module in (disclosure, questions, responses, counting, own_words):
        monkeypatch.setattr(module, "FEWEST", 1)
    scene.reading = [one for one in _READ if one.name in _TELLING]
    _, found = changed(scene, Role.TRAINER, Role.SUBGROUP_CHAIR, Role.TEAM)
    assert {name_of(one) for _, one in found} == _TELLING
    for role in (Role.TRAINER, Role.SUBGROUP_CHAIR, Role.TEAM):
        assert {".xlsx", ".pdf", "/"} <= {ending_of(one) for who, one in found if who is role}, role
