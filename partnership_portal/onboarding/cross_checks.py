"""Checks that look across the file: names that must exist, must be unique, or must fit one another.

They work on the file as it was read, whatever else may be wrong with it, so that every error is told at once.
"""

from collections.abc import Callable, Iterator
from typing import Any, get_origin

from evaluations.kinds import QuestionnaireKind
from evaluations.library import library
from partnership_portal.onboarding.problems import Problem, got, path_of, whose
from partnerships.policy import (
    CertificateRelease,
    Clause,
    EvaluationRule,
    ImpactRule,
    Policy,
    PreCoursePolicy,
)
from partnerships.profile import MISSING_LEVEL, MISSING_PART, PARTS_OF_A_PUBLISHED_COURSE, RESERVED

# The desk's own address beside the courses'.
_DESK_COURSE = "new"
_SOURCE = 'give either section = "§…" or portal_default = true'

Place = tuple[str | int, ...]


class File:
    """The document, read with patience: what has the wrong shape is as good as absent."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def table(self, *place: str | int) -> dict[str, Any]:
        """The table at a place."""
        item: Any = self.document
        for part in place:
            if isinstance(item, dict):
                item = item.get(str(part))
            elif isinstance(item, list) and isinstance(part, int) and part < len(item):
                item = item[part]
            else:
                return {}
        return item if isinstance(item, dict) else {}

    def tables(self, *place: str | int) -> Iterator[tuple[Place, dict[str, Any]]]:
        """Each table of the list at a place, with its own place."""
        items = self.table(*place[:-1]).get(str(place[-1]))
        for number, item in enumerate(items if isinstance(items, list) else []):
            if isinstance(item, dict):
                yield (*place, number), item

    def named(self, key: str, *place: str | int) -> set[str]:
        """The names that the tables of a list go by."""
        return {item[key] for _, item in self.tables(*place) if isinstance(item.get(key), str)}

    def problem(self, place: Place, sentence: str) -> Problem:
        """A problem at a place of this file."""
        return Problem(path_of(place), sentence + whose(self.document, place))


def check(document: dict[str, Any]) -> list[Problem]:
    """Every problem that shows only across the file."""
    file = File(document)
    return [problem for one in _CHECKS for problem in one(file)]


def _addresses(file: File) -> Iterator[Problem]:
    slug = file.table("partnership").get("slug")
    if isinstance(slug, str) and slug in RESERVED:
        yield file.problem(
            ("partnership", "slug"), f"{got(slug)} is one of the portal's own addresses; choose another"
        )
    for place, course in file.tables("courses"):
        if course.get("slug") == _DESK_COURSE:
            yield file.problem((*place, "slug"), f"{got(_DESK_COURSE)} is one of the portal's own addresses")


def _duplicates(file: File) -> Iterator[Problem]:
    lists: list[tuple[Place, str]] = [
        (("sectors",), "code"),
        (("organisations",), "name"),
        (("priorities",), "code"),
        (("groups",), "code"),
        (("courses",), "slug"),
        (("themes",), "code"),
        (("themes",), "name"),
        (("policy", "charging", "classes"), "code"),
        (("policy", "charging", "bands"), "code"),
    ]
    lists += [((*place, "requirements"), "title") for place, _ in file.tables("groups")]
    for place, key in lists:
        seen: dict[str, Place] = {}
        for item_place, item in file.tables(*place):
            name = item.get(key)
            if not isinstance(name, str):
                continue
            first = seen.setdefault(name.strip().lower(), item_place)
            if first != item_place:
                yield file.problem(
                    (*item_place, key), f"{got(name)} is there twice; first in {path_of(first)}"
                )


def _references(file: File) -> Iterator[Problem]:
    sectors, groups = file.named("code", "sectors"), file.named("code", "groups")
    priorities, courses = file.named("code", "priorities"), file.named("slug", "courses")
    classes = file.named("code", "policy", "charging", "classes")
    bands = file.named("code", "policy", "charging", "bands") or {"core"}
    for place, organisation in file.tables("organisations"):
        yield from _known(file, place, organisation, "sector", sectors, "a sector of this file")
        yield from _known(
            file, place, organisation, "charging_class", classes, "a charging class of this file"
        )
    for place, course in file.tables("courses"):
        yield from _known(file, place, course, "groups", groups, "a group of this file")
        yield from _known(file, place, course, "sectors", sectors, "a sector of this file")
        yield from _known(file, place, course, "priority", priorities, "a priority of this file")
        yield from _known(
            file, place, {"charge_band": "core", **course}, "charge_band", bands, "a charge band"
        )
    for place, _ in file.tables("groups"):
        for requirement_place, requirement in file.tables(*place, "requirements"):
            for key in ("any_of", "renewed_by"):
                yield from _known(file, requirement_place, requirement, key, courses, "a course of this file")
    for place, rule in file.tables("policy", "charging", "rules"):
        yield from _known(file, place, rule, "classes", classes, "a charging class of this file")
        yield from _known(file, place, rule, "courses", bands, "a charge band of this file")


def _known(
    file: File, place: Place, item: dict[str, Any], key: str, known: set[str], wanted: str
) -> Iterator[Problem]:
    value = item.get(key)
    names = value if isinstance(value, list) else [value]
    for number, name in enumerate(names):
        if isinstance(name, str) and name and name not in known:
            where = (*place, key, number) if isinstance(value, list) else (*place, key)
            choices = f" ({', '.join(sorted(known))})" if 0 < len(known) <= 12 else ""
            yield file.problem(where, f"expected {wanted}{choices}; got {got(name)}")


def _renewals(file: File) -> Iterator[Problem]:
    for place, _ in file.tables("groups"):
        for requirement_place, requirement in file.tables(*place, "requirements"):
            meeting, renewing = (requirement.get(key) for key in ("any_of", "renewed_by"))
            if not isinstance(meeting, list) or not isinstance(renewing, list):
                continue
            for number, name in enumerate(renewing):
                if name in meeting:
                    sentence = f"{got(name)} is in any_of too; a course either meets it or only renews it"
                    yield file.problem((*requirement_place, "renewed_by", number), sentence)


def _exempt_from_what_is_required(file: File) -> Iterator[Problem]:
    for place, _ in file.tables("groups"):
        for requirement_place, requirement in file.tables(*place, "requirements"):
            if requirement.get("exempt") and requirement.get("kind") == "recommended":
                sentence = "names who is exempt from something that is only recommended"
                yield file.problem((*requirement_place, "exempt"), sentence)


def _ladder(file: File) -> Iterator[Problem]:
    above: set[str] = set()
    for place, group in file.tables("groups"):
        below = group.get("builds_on")
        if isinstance(below, str) and below and below not in above:
            yield file.problem(
                (*place, "builds_on"), f"expected a group further up in this file; got {got(below)}"
            )
        if isinstance(group.get("code"), str):
            above.add(group["code"])


def _whole_courses(file: File) -> Iterator[Problem]:
    for place, course in file.tables("courses"):
        if course.get("is_published", True) is True:
            for part in PARTS_OF_A_PUBLISHED_COURSE:
                if course.get(part, "") in ("", [], 0):
                    yield file.problem((*place, part), MISSING_PART)
            if not course.get("groups") and not course.get("counts_for_no_level"):
                yield file.problem((*place, "groups"), MISSING_LEVEL)
        if course.get("groups") and course.get("counts_for_no_level") is True:
            sentence = "is true, and groups names some; a course either counts for groups or for none"
            yield file.problem((*place, "counts_for_no_level"), sentence)


def _framework_stands_by_itself(file: File) -> Iterator[Problem]:
    if "framework" in file.table("policy"):
        yield file.problem(("policy", "framework"), "is made from the groups; write them under [[groups]]")


def _sources(file: File) -> Iterator[Problem]:
    for part, field in Policy.model_fields.items():
        clauses = getattr(field.annotation, "model_fields", {})
        for name, clause in clauses.items():
            kind = get_origin(clause.annotation) or clause.annotation
            is_clause = isinstance(kind, type) and issubclass(kind, Clause)
            given = file.table("policy", part, name)
            if is_clause and given and _without_source(given):
                yield file.problem(("policy", part, name), _SOURCE)
    for place, rule in file.tables("policy", "charging", "rules"):
        if _without_source(rule):
            yield file.problem(place, _SOURCE)


def _without_source(item: dict[str, Any]) -> bool:
    return bool(item.get("section")) == bool(item.get("portal_default"))


def _certificates_can_be_earned(file: File) -> Iterator[Problem]:
    release = file.table("policy", "certificate", "release").get("value")
    asked = file.table("policy", "impact", "learners").get("value")
    evaluated = file.table("policy", "evaluation", "courses").get("value")
    if release == CertificateRelease.AFTER_EVALUATION and evaluated == EvaluationRule.COURSES_THAT_ASK:
        yield file.problem(
            ("policy", "evaluation", "courses", "value"),
            f"expected {EvaluationRule.ALL_COURSES}, since certificates wait for the evaluation; got {got(evaluated)}",
        )
    if release == CertificateRelease.AFTER_IMPACT and asked == ImpactRule.COURSES_THAT_ASK:
        yield file.problem(
            ("policy", "impact", "learners", "value"),
            f"expected {ImpactRule.ALL_LEARNERS}, since certificates wait for the impact evaluation; got {got(asked)}",
        )


def _reminders_come_in_time(file: File) -> Iterator[Problem]:
    for part, working_days in (
        ("pre_course", _before_the_course(file)),
        ("evaluation", _while_evaluated(file)),
        ("impact", _in_the_impact_window(file)),
    ):
        count = _whole(file, part, "reminders")
        apart = _whole(file, part, "reminder_working_days")
        if working_days is None or not count or apart is None or count * apart <= working_days:
            continue
        room = max(working_days, 0)
        left = f"only {room} working day{'' if room == 1 else 's'} may be left for"
        if count > room:
            yield file.problem(
                ("policy", part, "reminders", "value"),
                f"expected {room} or less, since {left} them; got {got(count)}",
            )
        else:
            yield file.problem(
                ("policy", part, "reminder_working_days", "value"),
                f"expected {room // count} or less, so that reminder {count} comes before the survey closes, since "
                f"{left} it; got {got(apart)}",
            )


# As many as come within two weeks, at Christmas and New Year.
_BANK_HOLIDAYS = 3


def _before_the_course(file: File) -> int | None:
    opens = _whole(file, "pre_course", "opens_working_days")
    # On the day itself it is too late.
    return None if opens is None else opens - 1


def _while_evaluated(file: File) -> int | None:
    days = _whole(file, "evaluation", "open_days")
    return None if days is None else days // 7 * 5 - _BANK_HOLIDAYS


def _in_the_impact_window(file: File) -> int | None:
    window = file.table("policy", "impact", "window", "value")
    first, last, unit = (window.get(key) for key in ("first", "last", "unit"))
    if type(first) is not int or type(last) is not int or unit not in ("weeks", "months") or first >= last:
        return None
    weeks = (last - first) * (4 if unit == "months" else 1)
    # People are asked on the morning after it opens.
    return weeks * 5 - 1 - _BANK_HOLIDAYS


def _whole(file: File, part: str, clause: str) -> int | None:
    given = file.table("policy", part).get(clause)
    if given is None and part == "pre_course":
        value = getattr(PreCoursePolicy(), clause).value
    else:
        value = file.table("policy", part, clause).get("value")
    # True is a whole number to Python.
    return value if type(value) is int and value >= 0 else None


def _questionnaires(file: File) -> Iterator[Problem]:
    for kind, name in file.table("questionnaires").items():
        names = [form.name for form in library() if form.kind == kind]
        if kind not in QuestionnaireKind.values:
            kinds = ", ".join(QuestionnaireKind.values)
            yield file.problem(
                ("questionnaires", kind), f"is not a kind of questionnaire; expected one of {kinds}"
            )
        elif isinstance(name, str) and name not in names:
            sentence = f"expected a questionnaire of the library ({', '.join(names)}); got {got(name)}"
            yield file.problem(("questionnaires", kind), sentence)


def _no_control_characters(file: File) -> Iterator[Problem]:
    pending: list[tuple[Place, Any]] = [((), file.document)]
    while pending:
        place, item = pending.pop()
        if isinstance(item, dict):
            pending.extend(((*place, key), value) for key, value in item.items())
        elif isinstance(item, list):
            pending.extend(((*place, number), value) for number, value in enumerate(item))
        elif isinstance(item, str) and "\x00" in item:
            yield Problem(path_of(place), "contains a character with the number 0, which can't be stored")


_CHECKS: tuple[Callable[[File], Iterator[Problem]], ...] = (
    _addresses,
    _duplicates,
    _references,
    _renewals,
    _exempt_from_what_is_required,
    _ladder,
    _whole_courses,
    _framework_stands_by_itself,
    _sources,
    _certificates_can_be_earned,
    _reminders_come_in_time,
    _questionnaires,
    _no_control_characters,
)
