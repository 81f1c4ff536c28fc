"""The pages and files of an analysis: for the team by any filter, for trainers of their own sessions."""

from io import BytesIO

import pytest
from django.urls import reverse
from pypdf import PdfReader
from python_calamine import CalamineWorkbook

from evaluations.raw_answers import pseudonym
from evaluations.services.raw_answers import record_raw_answers
from partnerships.errors import DomainError
from partnerships.models import AuditEntry
from partnerships.permissions import Role
from partnerships.tenancy import acting_in
from tests.evaluations.made import held
from tests.evaluations.test_analysis import followed_up
from tests.evaluations.test_summaries import evaluated, rated
from tests.factories import actor_for, make_course, make_person


def address(name: str, partnership, *more: object) -> str:
    return reverse(f"evaluations:{name}", args=[partnership.slug, *more])


@pytest.fixture
def two_courses(partnership):
    found = []
    for title, relevance in (("Neglect", 5), ("Exploitation", 3)):
        session = held(partnership, course=make_course(partnership, title=title))
        evaluated(partnership, session, [rated(relevance, 2, 6)] * 5)
        found.append(session)
    return found


class TestTeam:
    def test_whole_analysis_and_one_course(self, partnership, two_courses, sign_in):
        client = sign_in(make_person(partnership, Role.TEAM))
        whole = client.get(address("analysis", partnership)).content.decode().replace("\xa0", " ")
        assert "10 of 10 (100%)" in whole
        assert "By course" in whole
        course = two_courses[0].course
        page = client.get(address("analysis", partnership), {"course": course.pk})
        one = page.content.decode().replace("\xa0", " ")
        assert "10 of 10" not in one
        assert "5 of 5" in one

    def test_a_filter_that_finds_nothing_says_so(self, partnership, sign_in):
        client = sign_in(make_person(partnership, Role.TEAM))
        assert "Nobody was asked yet" in client.get(address("analysis", partnership)).content.decode()
        asked = client.get(address("analysis", partnership), {"first_day": "2031-01-01"})
        assert "None found" in asked.content.decode()

    def test_files_say_what_the_page_says_and_are_in_the_trail(self, partnership, two_courses, sign_in):
        client = sign_in(make_person(partnership, Role.TEAM))
        course = two_courses[0].course
        chosen = {"course": course.pk}
        pdf = client.get(address("analysis_file", partnership, "pdf"), chosen)
        text = "".join(page.extract_text() for page in PdfReader(BytesIO(b"".join(pdf))).pages)
        assert "Course: Neglect" in text
        assert "5 of 5 (100%)" in text.replace("\xa0", " ")
        xlsx = client.get(address("analysis_file", partnership, "xlsx"), chosen)
        book = CalamineWorkbook.from_filelike(BytesIO(b"".join(xlsx)))
        assert book.sheet_names[0] == "Report"
        assert "Answers" in book.sheet_names
        entry = AuditEntry.objects.filter(action="partnerships.record_download").latest("pk")
        assert entry.after == {"list": "analysis", "rows": 8, "filtered_by": ["course"]}

    def test_nobody_else_opens_it(self, partnership, two_courses, sign_in):
        trainer = sign_in(make_person(partnership, Role.TRAINER))
        for where in (address("analysis", partnership), address("analysis_file", partnership, "pdf")):
            assert trainer.get(where).status_code == 403

    def test_neighbours_answers_and_filters_are_not_there(self, partnership, two_courses, neighbour, sign_in):
        with acting_in(neighbour):
            client = sign_in(make_person(neighbour, Role.TEAM))
        page = client.get(
            address("analysis", neighbour), {"course": two_courses[0].course_id}
        ).content.decode()
        assert "Neglect" not in page
        assert "5 of 5" not in page


class TestEventReport:
    @pytest.mark.parametrize("ending", ["pdf", "xlsx"])
    def test_team_and_trainer_download_it(self, partnership, two_courses, sign_in, ending):
        trainer = make_person(partnership, Role.TRAINER)
        session = held(partnership, trainers=(trainer,))
        evaluated(partnership, session, [{**rated(5, 2, 8), "pledge": "Ask the child"}] * 5)
        for person, name in ((make_person(partnership, Role.TEAM), "session"), (trainer, "trainer")):
            file = sign_in(person).get(address(f"{name}_evaluation_file", partnership, session.pk, ending))
            assert file.status_code == 200
            assert b"Ask the child" not in b"".join(file)
        other = sign_in(make_person(partnership, Role.TRAINER))
        assert (
            other.get(address("trainer_evaluation_file", partnership, session.pk, ending)).status_code == 404
        )

    @pytest.mark.parametrize("people", [5, 15])
    def test_page_takes_the_same_number_of_queries(
        self, partnership, sign_in, people, django_assert_num_queries
    ):
        session = held(partnership)
        evaluated(partnership, session, [rated(5, 2, 8)] * people)
        client = sign_in(make_person(partnership, Role.TEAM))
        where = address("session_evaluation", partnership, session.pk)
        client.get(where)
        with django_assert_num_queries(24):
            client.get(where)


class TestRawAnswers:
    def _rows(self, response) -> list[list]:
        book = CalamineWorkbook.from_filelike(BytesIO(b"".join(response)))
        return book.get_sheet_by_name("Answers").to_python()

    def test_pseudonyms_stay_the_same_and_name_nobody(self, partnership, two_courses, sign_in):
        person = two_courses[0].bookings.first().person
        client = sign_in(make_person(partnership, Role.TEAM))
        where = address("raw_answers", partnership)
        given = {"names": "without", "ending": "xlsx"}
        first, again = self._rows(client.post(where, given)), self._rows(client.post(where, given))
        assert first == again
        assert len({row[0] for row in first[1:]}) == 10
        assert pseudonym(partnership, person.pk) in {row[0] for row in first[1:]}
        assert not [cell for row in first for cell in row if person.name in str(cell)]
        entry = AuditEntry.objects.filter(action="evaluations.record_raw_answers").latest("pk")
        assert (entry.after["with_names"], entry.after["rows"]) == (False, len(first) - 1)

    def test_names_need_a_reason_which_is_kept(self, partnership, two_courses, sign_in):
        person = two_courses[0].bookings.first().person
        client = sign_in(make_person(partnership, Role.TEAM))
        where = address("raw_answers", partnership)
        refused = client.post(where, {"names": "with", "ending": "csv", "reason": "x"}).content.decode()
        assert "Say in a sentence why the names are needed" in refused
        reason = "A complaint about this course is being looked into."
        file = client.post(
            f"{where}?course={two_courses[0].course_id}", {"names": "with", "ending": "csv", "reason": reason}
        )
        text = b"".join(file).decode()
        assert person.name in text
        assert "Exploitation" not in text
        entry = AuditEntry.objects.filter(action="evaluations.record_raw_answers").latest("pk")
        assert (entry.after["reason"], entry.after["filtered_by"]) == (reason, ["course"])

    def test_learner_and_manager_stand_under_one_pseudonym(self, partnership, sign_in):
        people = [{"impact": {"done": ["done"]}, "line_manager": {"saw_change": ["yes"]}}]
        session = followed_up(partnership, people)
        client = sign_in(make_person(partnership, Role.TEAM))
        rows = self._rows(
            client.post(address("raw_answers", partnership), {"names": "without", "ending": "xlsx"})
        )
        found = {(row[0], row[1]) for row in rows[1:]}
        own = pseudonym(partnership, session.bookings.get().person_id)
        assert found == {(own, "Learner"), (own, "Line manager")}

    def test_service_refuses_names_without_a_reason(self, partnership):
        actor = actor_for(make_person(partnership, Role.TEAM))
        with pytest.raises(DomainError):
            record_raw_answers(actor=actor, with_names=True, reason=" ", rows=1, filtered_by=[])

    def test_pseudonyms_of_two_partnerships_differ(self, partnership, neighbour):
        assert pseudonym(partnership, 7) != pseudonym(neighbour, 7)

    def test_nobody_but_the_team_gets_them(self, partnership, two_courses, sign_in):
        for role in set(Role) - {Role.TEAM}:
            client = sign_in(make_person(partnership, role))
            where = address("raw_answers", partnership)
            assert client.post(where, {"names": "without", "ending": "csv"}).status_code == 403
