"""Fills a partnership with ten years of a whole county, for benchmarks: set by set in SQL, the same every time.

The rows are plausible, not real. Rules that services keep are kept here by construction; constraints, triggers and
row-level security hold as always.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.db import connection

from partnerships.models import Partnership
from partnerships.tenancy import acting_in


@dataclass(frozen=True)
class Size:
    """How much to make."""

    organisations: int = 900
    people: int = 40_000
    accounts: int = 1_000
    sessions: int = 4_000
    coming_sessions: int = 120
    bookings: int = 150_000
    tagged: int = 10_000


_FIRST = "Aisha,Bogdan,Carys,Dafydd,Eilidh,Fatima,George,Hannah,Idris,Jasmine,Kofi,Łucja,Mohammed,Nia,Oluwaseun,Priya"
_LAST = "Ahmed,Bannister-Clarke,Chukwu,Davies,Evans,Fernández,Griffiths,Hussain,O'Brien,Jones,Kowalski,Lewis,Ŵyn,Patel"

# What people write, and in the same order the themes that it is about.
_OPENINGS = (
    "I will,We as a team will,With my manager I will,From next month I will,At our next meeting I will,Now I"
)
_WRITTEN = (
    "share what we know with school and health visitor before the meeting",
    "see the child alone and write down what the child says in their own words",
    "ask again when an explanation does not fit what I have seen at home",
    "look up the threshold before I ring the front door with a referral",
    "bring the chronology of each family to my supervision",
    "invite police housing and the drug service to plan with us",
    "need cover for my caseload before I can be released for this",
    "challenge a decision that I do not agree with and escalate it in writing",
    "use the handout with new colleagues during their induction",
)
_THEMES = (
    "information-sharing,voice-of-the-child,professional-curiosity,thresholds,supervision,multi-agency,time,challenge,"
    "something-else"
)

_ORGANISATIONS = """
INSERT INTO partnerships_organisation (partnership_id, name, sector_id, charging_class, purchase_order, is_active)
SELECT %(p)s, 'Populated organisation ' || to_char(n, 'FM0000'), (ARRAY(
    SELECT id FROM partnerships_sector WHERE partnership_id = %(p)s ORDER BY position, id
))[1 + n %% (SELECT count(*) FROM partnerships_sector WHERE partnership_id = %(p)s)], '', '', true
FROM generate_series(1, %(organisations)s) n
"""

_ACCOUNTS = """
INSERT INTO partnerships_user (email, name, password, is_staff, is_superuser, is_active, date_joined)
SELECT 'person' || n || '@' || %(slug)s || '.populated.example', 'Person ' || n, %(password)s, false, false, true, now()
FROM generate_series(1, %(accounts)s) n
"""

_ADDRESSES = """
INSERT INTO account_emailaddress (email, verified, "primary", user_id)
SELECT email, true, true, id FROM partnerships_user WHERE email LIKE '%%@' || %(slug)s || '.populated.example'
"""

_PEOPLE = """
INSERT INTO partnerships_person (partnership_id, user_id, name, email, phone)
SELECT %(p)s, u.id,
    (string_to_array(%(first)s, ','))[1 + n %% 16] || ' ' || (string_to_array(%(last)s, ','))[1 + (n / 16) %% 14]
        || ' ' || n,
    'person' || n || '@' || %(slug)s || '.populated.example', ''
FROM generate_series(1, %(people)s) n
LEFT JOIN partnerships_user u ON u.email = 'person' || n || '@' || %(slug)s || '.populated.example'
"""

_MEMBERSHIPS = """
WITH organisations AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM partnerships_organisation
    WHERE partnership_id = %(p)s AND name LIKE 'Populated organisation %%'
), groups AS (
    SELECT id, row_number() OVER (ORDER BY position, id) - 1 AS n FROM partnerships_competencygroup
    WHERE partnership_id = %(p)s
), people AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM partnerships_person
    WHERE partnership_id = %(p)s AND email LIKE '%%.populated.example'
)
INSERT INTO partnerships_membership (partnership_id, person_id, organisation_id, job_role, competency_group_id,
    line_manager_id, line_manager_name, line_manager_email, started_on)
SELECT %(p)s, people.id, organisations.id,
    (ARRAY['Teacher', 'Health visitor', 'Police officer', 'Youth worker', 'Nurse', 'Social worker'])[1 + people.n %% 6],
    groups.id, manager.id, '', '', date '2016-09-01'
FROM people
JOIN organisations ON organisations.n = people.n %% %(organisations)s
JOIN groups ON groups.n = people.n %% (SELECT count(*) FROM groups)
LEFT JOIN people manager ON manager.n = people.n %% %(organisations)s AND manager.n <> people.n
"""

_ROLES = """
INSERT INTO partnerships_membershiprole (partnership_id, membership_id, role)
SELECT %(p)s, m.id, r.role
FROM (
    SELECT id, row_number() OVER (ORDER BY person_id) AS n FROM partnerships_membership
    WHERE partnership_id = %(p)s AND started_on = date '2016-09-01'
) m
JOIN (VALUES ('organisation_lead', 1, 900), ('trainer', 901, 940), ('team', 941, 943),
    ('subgroup_chair', 944, 944), ('observer', 945, 950)) r (role, first, last) ON m.n BETWEEN r.first AND r.last
"""

_VENUES = """
INSERT INTO courses_venue (partnership_id, name, address, postcode, access)
SELECT %(p)s, 'Populated venue ' || n, n || ' High Street', 'HR1 ' || n %% 10 || 'AA', 'Step-free access'
FROM generate_series(1, 40) n
"""

_SESSIONS = """
WITH courses AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM courses_course
    WHERE partnership_id = %(p)s AND status = 'published'
), venues AS (
    SELECT id, row_number() OVER (ORDER BY id) - 1 AS n FROM courses_venue
    WHERE partnership_id = %(p)s AND name LIKE 'Populated venue %%'
), dated AS (
    SELECT n, CASE WHEN n > %(sessions)s - %(coming_sessions)s
        THEN date_trunc('day', now()) + interval '5 days' + (n - %(sessions)s + %(coming_sessions)s) * interval '1 day'
        ELSE date_trunc('day', now()) - interval '1 day'
            - (%(sessions)s - %(coming_sessions)s - n) * interval '3600 days' / %(sessions)s
        END + interval '9 hours 30 minutes' AS starts_at
    FROM generate_series(1, %(sessions)s) n
)
INSERT INTO courses_session (partnership_id, course_id, status, venue_id, joining_link, capacity, minimum,
    places_taken, starts_at, ends_at, booking_closes_at, joining_instructions, cancelled_reason,
    cancelled_as_draft, lecture_style, lecture_style_reason, opened_to_others, decision, decision_note)
SELECT %(p)s, courses.id, 'published', venues.id, '', 60, 8, 0, date_trunc('minute', starts_at),
    date_trunc('minute', starts_at) + interval '3 hours', date_trunc('minute', starts_at) - interval '1 day',
    'Bring photo identification.', '', false, false, '', false, '', ''
FROM dated
-- Every fifth session is about one course, so that there is one with many answers.
JOIN courses ON courses.n = CASE WHEN dated.n %% 5 = 0 THEN (SELECT max(n) FROM courses)
    ELSE dated.n %% (SELECT count(*) FROM courses) END
JOIN venues ON venues.n = dated.n %% 40
"""

_DATES = """
INSERT INTO courses_sessiondate (partnership_id, session_id, starts_at, ends_at)
SELECT %(p)s, id, starts_at, ends_at FROM courses_session
WHERE partnership_id = %(p)s AND joining_instructions = 'Bring photo identification.'
"""

_TRAINERS = """
WITH trainers AS (
    SELECT m.person_id, row_number() OVER (ORDER BY m.person_id) - 1 AS n
    FROM partnerships_membershiprole r JOIN partnerships_membership m ON m.id = r.membership_id
    WHERE r.partnership_id = %(p)s AND r.role = 'trainer'
)
INSERT INTO courses_sessiontrainer (partnership_id, session_id, person_id)
SELECT %(p)s, s.id, trainers.person_id FROM courses_session s
JOIN trainers ON trainers.n = s.id %% (SELECT count(*) FROM trainers)
WHERE s.partnership_id = %(p)s AND s.joining_instructions = 'Bring photo identification.'
"""

# Or else the job would write to all of them.
_TRAINERS_KNOW = """
INSERT INTO bookings_trainernotice (partnership_id, session_id, person_id, told, number)
SELECT link.partnership_id, link.session_id, link.person_id, '{"known": true}', 0
FROM courses_sessiontrainer link WHERE link.partnership_id = %(p)s
ON CONFLICT DO NOTHING
"""

_BOOKINGS = """
WITH sessions AS (
    SELECT id, starts_at, row_number() OVER (ORDER BY starts_at, id) - 1 AS n FROM courses_session
    WHERE partnership_id = %(p)s AND joining_instructions = 'Bring photo identification.'
), learners AS (
    SELECT m.person_id, m.organisation_id, m.job_role, row_number() OVER (ORDER BY m.person_id) - 1 AS n
    FROM partnerships_membership m WHERE m.partnership_id = %(p)s AND m.started_on = date '2016-09-01'
), numbered AS (
    SELECT n, n %% %(sessions)s AS session_n,
        (n %% %(sessions)s * 9973 + n / %(sessions)s * 1013) %% %(people)s AS learner_n
    FROM generate_series(0, %(bookings)s - 1) n
)
INSERT INTO bookings_booking (partnership_id, session_id, person_id, organisation_id, job_role, state, booked_by_id,
    booked_at, policy_version_id, end_reason, was_late_cancellation, calendar_sequence, told, declared,
    purchase_order, charged_as, audience_reason, confirmed_at)
SELECT %(p)s, sessions.id, learners.person_id, learners.organisation_id, learners.job_role,
    outcome.state,
    learners.person_id, sessions.starts_at - (20 + numbered.n %% 60) * interval '1 day',
    (SELECT id FROM partnerships_policyversion WHERE partnership_id = %(p)s ORDER BY number LIMIT 1),
    '', false, 0, '{}', '', '', CASE WHEN outcome.state = 'confirmed' THEN '' ELSE outcome.state END, '',
    sessions.starts_at - (20 + numbered.n %% 60) * interval '1 day'
FROM numbered
JOIN sessions ON sessions.n = numbered.session_n
JOIN learners ON learners.n = numbered.learner_n
CROSS JOIN LATERAL (SELECT CASE WHEN sessions.starts_at > now() THEN 'confirmed'
    WHEN numbered.n %% 10 = 3 THEN 'did_not_attend'
    WHEN numbered.n %% 40 = 7 THEN 'partly_attended' ELSE 'attended' END AS state) outcome
ON CONFLICT DO NOTHING
"""

_ATTENDANCE = """
INSERT INTO bookings_attendance (partnership_id, booking_id, session_date_id, mark, marked_at, marked_how)
SELECT %(p)s, b.id, d.id, CASE WHEN b.state = 'attended' THEN 'present' ELSE 'absent' END, d.ends_at, 'trainer'
FROM bookings_booking b
JOIN courses_sessiondate d ON d.session_id = b.session_id
JOIN courses_session s ON s.id = b.session_id
WHERE b.partnership_id = %(p)s AND b.state IN ('attended', 'did_not_attend')
    AND s.joining_instructions = 'Bring photo identification.'
"""

# Evaluations of the last two years; of the course with the most sessions all of them, followed up months later.
_INVITATIONS = """
INSERT INTO evaluations_invitation (partnership_id, kind, version_id, session_id, booking_id, respondent_id,
    respondent_name, respondent_email, policy_version_id, state, invited_at, closes_at, reminders_sent, last_asked_on,
    answered_at, closed_because, link_number, watched_at)
SELECT %(p)s, asked.kind, v.id, s.id, b.id, b.person_id, person.name, person.email, b.policy_version_id,
    CASE WHEN answered_at IS NULL THEN 'closed' ELSE 'answered' END, s.ends_at + asked.after,
    s.ends_at + asked.after + interval '60 days', 0, (s.ends_at + asked.after)::date, answered_at, '', 0, answered_at
FROM bookings_booking b
JOIN courses_session s ON s.id = b.session_id
JOIN partnerships_person person ON person.id = b.person_id
JOIN (VALUES ('evaluation', interval '0 days', 7), ('impact', interval '100 days', 4)) asked (kind, after, of_ten)
    ON asked.kind = 'evaluation' AND s.starts_at > now() - interval '2 years'
    OR s.ends_at + asked.after < now() - interval '60 days' AND s.course_id = (
        SELECT course_id FROM courses_session WHERE partnership_id = %(p)s GROUP BY course_id
        ORDER BY count(*) DESC, course_id LIMIT 1
    )
JOIN LATERAL (
    SELECT v.id FROM evaluations_questionnaireversion v
    JOIN evaluations_questionnaire q ON q.id = v.questionnaire_id
    WHERE v.partnership_id = %(p)s AND q.kind = asked.kind AND q.is_default ORDER BY v.number DESC LIMIT 1
) v ON true
CROSS JOIN LATERAL (
    SELECT CASE WHEN b.id %% 10 < asked.of_ten THEN s.ends_at + asked.after + interval '2 hours' END AS answered_at
) said
WHERE b.partnership_id = %(p)s AND b.state = 'attended' AND s.joining_instructions = 'Bring photo identification.'
"""

# As the jobs would have counted them for others than the team.
_COUNTED = """
UPDATE evaluations_invitation i
SET counted_at = least(i.closes_at, now()), choices_counted_at = least(i.closes_at, now())
FROM (
    SELECT id, row_number() OVER (PARTITION BY session_id, kind ORDER BY answered_at, id) AS n,
        count(*) OVER (PARTITION BY session_id, kind) AS many
    FROM evaluations_invitation
    WHERE partnership_id = %(p)s AND state = 'answered' AND respondent_email LIKE '%%.populated.example'
) numbered
WHERE numbered.id = i.id AND numbered.n <= numbered.many - numbered.many %% 5
"""

_ANSWERS = """
INSERT INTO evaluations_answer (partnership_id, invitation_id, question_id, number, text, chosen)
SELECT %(p)s, i.id, q.id,
    CASE q.kind WHEN 'scale' THEN 3 + (i.id + q.position) %% 3
        WHEN 'confidence' THEN 3 + (i.id + q.position * 3) %% 7 END,
    CASE WHEN q.kind IN ('short_text', 'long_text') THEN
            (string_to_array(%(openings)s, ','))[1 + (i.id + q.position) %% 6] || ' '
            || (string_to_array(%(written)s, ','))[1 + (i.id / 6 + q.position) %% 9]
            || '; case ' || i.id %% 500 || ' showed me why.'
        WHEN q.kind = 'date' THEN to_char(i.closes_at, 'YYYY-MM-DD') ELSE '' END,
    CASE WHEN q.kind IN ('choice', 'choices') THEN jsonb_build_array(q.options -> 0 -> 'value')
        WHEN q.kind = 'yes_no' THEN '["no"]'
        WHEN q.kind = 'matrix' THEN (
            SELECT jsonb_agg(row ->> 'value' || ':' || (2 + place + i.id %% 2)) FROM
            jsonb_array_elements(q.rows) WITH ORDINALITY AS rows (row, place)
        ) ELSE '[]' END
FROM evaluations_invitation i
JOIN evaluations_question q ON q.version_id = i.version_id
WHERE i.partnership_id = %(p)s AND i.state = 'answered' AND i.respondent_email LIKE '%%.populated.example'
    AND q.shown_if IS NULL
"""

# The team has read some thousand answers, in the order in which they stand on its page.
_TAGS = """
INSERT INTO evaluations_themetag (partnership_id, answer_id, theme_id, tagged_at, tagged_by_id, is_withheld)
SELECT %(p)s, a.id, theme.id, now(), (
    SELECT m.person_id FROM partnerships_membershiprole r JOIN partnerships_membership m ON m.id = r.membership_id
    WHERE r.partnership_id = %(p)s AND r.role = 'team' ORDER BY m.person_id LIMIT 1
), false
FROM (
    SELECT a.id, a.invitation_id, q.position FROM evaluations_answer a
    JOIN evaluations_question q ON q.id = a.question_id
    WHERE a.partnership_id = %(p)s AND a.text <> '' AND q.kind IN ('short_text', 'long_text')
    ORDER BY a.question_id, a.id LIMIT %(tagged)s
) a
JOIN evaluations_theme theme ON theme.partnership_id = %(p)s
    AND theme.code = (string_to_array(%(themes)s, ','))[1 + (a.invitation_id / 6 + a.position) %% 9]
"""

_CERTIFICATES = """
INSERT INTO evaluations_certificate (partnership_id, booking_id, number, policy_version_id, issued_at, learner_name,
    course_title, level, held_on, hours, issuer_name, issuer_short_name, issuer_colour, revoked_reason)
SELECT %(p)s, b.id, 'POP-' || to_char(b.id, 'FM00000000'), b.policy_version_id, i.answered_at, i.respondent_name,
    c.title, '', to_char(s.starts_at, 'FMDD FMMonth YYYY'), c.hours, p.name, p.short_name,
    p.brand_colour, ''
FROM evaluations_invitation i
JOIN partnerships_partnership p ON p.id = i.partnership_id
JOIN bookings_booking b ON b.id = i.booking_id
JOIN courses_session s ON s.id = b.session_id
JOIN courses_course c ON c.id = s.course_id
WHERE i.partnership_id = %(p)s AND i.kind = 'evaluation' AND i.state = 'answered'
    AND i.respondent_email LIKE '%%.populated.example'
"""

_STEPS = (
    ("organisations", _ORGANISATIONS),
    ("accounts", _ACCOUNTS),
    ("addresses", _ADDRESSES),
    ("people", _PEOPLE),
    ("memberships", _MEMBERSHIPS),
    ("roles", _ROLES),
    ("venues", _VENUES),
    ("sessions", _SESSIONS),
    ("dates", _DATES),
    ("trainers", _TRAINERS),
    ("what trainers know", _TRAINERS_KNOW),
    ("bookings", _BOOKINGS),
    ("attendance", _ATTENDANCE),
    ("invitations", _INVITATIONS),
    ("counted", _COUNTED),
    ("answers", _ANSWERS),
    ("tags", _TAGS),
    ("certificates", _CERTIFICATES),
)

_TABLE = re.compile(r"(?:INSERT INTO|UPDATE) (\w+)")


def populate(
    partnership: Partnership, size: Size, *, password: str | None, tell: Callable[[str], None]
) -> None:
    """Add the whole population step by step; tells what was made.

    The first people have accounts: 1 to 900 lead an organisation each, then come trainers, team, chair and observers.
    """
    values = {
        "p": partnership.pk,
        "slug": partnership.slug,
        "first": _FIRST,
        "last": _LAST,
        "openings": _OPENINGS,
        "written": ",".join(_WRITTEN),
        "themes": _THEMES,
        "password": make_password(password),
        **size.__dict__,
    }
    for name, statement in _STEPS:
        # A transaction each: rows updated in the one that inserted them have all their keys checked again.
        with acting_in(partnership), connection.cursor() as cursor:
            # Whole sets are joined here; planned for the few rows that the tables held before, loops take minutes.
            cursor.execute("SET LOCAL enable_nestloop = off")
            # Unset, pgtrigger asks for it, fails and recovers once a row, and each time walks all the deferred checks.
            cursor.execute("SET LOCAL pgtrigger.ignore = '{}'")
            cursor.execute(statement, values)
            tell(f"{name}: {cursor.rowcount:,}")
            cursor.execute(f'ANALYZE "{_TABLE.findall(statement)[0]}"')
