"""Two real workers run the daily job of one partnership at once, and one is killed: everybody is asked, and once."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest
from celery import Celery
from django.db import connection
from django.db.models import Count, Subquery

from evaluations.models import Invitation
from notifications.models import Message
from partnership_portal.celery import app
from partnerships.models import Partnership
from partnerships.tenancy import acting_in
from tests.evaluations.made import adopt, booked, held
from tests.factories import make_partnership, make_person

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]

PEOPLE, OF_A_SESSION = 120, 2
QUEUE = "two-workers"
JOB = "partnership_portal.tasks.run_job"
FAILED = "failed; each is tried by itself"
# What takes the locks away, and lets both workers look at a session before either writes.
WITHOUT_LOCKS = """
import os, time
from pathlib import Path
from django.db.models import QuerySet
from evaluations.services import invitations
QuerySet.select_for_update = lambda self, **given: self
there, invite = Path(os.environ["PORTAL_VAR"]), invitations._invite
def look_together(actor, kind, session, *given):
    (there / f"{session.pk}-looked-{os.getpid()}").touch()
    until = time.monotonic() + 5
    while len(list(there.glob(f"{session.pk}-looked-*"))) < 2 and time.monotonic() < until:
        time.sleep(0.01)
    return invite(actor, kind, session, *given)
invitations._invite = look_together
"""


@pytest.fixture
def shire(db) -> Partnership:
    """Everybody attended one of many sessions four months ago and is due to be asked what has changed."""
    partnership = make_partnership("workershire")
    with acting_in(partnership):
        adopt(partnership)
        for _ in range(PEOPLE // OF_A_SESSION):
            session = held(partnership, days_ago=120)
            for _ in range(OF_A_SESSION):
                booked(session, person=make_person(partnership, account=False))
    return partnership


@pytest.fixture
def start_worker(tmp_path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start a Celery worker on this test's database and queue; what is left of it ends with the test."""
    started: list[subprocess.Popen[bytes]] = []
    name = connection.settings_dict["NAME"]
    before = (
        "import django; django.setup()\n"
        f"from django.db import connection; connection.settings_dict['NAME'] = {name!r}\n"
    )
    work = (
        f"\nfrom partnership_portal.celery import app; app.conf.task_default_queue = {QUEUE!r}\n"
        f"app.worker_main(['worker', '--pool', 'solo', '--queues', {QUEUE!r}, '--loglevel', 'INFO'])"
    )

    def start(changes: str = "") -> subprocess.Popen[bytes]:
        number = len(started) + 1
        with (tmp_path / f"{number}.log").open("wb") as log:
            command = [sys.executable, "-c", before + changes + work]
            environment = {**os.environ, "PORTAL_VAR": str(tmp_path)}
            started.append(subprocess.Popen(command, stdout=log, stderr=log, env=environment))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(10)


@pytest.fixture
def broker() -> Iterator[Celery]:
    """The broker of the environment, with this test's queue emptied before and after."""
    with app.connection_for_write() as link:
        link.default_channel.queue_purge(QUEUE)
        yield app
        link.default_channel.queue_purge(QUEUE)


def asked(partnership: Partnership) -> tuple[int, int]:
    # In one statement, so that a worker that goes on meanwhile can't come between the two counts.
    letters = (
        Message.objects.filter(purpose="survey-impact").values("purpose").annotate(n=Count("pk")).values("n")
    )
    with acting_in(partnership):
        counted = Partnership.objects.filter(pk=partnership.pk).values_list(
            Subquery(Invitation.objects.values("partnership").annotate(n=Count("pk")).values("n")),
            Subquery(letters),
        )
        invitations, sent = counted.get()
        return invitations or 0, sent or 0


def until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "It did not happen in time."
        time.sleep(0.02)


def test_nobody_is_asked_twice_or_missed_when_a_worker_is_killed(shire, broker, start_worker, tmp_path):
    def run_the_job() -> None:
        broker.send_task(JOB, args=[shire.pk, "daily", "ask about impact"], queue=QUEUE)

    def both_say(words: str) -> bool:
        return all(words in (tmp_path / f"{number}.log").read_text() for number in (1, 2))

    one, _two = start_worker(), start_worker()
    until(lambda: both_say(" ready."))
    run_the_job()
    run_the_job()
    until(lambda: both_say(f"Task {JOB}") and asked(shire)[0] >= 5)
    assert asked(shire)[0] < PEOPLE
    one.send_signal(signal.SIGKILL)
    assert one.wait(10) == -signal.SIGKILL
    invitations, letters = asked(shire)
    assert invitations == letters
    until(lambda: asked(shire) == (PEOPLE, PEOPLE))
    run_the_job()
    until(lambda: (tmp_path / "2.log").read_text().count(f"Task {JOB}[") >= 4)
    assert asked(shire) == (PEOPLE, PEOPLE)
    with acting_in(shire):
        assert Invitation.objects.values("booking").distinct().count() == PEOPLE
    assert not [log for log in tmp_path.glob("*.log") if FAILED in log.read_text()]


def test_control_without_the_locks_the_database_has_to_refuse_to_ask_twice(
    shire, broker, start_worker, tmp_path
):
    workers = [start_worker(WITHOUT_LOCKS) for _ in range(2)]
    logs = [tmp_path / "1.log", tmp_path / "2.log"]
    until(lambda: all(" ready." in log.read_text() for log in logs))
    for _ in workers:
        broker.send_task(JOB, args=[shire.pk, "daily", "ask about impact"], queue=QUEUE)
    until(lambda: any(FAILED in log.read_text() for log in logs))
    assert any("asked_once_per_booking" in log.read_text() for log in logs)
    # The constraints stand behind the locks: nobody is asked twice all the same.
    until(lambda: asked(shire) == (PEOPLE, PEOPLE))
