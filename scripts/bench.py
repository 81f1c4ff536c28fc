"""Measure the portal on a large partnership: pages, bookings, documents and a race, against the running server.

The population is made once under `var/bench`; `make bench ARGS=--fresh` makes it anew. Times are those of one client
over loopback, from the first byte sent to the last received; queries are counted in this process.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from scripts import services
from scripts.environment import PROJECT, Refusal, ending_on_refusal, say, secret_key, var_directory

PROFILE = "herefordshire"
PORT = 8765
CLIENTS, PLACES = 500, 25
Row = tuple[str, str, str, str, str]


def main() -> int:
    """Set up, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--fresh", action="store_true", help="make the population anew")
    parser.add_argument("--times", type=int, default=100, help="requests for each page")
    options = parser.parse_args()
    var = var_directory() / "bench"
    (var / "log").mkdir(parents=True, exist_ok=True)
    with services.embedded(var) as addresses:
        os.environ.update(
            DJANGO_SETTINGS_MODULE="partnership_portal.settings",
            SECRET_KEY=secret_key(var),
            PORTAL_DEMO="1",
            PORTAL_VAR=str(var),
            PORTAL_BASE_URL=f"http://127.0.0.1:{PORT}",
            PORTAL_ALLOWED_HOSTS="127.0.0.1,testserver",
            **addresses,
        )
        made = _prepare(fresh=options.fresh)
        with _portal(var) as processes:
            rows = [made, *_Bench(options.times).rows()]
            memory = [(name, _megabytes(pid)) for name, pid in _family(processes)]
        rows += _surveys()
    _print(rows, memory)
    return 0


def _prepare(*, fresh: bool) -> Row:
    if fresh:
        _recreate_database()
    _manage("migrate", "--no-input")
    _manage("collectstatic", "--no-input")
    import django

    django.setup()
    from partnerships.models import Partnership, Person
    from partnerships.tenancy import acting_in

    _manage("load_partnership", PROFILE)
    partnership = Partnership.objects.get(slug=PROFILE)
    with acting_in(partnership):
        there = Person.objects.filter(partnership=partnership).count()
    if there:
        return ("population", f"{there:,} people, made before", "", "", "")
    say("Populating.")
    began = time.perf_counter()
    _manage("populate", PROFILE)
    return (
        "manage.py populate, 40,000 people and 150,000 bookings",
        f"{time.perf_counter() - began:.0f} s",
        "",
        "",
        "",
    )


def _recreate_database() -> None:
    import psycopg

    address = os.environ["DATABASE_URL"]
    name = urllib.parse.urlsplit(address).path.lstrip("/")
    with psycopg.connect(address.replace(f"/{name}", "/template1", 1), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')


def _surveys() -> list[Row]:
    """What `bench_surveys.py` measures on a copy of the database, so that the population stays as it is."""
    import psycopg
    from django.db import connections

    connections.close_all()
    address = os.environ["DATABASE_URL"]
    name = urllib.parse.urlsplit(address).path.lstrip("/")
    copy = f"{name}_surveys"
    with psycopg.connect(address.replace(f"/{name}", "/template1", 1), autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{copy}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{copy}" TEMPLATE "{name}"')
        done = subprocess.run(
            [sys.executable, "scripts/bench_surveys.py"],
            cwd=PROJECT,
            env={**os.environ, "DATABASE_URL": address.replace(f"/{name}", f"/{copy}", 1)},
            capture_output=True,
            text=True,
        )
        connection.execute(f'DROP DATABASE "{copy}" WITH (FORCE)')
    if done.returncode:
        raise Refusal(f"“bench_surveys.py” failed: {done.stderr.strip().splitlines()[-1]}")
    return [tuple(json.loads(line)) for line in done.stdout.splitlines()]


def _manage(*command: str) -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", *command], cwd=PROJECT, capture_output=True, text=True
    )
    if done.returncode:
        raise Refusal(f"“manage.py {command[0]}” failed: {done.stderr.strip().splitlines()[-1]}")


@contextmanager
def _portal(var: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    commands = {
        "web": ["granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(PORT), "--workers", "2",
                "--blocking-threads", "4", "partnership_portal.wsgi:application"],
        "worker": ["celery", "-A", "partnership_portal", "worker", "--concurrency", "2"],
    }  # fmt: skip
    processes = {}
    try:
        for name, command in commands.items():
            with (var / "log" / f"{name}.log").open("wb") as log:
                processes[name] = subprocess.Popen(
                    [sys.executable, "-m", *command], cwd=PROJECT, stdout=log, stderr=log
                )
        for _ in range(150):
            try:
                _Client().get("/healthz")
                break
            except OSError:
                time.sleep(0.2)
        yield processes
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            process.wait(30)


# Adds up one course in a process of its own, to see how much that takes beyond what is there anyway.
_ADD_UP = r"""
import re, sys, time
from pathlib import Path
import django
django.setup()
import scipy.special
from evaluations.queries.analysis import added_up, asked_in
from evaluations.selections import Selection
from partnerships.models import Partnership
from partnerships.tenancy import acting_in
partnership = Partnership.objects.get(pk=sys.argv[1])
selection = Selection(course=int(sys.argv[2]))
def peak():
    # getrusage would begin with the memory of the process that started this one.
    return int(re.findall(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[0]) / 1024
before, began = peak(), time.perf_counter()
with acting_in(partnership):
    asked = asked_in(selection.invitations(partnership), for_team=True, groupings=selection.groupings)
    added_up(asked)
print(time.perf_counter() - began, peak() - before)
"""


class _Client:
    """One browser: a kept connection and its cookies."""

    def __init__(self, user: object | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=120)
        self.cookies: dict[str, str] = {}
        self.status = 0
        if user is not None:
            self.cookies["sessionid"] = _session_of(user)

    def get(self, path: str) -> bytes:
        return self._send("GET", path)

    def post(self, path: str, fields: dict[str, str]) -> bytes:
        return self._send("POST", path, urllib.parse.urlencode(fields))

    def _send(self, method: str, path: str, body: str | None = None) -> bytes:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        content = response.read()
        self.status = response.status
        for name, value in response.getheaders():
            if name.lower() == "set-cookie":
                cookie, _, kept = value.partition("=")
                self.cookies[cookie] = kept.split(";")[0]
        # 409 is an answer too: the page that says why not, and offers the waiting list.
        if response.status >= 400 and response.status != 409:
            raise Refusal(f"{method} {path} was answered with {response.status}.")
        return content


def _session_of(user: object) -> str:
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.cached_db import SessionStore

    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    return str(session.session_key)


class _Bench:
    """The measurements, each giving rows of the table."""

    def __init__(self, times: int) -> None:
        from partnerships.models import Partnership, User

        self.times = times
        self.partnership = Partnership.objects.get(slug=PROFILE)
        users = User.objects.filter(email__endswith=f"@{PROFILE}.populated.example").order_by("pk")
        by_number = {int(re.findall(r"\d+", user.email)[0]): user for user in users}
        self.lead, self.team, self.learner = by_number[1], by_number[941], by_number[990]
        self.racers = [by_number[number] for number in range(2, 2 + CLIENTS)]

    def rows(self) -> Iterator[Row]:
        from courses.models import Course
        from partnerships.tenancy import acting_in

        root = f"/{PROFILE}"
        with acting_in(self.partnership):
            course = Course.objects.filter(status="published", partnership=self.partnership).first()
        self._fill_catalogue()
        yield self._page("catalogue, 50 courses, visitor", f"{root}/courses/", None)
        yield self._page("course page, visitor", f"{root}/courses/{course.slug}/", None)
        yield self._page("partnership's front page, visitor", f"{root}/", None)
        yield self._page("catalogue, signed in", f"{root}/courses/", self.learner)
        yield self._page("my page", f"{root}/me/", self.learner)
        yield self._page("my record", f"{root}/me/record/", self.learner)
        yield self._page(
            "organisation's people, 50 rows", f"{root}/organisation/", self._large_organisation()
        )
        yield self._page("team's desk", f"{root}/desk/", self.team)
        yield self._page("team's list of 150,000 bookings, 50 rows", f"{root}/desk/bookings/", self.team)
        yield self._page("what people wrote, 116,450 free texts", f"{root}/desk/free-texts/", self.team)
        yield self._page("the same by words", f"{root}/desk/free-texts/?q=chronology+supervision", self.team)
        yield self._page("the same by theme", f"{root}/desk/free-texts/?theme={self._theme()}", self.team)
        yield self._survey()
        yield self._bookings()
        yield self._certificate()
        yield self._export()
        yield self._report()
        yield self._analysis()
        yield self._reconciliation()
        yield from self._race()

    def _fill_catalogue(self) -> None:
        from courses.models import Course
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            have = Course.objects.filter(partnership=self.partnership, status="published")
            pattern = have.first()
            for number in range(50 - have.count()):
                pattern.pk = None
                pattern.slug, pattern.title = f"bench-{number}", f"Bench course {number}"
                pattern.save(force_insert=True)

    def _large_organisation(self) -> object:
        """A lead whose organisation has more than fifty people: the first, which takes in those of ten others."""
        from partnerships.models import Membership
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            own = Membership.objects.get(person__user=self.lead, ended_on=None).organisation
            others = Membership.objects.filter(partnership=self.partnership).exclude(organisation=own)
            if Membership.objects.filter(organisation=own).count() < 200:
                movers = list(
                    others.filter(person__user=None).order_by("pk").values_list("pk", flat=True)[:200]
                )
                Membership.objects.filter(pk__in=movers).update(organisation=own)
        return self.lead

    def _page(self, name: str, path: str, user: object | None) -> Row:
        client = _Client(user)
        for _ in range(10):
            client.get(path)
        took = [_seconds(lambda: client.get(path)) for _ in range(self.times)]
        return (name, _ms(statistics.median(took)), _ms(_p95(took)), str(self._queries(path, user)), "")

    def _queries(self, path: str, user: object | None) -> int:
        from django.db import connection
        from django.test import Client
        from django.test.utils import CaptureQueriesContext

        client = Client()
        if user is not None:
            client.force_login(user)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        return len(queries)

    def _session(self, capacity: int) -> int:
        from django.utils import timezone

        from courses.models import Course, Session, SessionDate, Venue
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            where = {"partnership": self.partnership}
            starts = timezone.now() + timedelta(days=60)
            session = Session.objects.create(
                **where,
                course=Course.objects.filter(status="published", **where).first(),
                venue=Venue.objects.filter(**where).first(),
                status="published",
                capacity=capacity,
                starts_at=starts,
                ends_at=starts + timedelta(hours=3),
                booking_closes_at=starts - timedelta(days=1),
            )
            SessionDate.objects.create(**where, session=session, starts_at=starts, ends_at=session.ends_at)
            return session.pk

    def _booker(self, user: object, session_id: int) -> Callable[[], None]:
        """Open the booking page as a browser would; gives what pressing the button does.

        Who is told that the session has filled up meanwhile presses again, to join the waiting list.
        """
        client = _Client(user)
        path = f"/{PROFILE}/sessions/{session_id}/book/"
        fields = _without_needs(_fields(client.get(path).decode()))
        client.connection.close()  # as after reading the page for a while; pressing opens it anew

        def press() -> None:
            page = client.post(path, fields)
            if client.status == 409:
                client.post(path, _without_needs(_fields(page.decode())))

        return press

    def _bookings(self) -> Row:
        session_id = self._session(CLIENTS)
        presses = [self._booker(user, session_id) for user in self.racers[: self.times]]
        took = [_seconds(press) for press in presses]
        taken = self._states(session_id).get("confirmed", 0)
        if taken != len(presses):
            raise Refusal(f"{taken} of {len(presses)} bookings arrived.")
        return ("booking a place (POST)", _ms(statistics.median(took)), _ms(_p95(took)), "", "")

    def _online_session(self, places: int, *, strangers: int) -> tuple[int, bytes, int]:
        """A session of yesterday that was full, the report of its meeting, and how many people have an address."""
        from django.utils import timezone

        from bookings.models import Booking
        from courses.models import Course, Session, SessionDate
        from partnerships.models import Membership
        from partnerships.services.policies import version_in_force
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            where = {"partnership": self.partnership}
            starts = timezone.now() - timedelta(days=1)
            session = Session.objects.create(
                **where,
                course=Course.objects.filter(status="published", **where).first(),
                joining_link="https://meet.example/bench",
                status="published",
                capacity=places,
                starts_at=starts,
                ends_at=starts + timedelta(hours=3),
                booking_closes_at=starts - timedelta(days=1),
            )
            date = SessionDate.objects.create(
                **where, session=session, starts_at=starts, ends_at=session.ends_at
            )
            live = (
                Membership.objects.live().filter(**where).select_related("person").order_by("person_id", "pk")
            )
            chosen = {one.person_id: one for one in live.distinct("person_id")[:places]}.values()
            version = version_in_force(self.partnership, starts)
            Booking.objects.bulk_create(
                Booking(
                    **where,
                    session=session,
                    person=one.person,
                    organisation_id=one.organisation_id,
                    state="confirmed",
                    booked_at=starts,
                    policy_version=version,
                )
                for one in chosen
            )
        joined, left = (f"{timezone.localtime(one):%d/%m/%Y, %H:%M:%S}" for one in (starts, date.ends_at))
        people = [(one.person.name, one.person.email) for one in chosen]
        people += [(f"Stranger {number}", f"s{number}@elsewhere.example") for number in range(strangers)]
        lines = [f"{name}\t{joined}\t{left}\t3h\t{email}\tPresenter" for name, email in people]
        head = "Full Name\tJoin Time\tLeave Time\tDuration\tEmail\tRole"
        with_address = len([one for one in chosen if one.person.email])
        return date.pk, "\r\n".join([head, *lines]).encode("utf-16"), with_address

    def _states(self, session_id: int) -> dict[str, int]:
        from django.db.models import Count

        from bookings.models import Booking
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            found = (
                Booking.objects.filter(session=session_id).order_by().values("state").annotate(n=Count("pk"))
            )
            return {row["state"]: row["n"] for row in found}

    def _theme(self) -> int:
        from evaluations.models import Theme
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            return Theme.objects.filter(partnership=self.partnership).earliest("pk").pk

    def _survey(self) -> Row:
        """The link in the invitation, as somebody without an account opens it."""
        from django.utils import timezone

        from bookings.models import Booking
        from courses.models import Course, Session
        from evaluations.kinds import QuestionnaireKind
        from evaluations.links import survey_link
        from evaluations.services.invitations import ask_about_bookings
        from partnerships.actors import system
        from partnerships.models import Membership
        from partnerships.services.policies import version_in_force
        from partnerships.tenancy import acting_in

        now = timezone.now()
        with acting_in(self.partnership):
            where = {"partnership": self.partnership}
            session = Session.objects.create(
                **where,
                course=Course.objects.filter(status="published", **where).first(),
                joining_link="https://meet.example/bench",
                status="published",
                capacity=20,
                starts_at=now - timedelta(hours=4),
                ends_at=now - timedelta(hours=1),
                booking_closes_at=now - timedelta(days=1),
            )
            place = Membership.objects.live().filter(person__user=self.learner).first()
            booking = Booking.objects.create(
                **where,
                session=session,
                person=place.person,
                organisation=place.organisation,
                state="attended",
                booked_at=now - timedelta(days=9),
                policy_version=version_in_force(self.partnership, now),
            )
            (invitation,) = ask_about_bookings(
                actor=system(self.partnership, "bench"),
                session=session,
                bookings=[booking.pk],
                kind=QuestionnaireKind.EVALUATION,
                now=now,
            )
            link = survey_link(invitation)
        return self._page("opening page of a survey, by its link", urllib.parse.urlsplit(link).path, None)

    def _certificate(self) -> Row:
        from evaluations.models import Certificate
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            numbers = list(
                Certificate.objects.filter(partnership=self.partnership, number__startswith="POP")
                .order_by("?")
                .values_list("number", flat=True)[:40]
            )
        client = _Client(self.team)
        paths = [f"/{PROFILE}/me/certificates/{number}.pdf" for number in numbers]
        client.get(paths[0])
        first = [_seconds(lambda path=path: client.get(path)) for path in paths[1:]]
        again = [_seconds(lambda path=path: client.get(path)) for path in paths[1:]]
        note = f"from the file afterwards {_ms(statistics.median(again))}"
        return (
            "certificate as PDF, first download",
            _ms(statistics.median(first)),
            _ms(_p95(first)),
            "",
            note,
        )

    def _export(self) -> Row:
        client = _Client(self.team)
        path = f"/{PROFILE}/desk/bookings/export.xlsx?state=did_not_attend"
        sizes = []
        took = [_seconds(lambda: sizes.append(len(client.get(path)))) for _ in range(5)]
        count = _count_rows(client.get(path))
        name = f"export of {count:,} bookings as XLSX"
        return (
            name,
            f"{statistics.median(took):.2f} s",
            f"{max(took):.2f} s",
            "",
            f"{sizes[0] // 1024:,} kB",
        )

    def _report(self) -> Row:
        from django.utils import timezone

        from compliance.models import Report
        from partnerships.tenancy import acting_in

        client = _Client(self.team)
        path = f"/{PROFILE}/desk/reports/"
        fields = _fields(client.get(path).decode())
        began = time.perf_counter()
        client.post(path, fields)
        with acting_in(self.partnership):
            report = Report.objects.filter(partnership=self.partnership).order_by("-pk").first()
        while True:
            with acting_in(self.partnership):
                report.refresh_from_db()
            if report.state != "building" or time.perf_counter() - began > 120:
                break
            time.sleep(0.05)
        took = time.perf_counter() - began
        if report.state != "ready":
            raise Refusal(f"The report is {report.state} after {took:.0f} s: {report.step}")
        bookings = report.figures and len(str(report.figures))
        note = f"{timezone.localdate(report.built_at):%d %B %Y}, figures {bookings:,} characters"
        return ("quarterly report by the worker, with PDF and XLSX", f"{took:.2f} s", "", "", note)

    def _analysis(self) -> Row:
        """The course with the most answers, from asking for the page to the page with the figures."""
        from django.db.models import Count, Q

        from evaluations.models import Invitation, KeptAnalysis
        from partnerships.tenancy import acting_in

        with acting_in(self.partnership):
            KeptAnalysis.objects.filter(partnership=self.partnership).delete()
            course, answered = (
                Invitation.objects.filter(partnership=self.partnership)
                .order_by()
                .values_list("session__course")
                .annotate(n=Count("pk", filter=Q(state="answered", kind="evaluation")))
                .order_by("-n")[0]
            )
        client, path = _Client(self.team), f"/{PROFILE}/desk/analysis/?course={course}"
        began = time.perf_counter()
        while b"data-refresh-seconds" in client.get(path):
            time.sleep(0.05)
        took = time.perf_counter() - began
        alone = subprocess.run(
            [sys.executable, "-c", _ADD_UP, str(self.partnership.pk), str(course)],
            cwd=PROJECT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        seconds, megabytes = alone.stdout.split()
        note = f"alone {float(seconds):.2f} s, and {float(megabytes):.0f} MB more at its peak"
        return (
            f"analysis of a course with {answered:,} answers, by the worker",
            f"{took:.2f} s",
            "",
            "",
            note,
        )

    def _reconciliation(self) -> Row:
        """A meeting report of 500 people about a session with 480 places: most known by address, some by name alone."""
        from bookings.reconciliation_desk import desk_of
        from bookings.services.reconciliation import add_report, remove_report
        from courses.models import SessionDate
        from partnerships.actors import actor_of
        from partnerships.tenancy import acting_in

        date_id, content, with_address = self._online_session(480, strangers=20)
        took, settled = [], 0
        for _ in range(10):
            with acting_in(self.partnership):
                date = SessionDate.objects.select_related("session").get(pk=date_id)
                actor = actor_of(self.team, self.partnership)
                began = time.perf_counter()
                report, _new = add_report(actor=actor, session_date=date, content=content)
            took.append(time.perf_counter() - began)
            with acting_in(self.partnership):
                settled = len([one for one in desk_of(self.partnership, date).entries if one.booking])
                remove_report(actor=actor, report=report)
        if not with_address <= settled <= 480:
            raise Refusal(
                f"{settled} of {with_address} people with an address were found in the meeting report."
            )
        note = f"{settled} matched, {len(content) // 1024} kB"
        name = "reconciliation of a report with 500 people: read, match, save"
        return (name, _ms(statistics.median(took)), _ms(_p95(took)), "", note)

    def _race(self) -> Iterator[Row]:
        session_id = self._session(PLACES)
        presses = [self._booker(user, session_id) for user in self.racers]
        barrier = threading.Barrier(len(presses) + 1)
        failures: list[str] = []

        def run(press: Callable[[], None]) -> None:
            barrier.wait()
            try:
                press()
            except Exception as error:  # told below, whatever it is
                failures.append(str(error))

        threads = [threading.Thread(target=run, args=(press,)) for press in presses]
        for thread in threads:
            thread.start()
        barrier.wait()
        began = time.perf_counter()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - began
        states = self._states(session_id)
        told = (
            f"{states.get('confirmed', 0)} places, {states.get('waiting', 0)} waiting, {len(failures)} failed"
        )
        name = f"{CLIENTS} clients race for {PLACES} places"
        yield (name, f"{took:.2f} s", "", "", f"{CLIENTS / took:.0f} bookings a second; {told}")
        if states.get("confirmed") != PLACES or states.get("waiting") != CLIENTS - PLACES or failures:
            raise Refusal(f"The race went wrong: {told}. {failures[:1]}")


def _fields(page: str) -> dict[str, str]:
    """What a browser would send of the page's longest form with every box ticked and every first choice taken."""
    forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.S | re.I)
    form = max(forms, key=len)
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, kind = _attribute(tag, "name"), _attribute(tag, "type") or "text"
        if name and (kind not in {"radio", "checkbox"} or " checked" in tag):
            fields[name] = _attribute(tag, "value") or ("on" if kind == "checkbox" else "")
        elif name:
            fields.setdefault(name, _attribute(tag, "value") or "on")
    for name, options in re.findall(r"<select[^>]*name=\"([^\"]+)\"[^>]*>(.*?)</select>", form, re.S):
        values = re.findall(r"<option[^>]*value=\"([^\"]+)\"", options)
        if values:
            fields[name] = values[0]
    for name in re.findall(r"<textarea[^>]*name=\"([^\"]+)\"", form):
        fields[name] = ""
    return fields


def _without_needs(fields: dict[str, str]) -> dict[str, str]:
    """The booking of somebody who needs no special food, as most don't: a browser sends no box that isn't ticked."""
    return {name: value for name, value in fields.items() if name != "diets"}


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf"\b{name}=\"([^\"]*)\"", tag)
    return found.group(1) if found else ""


def _count_rows(workbook: bytes) -> int:
    import io

    from python_calamine import CalamineWorkbook

    return len(CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()) - 1


def _seconds(what: Callable[[], object]) -> float:
    began = time.perf_counter()
    what()
    return time.perf_counter() - began


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95) - 1]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f} ms"


def _family(processes: dict[str, subprocess.Popen[bytes]]) -> Iterator[tuple[str, int]]:
    for name, process in processes.items():
        yield name, process.pid
        for child in subprocess.run(
            ["pgrep", "-P", str(process.pid)], capture_output=True, text=True
        ).stdout.split():
            yield f"{name}, child", int(child)


def _megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+)", status)[0]) / 1024


def _print(rows: list[Row], memory: list[tuple[str, float]]) -> None:
    print("\n| what | median | p95 | queries | note |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print("\n| process | resident memory |\n|---|---|")
    for name, megabytes in memory:
        print(f"| {name} | {megabytes:.0f} MB |")


if __name__ == "__main__":
    sys.exit(ending_on_refusal(main))
