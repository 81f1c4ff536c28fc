"""Measure the jobs of surveys and certificates on a copy of the benchmarks' database, in a process of their own.

`bench.py` starts it; it prints one row of the table per line, as JSON. What it queues for workers is taken out of the
queue again, since nobody is to be written to.
"""

from __future__ import annotations

import json
import re
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

if TYPE_CHECKING:
    from partnerships.models import Partnership

PROFILE = "herefordshire"
SESSIONS, OF_A_SESSION = 200, 500
CERTIFICATES, DOCUMENTS = 200, 20

# Sessions that have just ended, each attended by other people, whom nobody has asked yet.
_SESSIONS = """
INSERT INTO courses_session (partnership_id, course_id, status, venue_id, joining_link, capacity, minimum,
    places_taken, starts_at, ends_at, booking_closes_at, joining_instructions, cancelled_reason,
    cancelled_as_draft, lecture_style, lecture_style_reason, opened_to_others, decision, decision_note)
SELECT %(p)s, (SELECT min(id) FROM courses_course WHERE partnership_id = %(p)s AND status = 'published'),
    'published', NULL, 'https://meet.example/bench', 500, 0, 0, now() - interval '5 hours', now() - interval '2 hours',
    now() - interval '2 days', 'To be asked.', '', false, true, 'A conference', false, '', ''
FROM generate_series(1, %(sessions)s)
"""
_BOOKINGS = """
WITH sessions AS (
    SELECT id, starts_at, row_number() OVER (ORDER BY id) - 1 AS n FROM courses_session
    WHERE partnership_id = %(p)s AND joining_instructions = 'To be asked.'
), learners AS (
    SELECT person_id, organisation_id, job_role, row_number() OVER (ORDER BY person_id) - 1 AS n
    FROM partnerships_membership WHERE partnership_id = %(p)s AND started_on = date '2016-09-01'
)
INSERT INTO bookings_booking (partnership_id, session_id, person_id, organisation_id, job_role, state, booked_by_id,
    booked_at, policy_version_id, end_reason, was_late_cancellation, calendar_sequence, told, declared,
    purchase_order, charged_as, audience_reason, confirmed_at)
SELECT %(p)s, sessions.id, learners.person_id, learners.organisation_id, learners.job_role, 'attended',
    learners.person_id, sessions.starts_at - interval '20 days',
    (SELECT id FROM partnerships_policyversion WHERE partnership_id = %(p)s ORDER BY number DESC LIMIT 1),
    '', false, 0, '{}', '', '', 'attended', '', sessions.starts_at - interval '20 days'
FROM sessions
CROSS JOIN generate_series(0, %(of_a_session)s - 1) place
JOIN learners ON learners.n = (sessions.n * %(of_a_session)s + place) %% (SELECT count(*) FROM learners)
"""
_ANSWERED = """
UPDATE evaluations_invitation SET state = 'answered', answered_at = now(), watched_at = now() WHERE id IN (
    SELECT id FROM evaluations_invitation WHERE partnership_id = %(p)s AND state = 'open' AND kind = 'evaluation'
    ORDER BY id LIMIT %(certificates)s
)
"""


def main() -> int:
    """Ask a hundred thousand people, then issue certificates and draw them."""
    django.setup()
    from django.conf import settings
    from django.db import connection

    from partnership_portal.celery import app
    from partnerships.models import Partnership
    from partnerships.tenancy import acting_in

    settings.PORTAL_QUIET_HOURS = False
    partnership = Partnership.objects.get(slug=PROFILE)
    numbers = {
        "p": partnership.pk,
        "sessions": SESSIONS,
        "of_a_session": OF_A_SESSION,
        "certificates": CERTIFICATES,
    }
    with acting_in(partnership), connection.cursor() as cursor:
        # Unset, pgtrigger asks for it, fails and recovers once a row, and each time walks all the deferred checks.
        cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")
        cursor.execute(_SESSIONS, numbers)
        cursor.execute(_BOOKINGS, numbers)
    _analyse()
    _invitations(partnership)
    with acting_in(partnership), connection.cursor() as cursor:
        cursor.execute(_ANSWERED, numbers)
    _certificates(partnership)
    app.control.purge()
    return 0


def _analyse() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _invitations(partnership: Partnership) -> None:
    from django.utils import timezone

    from evaluations.jobs import ask_for_evaluations
    from evaluations.models import Invitation
    from notifications.models import Message
    from partnerships.tenancy import acting_in

    with acting_in(partnership):
        before = Invitation.objects.count(), Message.objects.count()
    started = timezone.now()
    loaded, began = _megabytes(), time.perf_counter()
    ask_for_evaluations(partnership, started)
    took, peak = time.perf_counter() - began, _megabytes()
    with acting_in(partnership):
        made, queued = Invitation.objects.count() - before[0], Message.objects.count() - before[1]
    if made != queued or made < SESSIONS * OF_A_SESSION:
        sys.exit(f"{made} people were asked and {queued} messages queued.")
    first, last = _tenths(partnership, started, made)
    _row(
        f"{made:,} invitations made and queued",
        f"{took:.0f} s",
        note=f"{made / took:.0f} a second, of the first tenth {first:.0f}, of the last {last:.0f}; "
        f"{loaded:.0f} MB before, {peak:.0f} MB at most",
    )


def _tenths(partnership: Partnership, started: datetime, made: int) -> tuple[float, float]:
    """How many a second the first and the last tenth were, to see whether it slows down."""
    from notifications.models import Message
    from partnerships.tenancy import acting_in

    with acting_in(partnership):
        queued = Message.objects.filter(created_at__gte=started).order_by("pk")
        moments = list(queued.values_list("created_at", flat=True))
    tenth = made // 10
    first, last = moments[tenth - 1] - started, moments[-1] - moments[-tenth]
    return tenth / first.total_seconds(), tenth / last.total_seconds()


def _certificates(partnership: Partnership) -> None:
    from django.utils import timezone

    from evaluations.documents import certificate_pdf
    from evaluations.jobs import issue_certificates
    from evaluations.models import Certificate
    from partnerships.tenancy import acting_in

    with acting_in(partnership):
        last = Certificate.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    began, worked = time.perf_counter(), time.process_time()
    issue_certificates(partnership, timezone.now())
    took, work = time.perf_counter() - began, time.process_time() - worked
    with acting_in(partnership):
        issued = list(Certificate.objects.filter(pk__gt=last).order_by("pk"))
        if len(issued) != CERTIFICATES:
            sys.exit(f"{len(issued)} of {CERTIFICATES} certificates were issued.")
        _row(
            f"{CERTIFICATES:,} certificates issued, learners told",
            f"{took:.1f} s",
            note=f"{len(issued) / took:.0f} a second, {work / len(issued) * 1000:.1f} ms of one core each",
        )
        drawn, worked = issued[:DOCUMENTS], time.process_time()
        for certificate in drawn:
            certificate_pdf(certificate)
        work = time.process_time() - worked
    _row(
        "certificates drawn as PDF",
        f"{work / DOCUMENTS * 1000:.0f} ms",
        note=f"{DOCUMENTS / work:.0f} a second per core",
    )


def _row(what: str, took: str, *, note: str = "") -> None:
    print(json.dumps((what, took, "", "", note)), flush=True)


def _megabytes() -> float:
    """The most memory so far; `getrusage` would begin with that of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024


if __name__ == "__main__":
    sys.exit(main())
