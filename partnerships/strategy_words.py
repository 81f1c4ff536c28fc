"""A policy in words, clause by clause: what the portal does, and which section of the strategy says so."""

from calendar import month_name
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from partnerships.framework import in_words
from partnerships.policy import (
    ApprovalRule,
    CertificateRelease,
    ChargeRule,
    Clause,
    CoDelivery,
    EvaluationRule,
    ImpactRule,
    LineManagerRule,
    Numbering,
    ObservationRule,
    Policy,
    PreCourseRule,
    PrerequisiteRule,
    PurchaseOrderRule,
    ReportLine,
    SingleAgencyAuditRule,
    TrainerFeedbackRule,
    Window,
)

DEFAULT = "Portal default"
STATEMENTS = "What else the strategy says"
_CADENCES = {
    "quarterly": "every quarter",
    "every_two_months": "every two months",
    "yearly": "every year",
    "as_needed": "when there is need",
}


@dataclass(frozen=True)
class Row:
    """One rule: a short name, the sentence made from its value, and where the value comes from."""

    key: str
    name: str
    sentence: str
    source: str

    @property
    def is_default(self) -> bool:
        """Tell whether the strategy is silent and the portal's own value holds."""
        return self.source == DEFAULT


@dataclass(frozen=True)
class Chapter:
    """The rules about one subject."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Change:
    """One rule that differs between two versions; an empty side means that the rule was not there."""

    name: str
    before: str
    after: str


def chapters(policy: Policy) -> list[Chapter]:
    """The whole policy in words, by subject."""
    found = [
        Chapter(title, tuple(_rows(getattr(policy, part), part)))
        for title, part in (
            ("Certificates", "certificate"),
            ("Before the course", "pre_course"),
            ("Evaluation", "evaluation"),
            ("Impact", "impact"),
            ("Trainers", "trainers"),
            ("Observation", "observation"),
            ("Concerns about courses", "concerns"),
            ("Organisations’ own training", "single_agency_audit"),
            ("Booking", "booking"),
            ("Messages", "messages"),
        )
    ]
    found.append(Chapter("Charges", (*_charges(policy), *_rows(policy.charging, "charging"))))
    found.append(Chapter("Reporting", (*_rows(policy.reporting, "reporting"), *_further_reports(policy))))
    if policy.statements:
        found.append(Chapter(STATEMENTS, tuple(_statements(policy))))
    return found


def changes(before: Policy, after: Policy) -> list[Change]:
    """What a later version says differently, in words."""
    old, new = _by_key(before), _by_key(after)
    if before.framework:
        old, new = old | in_words(before.framework), new | in_words(after.framework)
    elif after.framework:
        new["framework"] = ("Competency framework", "It is part of these rules from this version on.")
    names = {key: name for key, (name, _) in {**old, **new}.items()}
    cited = [(name, old.get(key, ("", ""))[1], new.get(key, ("", ""))[1]) for key, name in names.items()]
    return [Change(name, was, now) for name, was, now in cited if was != now]


def listed(items: list[str]) -> str:
    """One, two and three."""
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "nothing"


def report_line(line: ReportLine) -> str:
    """One line of the report, in words."""
    return {
        ReportLine.BY_ORGANISATION: "attendance by organisation",
        ReportLine.BY_SECTOR: "attendance by sector",
        ReportLine.EVALUATION: "a summary of evaluations",
        ReportLine.IMPACT: "a summary of impact",
        ReportLine.NON_ATTENDANCE_INCOME: "income from charging non-attendance",
        ReportLine.TRAINER_COSTS: "the cost of commissioned trainers",
        ReportLine.VENUE_COSTS: "the cost of venues and refreshments",
        ReportLine.PLACES: "places on each course",
        ReportLine.NON_ATTENDANCE: "non-attendance",
    }.get(line, line.value.replace("_", " "))


def _by_key(policy: Policy) -> dict[str, tuple[str, str]]:
    """Each rule's name with its subject, and its sentence with its source."""
    return {
        row.key: (
            f"{chapter.title}: {row.name[:1].lower()}{row.name[1:]}",
            f"{row.sentence} Source: {row.source}.",
        )
        for chapter in chapters(policy)
        for row in chapter.rows
    }


def _rows(part: Any, name: str) -> Iterator[Row]:
    for field in type(part).model_fields:
        clause = getattr(part, field)
        key = f"{name}.{field}"
        if isinstance(clause, Clause) and key in _WORDS:
            title, say = _WORDS[key]
            sentence = say(clause.value, part)
            if sentence:
                yield Row(key, title, sentence, clause.source)


def _count(number: int, one: str, many: str = "") -> str:
    return f"1 {one}" if number == 1 else f"{number} {many or one + 's'}"


def _times(number: int) -> str:
    return {1: "once", 2: "twice"}.get(number, f"{number} times")


def _attended(percent: int, _: Any) -> str:
    if percent == 100:
        return "The certificate needs attendance on every date of the session."
    return f"The certificate needs attendance at {percent}% or more of the session’s dates."


def _reminders(number: int, _: Any) -> str:
    return f"Whoever has not answered is reminded {_times(number)}." if number else "Nobody is reminded."


def _pre_course(say: Callable[[Any, Any], str]) -> Callable[[Any, Any], str]:
    return lambda value, part: say(value, part) if part.courses.value is not PreCourseRule.NONE else ""


def _spacing(days: int, part: Any) -> str:
    return (
        f"Reminders go out on working days, {_count(days, 'working day')} apart."
        if part.reminders.value
        else ""
    )


def _window(window: Window, _: Any) -> str:
    span = f"{window.first} to {window.last} {window.unit}"
    return f"People are asked what has changed {span} after the last date of their session."


def _cap(value: int | str, part: Any) -> str:
    if value == "none":
        return "No upper limit is set; each session has its own number of places."
    return f"A session has at most {value} places" + (
        ", unless it is lecture-style." if _lecture(part) else "."
    )


def _lecture(part: Any) -> bool:
    return bool(part.lecture_style_exempt.value)


def _deadline(days: int, _: Any) -> str:
    if not days:
        return "Booking is open until the session starts."
    return f"Booking closes {_count(days, 'working day')} before the session."


def _decision(days: int, _: Any) -> str:
    when = f"{_count(days, 'working day')} before it" if days else "On its day"
    return f"{when}, a session with fewer people than it needs is put before the partnership team."


def _lateness(days: int, _: Any) -> str:
    if not days:
        return "No cancellation counts as late."
    return f"A cancellation counts as late when fewer than {_count(days, 'working day')} are left."


def _lines(lines: tuple[ReportLine, ...], start: str) -> str:
    return f"{start}{listed([report_line(line) for line in lines])}." if lines else ""


def _year(month: int, _: Any) -> str:
    return f"The year of the report begins on 1 {month_name[month]}, and its quarters are counted from there."


def _quiet(start: str, part: Any) -> str:
    until = part.quiet_until.value
    if start == until:
        return "Messages go out at any hour."
    return f"Messages that can wait go out between {until} and {start}."


def _weekends(allowed: bool, _: Any) -> str:
    if allowed:
        return "Messages go out on every day of the week."
    return "Messages that can wait are kept over weekends and bank holidays."


def _before(what: str, nothing: str) -> Callable[[Any, Any], str]:
    return lambda days, _: f"{what} {_count(days, 'working day')} before the session." if days else nothing


_RELEASE = {
    CertificateRelease.AFTER_ATTENDANCE: "The certificate is issued as soon as the learner has attended.",
    CertificateRelease.AFTER_EVALUATION: "The certificate is issued when the learner has attended and sent the "
    "evaluation.",
    CertificateRelease.AFTER_IMPACT: "The certificate is issued when the learner has attended and answered the "
    "impact survey.",
}
_NUMBERING = {
    Numbering.SEQUENTIAL: "Certificates are numbered one after the other.",
    Numbering.UNGUESSABLE: "Certificate numbers can’t be guessed from one another.",
}
_PRE_COURSE = {
    PreCourseRule.NONE: "Nobody is sent a questionnaire before a course.",
    PreCourseRule.ALL_COURSES: "Everybody with a place is sent a short questionnaire before the course.",
    PreCourseRule.COURSES_THAT_ASK: "Those with a place are sent a short questionnaire before courses that ask for it.",
}
_EVALUATION = {
    EvaluationRule.ALL_COURSES: "Everybody who attended is asked for an evaluation.",
    EvaluationRule.COURSES_THAT_ASK: "Those who attended are asked for an evaluation of courses that ask for it.",
}
_LEARNERS = {
    ImpactRule.ALL_LEARNERS: "Everybody who attended is asked.",
    ImpactRule.COURSES_THAT_ASK: "Those who attended a course that asks for longer-term impact are asked.",
}
_MANAGERS = {
    LineManagerRule.NEVER: "Line managers are not asked.",
    LineManagerRule.COURSES_THAT_ASK: "The line manager is asked as well, for courses where that fits.",
    LineManagerRule.DIP_SAMPLE: "A small random sample of learners and their line managers is interviewed by "
    "telephone or email.",
}
_TRAINERS = {
    TrainerFeedbackRule.NONE: "Trainers are not asked for feedback after a session.",
    TrainerFeedbackRule.ALL_COURSES: "Trainers give feedback after each session.",
    TrainerFeedbackRule.COURSES_THAT_ASK: "Trainers give feedback after each session of courses that ask for it.",
}
_OBSERVATION = {
    ObservationRule.EVERY_COURSE_YEARLY: "Every course is observed once a year.",
    ObservationRule.SAMPLE: "A sample of courses is observed.",
    ObservationRule.BY_MEMBERS: "Members of the group observe courses.",
    ObservationRule.BY_MEMBERS_SINGLE_AGENCY: "Members of the group observe single-agency training.",
    ObservationRule.FOUR_STAGES: "Quality is assured in four stages: the pool, the first evaluation, the follow-up of "
    "impact with audit, and the evaluation report.",
}
_SINGLE_AGENCY_AUDIT = {
    SingleAgencyAuditRule.WHEN_ASKED: "Organisations are asked about the training that they give their own staff when "
    "the partnership team wants to know.",
    SingleAgencyAuditRule.YEARLY: "Organisations are asked about the training that they give their own staff, and each "
    "again every year.",
}
_CO_DELIVERY = {
    CoDelivery.ALWAYS: "Two trainers always deliver together.",
    CoDelivery.PREFERRED: "Two trainers deliver together where possible.",
    CoDelivery.NOT_STATED: "One trainer may deliver alone.",
}
_APPROVAL = {
    ApprovalRule.NONE: "Nobody has to approve a booking, unless a course says so.",
    ApprovalRule.LINE_MANAGER: "The line manager approves each booking.",
    ApprovalRule.ORGANISATION_LEAD: "The organisation’s lead approves each booking.",
    ApprovalRule.TEAM: "The partnership team approves each booking.",
}
_PREREQUISITE = {
    PrerequisiteRule.NONE: "Nothing is asked for before booking, unless a course says so.",
    PrerequisiteRule.PRE_COURSE_TASKS: "Learners do the pre-course tasks, and their organisation releases them.",
    PrerequisiteRule.SINGLE_AGENCY_FIRST: "Learners do their own organisation’s child protection training first.",
}
_PURCHASE_ORDER = {
    PurchaseOrderRule.REQUIRED: "Whoever books gives a purchase order number or cost code where a charge may follow.",
    PurchaseOrderRule.ASKED: "Whoever books is asked for a purchase order number or cost code where a charge may "
    "follow, and may leave it open.",
    PurchaseOrderRule.NO: "Nobody is asked for a purchase order number.",
}


def _marks(highest: int) -> str:
    return "a 1" if highest == 1 else f"{highest} or less"


def _either(yes: str, no: str = "") -> Callable[[Any, Any], str]:
    return lambda value, _: yes if value else no


def _counted(template: str, unit: str) -> Callable[[Any, Any], str]:
    return lambda value, _: template.format(_count(value, unit)) if value else ""


# Each rule's name and its sentence; a sentence that is empty leaves the row out.
_WORDS: dict[str, tuple[str, Callable[[Any, Any], str]]] = {
    "certificate.release": ("When it is issued", lambda value, _: _RELEASE[value]),
    "certificate.numbering": ("How it is numbered", lambda value, _: _NUMBERING[value]),
    "certificate.attendance_percent": ("Attendance", _attended),
    "certificate.minutes_percent": (
        "Being there",
        lambda percent, _: (
            f"A date counts for those who were there for {percent}% or more of its time, in the room or online."
        ),
    ),
    "pre_course.courses": ("Who is asked", lambda value, _: _PRE_COURSE[value]),
    "pre_course.opens_working_days": (
        "When people are asked",
        _pre_course(
            lambda days, _: (
                f"It is sent {_count(days, 'working day')} before the session and closes when the session starts."
            )
        ),
    ),
    "pre_course.reminders": ("Reminders", _pre_course(_reminders)),
    "pre_course.reminder_working_days": ("Time between reminders", _pre_course(_spacing)),
    "evaluation.courses": ("Who is asked", lambda value, _: _EVALUATION[value]),
    "evaluation.open_days": (
        "How long it is open",
        lambda days, _: f"The evaluation stays open for {_count(days, 'day')} after the session.",
    ),
    "evaluation.reminders": ("Reminders", _reminders),
    "evaluation.reminder_working_days": ("Time between reminders", _spacing),
    "evaluation.due_days": (
        "By when answers are asked for",
        lambda days, _: (
            f"Answers are asked for within {_count(days, 'day')}. What comes later counts, and is marked late."
        ),
    ),
    "evaluation.answers_kept_years": (
        "How long answers are kept",
        lambda years, _: (
            f"Answers to every questionnaire are kept for {_count(years, 'year')} after the course."
        ),
    ),
    "impact.window": ("When people are asked", _window),
    "impact.learners": ("Who is asked", lambda value, _: _LEARNERS[value]),
    "impact.line_manager": ("Line managers", lambda value, _: _MANAGERS[value]),
    "impact.reminders": ("Reminders", _reminders),
    "impact.reminder_working_days": ("Time between reminders", _spacing),
    "impact.due_days": (
        "By when answers are asked for",
        lambda days, _: (
            f"Answers are asked for within {_count(days, 'day')}. What comes later counts, and is marked late."
        ),
    ),
    "trainers.pool": ("Who trains", lambda value, _: f"{value}."),
    "trainers.feedback_after_session": ("Trainers’ own feedback", lambda value, _: _TRAINERS[value]),
    "trainers.train_the_trainer": (
        "Training for trainers",
        _either(
            "Trainers have done a train-the-trainer course or its equivalent.",
            "No course is asked of trainers.",
        ),
    ),
    "trainers.train_the_trainer_runs_a_year": (
        "Train-the-trainer course",
        lambda number, _: f"The course for new trainers runs {_times(number)} a year." if number else "",
    ),
    "trainers.observe_before_delivering": (
        "Before delivering",
        _either("New trainers observe a course before they deliver it."),
    ),
    "trainers.co_delivery": ("Delivering together", lambda value, _: _CO_DELIVERY[value]),
    "trainers.new_with_experienced": (
        "New trainers",
        _either("Somebody new delivers with somebody experienced."),
    ),
    "trainers.released_days_a_year": (
        "Release",
        _counted("Organisations release a trainer for {} a year.", "day"),
    ),
    "trainers.delivery_days_a_year": ("Delivery", _counted("A trainer delivers on {} a year.", "day")),
    "trainers.pool_meetings_a_year": ("Pool meetings", _counted("The pool has {} a year.", "meeting")),
    "trainers.pool_meeting_hours": (
        "Length of pool meetings",
        _counted("A pool meeting lasts at most {}.", "hour"),
    ),
    "trainers.yearly_event_compulsory": (
        "Yearly event",
        _either("The yearly trainers’ event is compulsory."),
    ),
    "trainers.lead_tutor_reviews_a_year": (
        "Lead tutor reviews",
        lambda number, _: (
            f"Commissioned specialists attend a lead tutor review {_times(number)} a year." if number else ""
        ),
    ),
    "observation.rule": ("What is observed", lambda value, _: _OBSERVATION[value]),
    "observation.shared_with_trainers": (
        "Trainers",
        _either("Trainers see what was observed.", "Observations are not shared with the trainers."),
    ),
    "observation.shared_with_group": (
        "The group",
        _either("The group sees what was observed.", "Observations are not shared with the group."),
    ),
    "single_agency_audit.rule": ("Single-agency audits", lambda value, _: _SINGLE_AGENCY_AUDIT[value]),
    "single_agency_audit.due_days": (
        "By when answers are asked for",
        lambda days, _: (
            f"Answers are asked for within {_count(days, 'day')}. What comes later counts, and is marked late."
        ),
    ),
    "single_agency_audit.open_days": (
        "How long it is open",
        lambda days, _: f"Organisations can answer for {_count(days, 'day')}.",
    ),
    "single_agency_audit.reminders": (
        "Reminders",
        lambda number, _: (
            f"The leads of an organisation that has not answered are reminded {_times(number)}."
            if number
            else "Nobody is reminded."
        ),
    ),
    "single_agency_audit.reminder_working_days": ("Time between reminders", _spacing),
    "concerns.low_score": (
        "Low scores",
        lambda mark, _: (
            f"The partnership team is told the same day when somebody gives a course {_marks(mark)} on a scale to 5."
        ),
    ),
    "concerns.words": (
        "Words of concern",
        lambda words, _: (
            f"So it is when somebody writes one of these words: {listed(list(words))}."
            if words
            else "No words are looked for."
        ),
    ),
    "booking.class_size_cap": ("Places", _cap),
    "booking.prerequisite": ("Before booking", lambda value, _: _PREREQUISITE[value]),
    "booking.deadline_working_days": ("When booking closes", _deadline),
    "booking.late_cancellation_working_days": ("Late cancellation", _lateness),
    "booking.decision_working_days": ("Too few people", _decision),
    "charging.purchase_order": ("Purchase orders", lambda value, _: _PURCHASE_ORDER[value]),
    "charging.repeat_non_attendances": (
        "Repeated non-attendance",
        lambda number, part: (
            f"The partnership team is shown who did not attend {_times(number)} or more within "
            f"{_count(part.repeat_within_months.value, 'month')}. Nobody is kept from booking."
        ),
    ),
    "messages.quiet_from": ("Quiet hours", _quiet),
    "messages.weekends": ("Weekends", _weekends),
    "messages.joining_working_days": (
        "Joining instructions",
        _before("Joining instructions go out", "No joining instructions are sent beside the confirmation."),
    ),
    "messages.reminder_working_days": (
        "Reminder",
        _before("People are reminded", "Nobody is reminded of a session."),
    ),
    "messages.words_kept_months": (
        "How long messages are kept",
        lambda months, _: (
            f"The words of a message, with its links and files, are kept for {_count(months, 'month')}. "
            "That somebody was written to, and about what, stays."
        ),
    ),
    "booking.approval": ("Approval", lambda value, _: _APPROVAL[value]),
    "booking.approval_reminder_working_days": (
        "Reminder to approve",
        lambda days, _: f"Whoever must approve is reminded after {_count(days, 'working day')}.",
    ),
    "booking.approval_escalation_working_days": (
        "When nobody approves",
        lambda days, _: (
            f"After {_count(days, 'working day')} a request goes on to the organisation’s lead, "
            "or to the partnership team where there is none."
        ),
    ),
    "booking.approval_expiry_working_days": (
        "How long a request stands",
        lambda days, _: f"A request runs out after {_count(days, 'working day')}, or when booking closes.",
    ),
    "booking.offer_working_hours": (
        "How long an offered place is held",
        lambda hours, _: (
            f"A place that comes free is held for {_count(hours, 'working hour')} for whoever is next."
        ),
    ),
    "booking.offer_short_working_hours": (
        "Offers close to the session",
        lambda hours, part: (
            f"It is held for {_count(hours, 'working hour')} in the last "
            f"{_count(part.offer_short_within_working_days.value, 'working day')} before the session."
        ),
    ),
    "booking.fair_mix_release_days": (
        "Places held for a fair mix",
        lambda days, _: (
            f"Places held for a sector or organisation are released {_count(days, 'day')} before."
        ),
    ),
    "booking.still_coming_working_days": (
        "Still coming?",
        lambda days, _: (
            f"Everybody with a place is asked {listed([str(day) for day in days])} working days before."
            if days
            else "Nobody is asked before the session whether they still come."
        ),
    ),
    "reporting.cadence": (
        "How often",
        lambda value, _: f"The sub-group’s report is made {_CADENCES[value]}.",
    ),
    "reporting.year_starts_in_month": ("The year", _year),
    "reporting.contents": ("What it contains", lambda lines, _: _lines(lines, "The report has ")),
    "reporting.on_request": ("On request", lambda lines, _: _lines(lines, "On request it also has ")),
    "reporting.added": ("Added by the portal", lambda lines, _: _lines(lines, "It also has ")),
    "reporting.at_risk_bookings_percent": (
        "Courses at risk",
        lambda value, _: f"A session counts as at risk when fewer than {value}% of its places are booked.",
    ),
}


def _charges(policy: Policy) -> Iterator[Row]:
    bands = {band.code: band.name for band in policy.charging.bands}
    classes = {one.code: one.name for one in policy.charging.classes}
    for rule in policy.charging.rules:
        name = {
            "place": "Places",
            "non_attendance": "Non-attendance",
            "late_cancellation": "Late cancellation",
            "single_agency_use": "Single-agency use",
        }[rule.kind]
        about = [bands.get(code, code) for code in rule.courses] + [
            classes.get(code, code) for code in rule.classes
        ]
        yield Row(
            f"charging.{rule.words}",
            name,
            f"{rule.words}{_amount(rule)}" + (f" Applies to: {'; '.join(about)}." if about else ""),
            rule.source,
        )


def _amount(rule: ChargeRule) -> str:
    if not rule.pence:
        return ""
    half = f", and {_pounds(rule.half_day_pence)} for half a day or less" if rule.half_day_pence else ""
    what = " for a full day" if half else ""
    whose = " The amounts are the portal’s default." if half else " The amount is the portal’s default."
    return f" The charge is {_pounds(rule.pence)}{what}{half}." + (
        whose if rule.amount_portal_default else ""
    )


def _pounds(pence: int) -> str:
    pounds, rest = divmod(pence, 100)
    return f"£{pounds}" + (f".{rest:02}" if rest else "")


def _further_reports(policy: Policy) -> Iterator[Row]:
    for report in policy.reporting.further:
        yield Row(
            f"reporting.further.{report.to}.{report.what}",
            report.what,
            f"Goes to: {report.to}, {_CADENCES[report.cadence]}.",
            report.section,
        )


def _statements(policy: Policy) -> Iterator[Row]:
    for statement in policy.statements:
        yield Row(
            f"statements.{statement.words}", statement.heading or "Also", statement.words, statement.section
        )
