"""A report's figures as sections of words, key figures, charts and tables: the same for page, PDF and spreadsheet."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from compliance.queries.activity import Tally
from compliance.queries.income import Income
from compliance.queries.report import OWN_WORDS_FOLLOW, activity_from
from evaluations.analysis_sections.own_words import reported_words
from partnership_portal.charts import WHY_NOT_SHOWN, bars, before_after, stacked
from partnership_portal.sections import Cell, Section, numbers
from partnership_portal.templatetags.portal import of_people, pence, uk_datetime
from partnerships.policy import ReportLine

MOST_BARS = 12


def report_sections(figures: dict[str, Any], brand: str) -> list[Section]:
    """The sections of a report, in the order that the policy gave when it was built."""
    sections = [_at_a_glance(figures)]
    elsewhere = []
    asked = [line for line in figures["contents"] if line in OWN_WORDS_FOLLOW]
    for line in figures["contents"]:
        draw = _SECTIONS.get(ReportLine(line))
        if line == ReportLine.NON_ATTENDANCE_INCOME and "income" not in figures:
            # The report was built before the portal charged anything.
            draw = None
        if draw is None:
            elsewhere.append(_SUPPLIED.get(ReportLine(line), line.replace("_", " ")))
        else:
            sections.append(draw(figures, brand))
        # Reports built earlier have none.
        if line in asked[-1:] and "own_words" in figures:
            sections += reported_words(figures["own_words"], brand)
    if elsewhere:
        sections.append(
            Section(
                "supplied",
                "Reported beside this",
                [
                    "The portal does not hold these; the partnership team reports them to the group: "
                    f"{', '.join(elsewhere)}."
                ],
            )
        )
    return sections


def section_of(line: ReportLine, figures: dict[str, Any], brand: str) -> Section:
    """One section by itself."""
    return _SECTIONS[line](figures, brand)


def _at_a_glance(figures: dict[str, Any]) -> Section:
    total = activity_from(figures).total
    earlier = figures["comparison"]
    totals = [total, *(Tally(**earlier[key]["total"]) for key in ("previous", "year_before"))]
    rows: list[list[Cell]] = [
        ["Sessions held", *(one.sessions for one in totals)],
        ["Sessions cancelled", *(one.sessions_cancelled for one in totals)],
        ["Places offered", *(one.places for one in totals)],
        ["Bookings made", *(one.applications for one in totals)],
        ["Places taken", *(_share(one.taken, one.places) for one in totals)],
        ["Attended", *(_share(one.attended, one.marked) for one in totals)],
        ["Did not attend", *(_share(one.did_not_attend, one.marked) for one in totals)],
    ]
    names = [figures["period"]["name"], *(earlier[key]["name"] for key in ("previous", "year_before"))]
    return Section(
        "glance",
        "At a glance",
        figures=[
            {"value": f"{total.sessions:,}", "label": "sessions held"},
            {
                "value": f"{total.taken:,}",
                "label": "places taken",
                "note": f"of {total.places:,} offered ({_percent(total.taken, total.places)})",
            },
            {
                "value": f"{total.attended:,}",
                "label": "attended",
                "note": f"of {total.marked:,} marked ({_percent(total.attended, total.marked)})",
            },
            {
                "value": f"{total.did_not_attend:,}",
                "label": "did not attend",
                "note": f"of {total.marked:,} marked ({_percent(total.did_not_attend, total.marked)})",
            },
        ],
        tables=[numbers("Compared with earlier periods", ["Figure", *names], rows)],
    )


def _courses_offered(figures: dict[str, Any], brand: str) -> Section:
    activity = activity_from(figures)
    rows: list[list[Cell]] = [
        [one.name, one.sessions, one.sessions_cancelled, one.places] for one in activity.courses
    ]
    words = [
        f"{_count(activity.total.courses, 'course')} offered in {_count(activity.total.sessions, 'session')}."
    ]
    headers = ["Course", "Sessions held", "Cancelled", "Places"]
    return Section(
        "courses",
        "Courses offered",
        words,
        tables=[numbers("Sessions and places of each course", headers, rows)],
    )


def _places(figures: dict[str, Any], brand: str) -> Section:
    activity = activity_from(figures)
    offered = [one for one in activity.courses if one.sessions]
    largest = sorted(offered, key=lambda one: (-one.places, one.name))[:MOST_BARS]
    chart = stacked(
        _of_the_largest("Places by course", len(offered)),
        ["Taken", "Left free"],
        [(one.name, (one.taken, max(one.places - one.taken, 0))) for one in largest],
        brand=brand,
        heading="Course",
    )
    return Section(
        "places",
        "Places",
        [f"{_ratio(activity.total.taken, activity.total.places, 'places')} were taken."],
        charts=[chart] if largest else [],
        tables=[
            numbers(
                "Places by course",
                ["Course", "Places", "Taken", "Share taken"],
                [[one.name, one.places, one.taken, _share(one.taken, one.places)] for one in offered],
            )
        ],
    )


def _applicants(figures: dict[str, Any], brand: str) -> Section:
    total = activity_from(figures).total
    participants = total.attended + total.partly
    rows: list[list[Cell]] = [
        ["Bookings made", total.applications],
        ["Still on the waiting list when the session was held", total.waiting],
        ["Cancelled before the session", total.cancelled],
        ["of these, cancelled late", total.cancelled_late],
        ["Places held to the end", total.taken],
        ["Took part, wholly or partly", participants],
    ]
    words = [f"{_ratio(participants, total.applications, 'bookings')} led to somebody taking part."]
    return Section(
        "applicants",
        "Applicants and participants",
        words,
        tables=[numbers("From booking to taking part", ["Bookings", "Number"], rows)],
    )


_ATTENDANCE = ["Attended", "Partly attended", "Did not attend"]


def _marks(one: Tally) -> tuple[int, int, int]:
    return one.attended, one.partly, one.did_not_attend


def _attendance(figures: dict[str, Any], brand: str) -> Section:
    activity = activity_from(figures)
    total = activity.total
    marked = sorted((one for one in activity.courses if one.marked), key=lambda one: (-one.marked, one.name))
    words = [f"{_ratio(total.attended, total.marked, 'people marked on a register')} attended."]
    if total.unmarked:
        words.append(f"{_count(total.unmarked, 'place')} not yet marked on a register.")
    chart = stacked(
        _of_the_largest("Attendance by course", len(marked)),
        _ATTENDANCE,
        [(one.name, _marks(one)) for one in marked[:MOST_BARS]],
        brand=brand,
        heading="Course",
    )
    rows: list[list[Cell]] = [[one.name, *_marks(one), _share(one.attended, one.marked)] for one in marked]
    return Section(
        "attendance",
        "Attendance",
        words,
        charts=[chart] if marked else [],
        tables=[numbers("Attendance by course", ["Course", *_ATTENDANCE, "Share attended"], rows)],
    )


def _non_attendance(figures: dict[str, Any], brand: str) -> Section:
    activity = activity_from(figures)
    total = activity.total
    absent = sorted(
        (one for one in activity.courses if one.did_not_attend or one.cancelled_late),
        key=lambda one: (-one.did_not_attend, one.name),
    )
    words = [
        f"{_ratio(total.did_not_attend, total.marked, 'people marked on a register')} did not attend.",
        f"{_ratio(total.cancelled_late, total.cancelled, 'cancellations')} were late.",
    ]
    rows: list[list[Cell]] = [
        [one.name, one.did_not_attend, _share(one.did_not_attend, one.marked), one.cancelled_late]
        for one in absent
    ]
    headers = ["Course", "Did not attend", "Share of those marked", "Cancelled late"]
    return Section(
        "non_attendance",
        "Non-attendance",
        words,
        tables=[numbers("Non-attendance by course", headers, rows)] if rows else [],
    )


def _by(key: str, title: str, heading: str) -> Callable[[dict[str, Any], str], Section]:
    def section(figures: dict[str, Any], brand: str) -> Section:
        activity = activity_from(figures)
        tallies = activity.sectors if key == "sectors" else activity.organisations
        chart = stacked(
            _of_the_largest(f"Attendance {title.lower()}", len(tallies)),
            _ATTENDANCE,
            [(one.name, _marks(one)) for one in tallies[:MOST_BARS]],
            brand=brand,
            heading=heading,
        )
        texts = ["Sector"] if key == "sectors" else ["Organisation", "Sector"]
        rows: list[list[Cell]] = [
            [
                one.name,
                *([one.sector] if key == "organisations" else []),
                one.applications,
                *_marks(one),
                _share(one.attended, one.marked),
            ]
            for one in tallies
        ]
        table = numbers(
            f"Bookings and attendance {title.lower()}",
            [*texts, "Bookings", *_ATTENDANCE, "Share attended"],
            rows,
            len(texts),
        )
        return Section(f"by_{key}", title, charts=[chart] if tallies else [], tables=[table])

    return section


def _evaluation(figures: dict[str, Any], brand: str) -> Section:
    found = figures["evaluation"]
    words = [f"{_ratio(found['answered'], found['invited'], 'evaluations')} were answered."]
    drawn = []
    if found["mean_before"] is None or found["mean_after"] is None:
        words.append(WHY_NOT_SHOWN)
    else:
        rated = [("All courses", found["mean_before"], found["mean_after"])]
        rated += [
            (one["title"], one["mean_before"], one["mean_after"])
            for one in sorted(found["by_course"], key=lambda one: -one["answered"])
            if one["mean_before"] is not None and one["mean_after"] is not None
        ][:MOST_BARS]
        words.append(
            f"Confidence rose from {found['mean_before']} to {found['mean_after']} out of 10, "
            f"in the {found['matched']:,} evaluations that gave both."
            if found["mean_after"] > found["mean_before"]
            else f"Confidence went from {found['mean_before']} to {found['mean_after']} out of 10, "
            f"in the {found['matched']:,} evaluations that gave both."
        )
        drawn = [
            before_after(
                "Confidence before and after, out of 10",
                rated,
                lowest=0,
                highest=10,
                brand=brand,
                heading="Course",
            )
        ]
    if found["mean_relevance"] is not None:
        words.append(f"Relevance to the learner’s work was rated {found['mean_relevance']} out of 5.")
    rows = [
        [
            one["title"],
            of_people(one["answered"], one["invited"]),
            one["mean_relevance"],
            one["mean_before"],
            one["mean_after"],
        ]
        for one in found["by_course"]
    ]
    headers = ["Course", "Answered", "Relevance (1 to 5)", "Confidence before", "Confidence after"]
    return Section(
        "evaluation",
        "Evaluation",
        words,
        charts=drawn,
        tables=[numbers("Evaluation by course", headers, rows)] if rows else [],
    )


def _impact(figures: dict[str, Any], brand: str) -> Section:
    found = figures["impact"]
    words = [
        f"{_ratio(found['answered'], found['invited'], 'learners asked later about these courses')} have answered."
    ]
    data = [
        ("Did what they had planned", found["done"]),
        ("Did part of it", found["partly"]),
        ("Not yet", found["not_yet"]),
    ]
    shown = [number for _, number in data if number is not None]
    drawn = []
    if shown:
        drawn = [
            bars("What learners have done since", data, brand=brand, heading="Answer", measure="Learners")
        ]
        if found["done"] is not None and None not in (found["partly"], found["not_yet"]):
            words.append(f"{_ratio(found['done'], sum(shown), 'learners')} did what they had planned.")
    else:
        words.append(WHY_NOT_SHOWN)
    # Reports built earlier counted every session.
    if found.get("done_sessions"):
        words.append(_of_sessions(found["done_counted"], found["done_sessions"]))
    if found["mean_confidence"] is not None:
        words.append(f"Their confidence is now {found['mean_confidence']} out of 10.")
    if found["managers_invited"]:
        words.append(
            f"{_ratio(found['managers_answered'], found['managers_invited'], 'line managers')} have answered."
        )
        if found["managers_saw_change"] is not None:
            # Reports built earlier counted every answer.
            counted = found.get("managers_counted", found["managers_answered"])
            words.append(
                f"{_ratio(found['managers_saw_change'], counted, 'of these')} saw a change in practice."
            )
            if found.get("managers_sessions"):
                words.append(_of_sessions(counted, found["managers_sessions"]))
    return Section("impact", "Impact on practice", words, charts=drawn)


def _of_sessions(answers: int, sessions: int) -> str:
    about = "one session" if sessions == 1 else f"{sessions:,} sessions"
    return (
        f"These counts are of {answers:,} answers about {about}. Sessions where a count would be of one to four "
        "people are left out."
    )


def _courses_at_risk(figures: dict[str, Any], brand: str) -> Section:
    found = figures["at_risk"]
    words = [
        f"{_ratio(len(found['sessions']), found['coming'], 'sessions')} still to come in {found['period']} "
        "are at risk."
        if found["coming"]
        else f"When the report was made, no session was still to come in {found['period']}.",
        f"At risk means bookings for fewer than {found['percent']}% of the places, fewer than the session’s "
        "minimum, or no trainer.",
    ]
    rows = [
        [
            one["title"],
            uk_datetime(datetime.fromisoformat(one["starts_at"])),
            "; ".join(one["reasons"]).capitalize(),
            of_people(one["booked"], one["places"]),
        ]
        for one in found["sessions"]
    ]
    table = numbers("Sessions at risk", ["Course", "Starts", "Why", "Booked"], rows, 3)
    return Section("at_risk", "Courses at risk", words, tables=[table] if rows else [])


def _sufficiency(figures: dict[str, Any], brand: str) -> Section:
    offered = [one for one in activity_from(figures).courses if one.sessions]
    short = sum(one.waiting > 0 for one in offered)
    rows: list[list[Cell]] = [[one.name, one.places, one.taken, one.waiting] for one in offered]
    headers = ["Course", "Places", "Taken", "Left on the waiting list"]
    return Section(
        "sufficiency",
        "Sufficiency",
        [f"{_ratio(short, len(offered), 'courses')} left somebody on the waiting list."],
        tables=[numbers("Places against demand", headers, rows)],
    )


def _percent(part: int, whole: int) -> str:
    return f"{round(100 * part / whole)}%" if whole else "–"


def _ratio(part: int, whole: int, noun: str) -> str:
    """102 of 180 places (57%): a share with the numbers behind it, for a sentence."""
    return f"{part:,} of {whole:,} {noun}" + (f" ({_percent(part, whole)})" if whole else "")


def _share(part: int, whole: int) -> str:
    """102 of 180 (57%), for a cell; a dash where there is nothing to take a share of."""
    return of_people(part, whole) if whole else "–"


def _of_the_largest(title: str, number: int) -> str:
    return title if number <= MOST_BARS else f"{title}: the {MOST_BARS} largest of {number}"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _non_attendance_income(figures: dict[str, Any], brand: str) -> Section:
    income = Income(**figures["income"])
    if not income.charges:
        words = ["Nobody was charged for not attending a session of this period."]
        return Section("non_attendance_income", "Income from charging non-attendance", words)
    rows: list[list[Cell]] = [
        ["Charged", income.charges, pence(income.charged_pence)],
        ["Waived", income.waived, pence(income.waived_pence)],
        ["Credited", income.credited, pence(income.credited_pence)],
        [
            "Left to be paid",
            income.charges - income.waived - income.credited,
            pence(income.left_pence),
        ],
    ]
    return Section(
        "non_attendance_income",
        "Income from charging non-attendance",
        [
            f"Organisations owe {pence(income.left_pence)} for people who had a place at a session of this period "
            "and did not come."
        ],
        tables=[numbers("Charges for non-attendance", ["What became of them", "Charges", "Amount"], rows)],
    )


_SECTIONS: dict[ReportLine, Callable[[dict[str, Any], str], Section]] = {
    ReportLine.COURSES_OFFERED: _courses_offered,
    ReportLine.PLACES: _places,
    ReportLine.APPLICANTS_AND_PARTICIPANTS: _applicants,
    ReportLine.ATTENDANCE: _attendance,
    ReportLine.NON_ATTENDANCE: _non_attendance,
    ReportLine.BY_ORGANISATION: _by("organisations", "By organisation", "Organisation"),
    ReportLine.BY_SECTOR: _by("sectors", "By sector", "Sector"),
    ReportLine.EVALUATION: _evaluation,
    ReportLine.IMPACT: _impact,
    ReportLine.COURSES_AT_RISK: _courses_at_risk,
    ReportLine.SUFFICIENCY: _sufficiency,
    ReportLine.NON_ATTENDANCE_INCOME: _non_attendance_income,
}
_SUPPLIED = {
    ReportLine.NON_ATTENDANCE_INCOME: "income from charging for non-attendance",
    ReportLine.TRAINER_COSTS: "the cost of commissioned trainers",
    ReportLine.VENUE_COSTS: "the cost of venues and refreshments",
    ReportLine.RISKS: "risks for the risk register",
}
