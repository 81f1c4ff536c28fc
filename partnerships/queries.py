"""Questions about a partnership: its policy through time, and its competency framework."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from partnerships.models import CompetencyGroup, Partnership, PolicyVersion
from partnerships.policy import Policy
from partnerships.strategy_words import STATEMENTS, Change, Chapter, Row, changes, chapters


@dataclass(frozen=True)
class Stage:
    """One version of the policy, and what it changed."""

    number: int
    effective_from: datetime
    chapters: tuple[Chapter, ...]
    changes: tuple[Change, ...]
    is_coming: bool
    is_in_force: bool


@dataclass(frozen=True)
class Wording:
    """What a rule said from a version on, until the next wording."""

    number: int
    effective_from: datetime
    sentence: str
    source: str


@dataclass(frozen=True)
class RuleInForce:
    """A rule as it stands, with its wordings since the first version, newest first."""

    row: Row
    wordings: tuple[Wording, ...]


def policy_stages(partnership: Partnership, now: datetime) -> list[Stage]:
    """Every version of the policy, newest first (one query)."""
    found: list[Stage] = []
    versions = list(
        PolicyVersion.objects.filter(partnership=partnership).defer("document").order_by("number")
    )
    in_force = max((version.number for version in versions if version.effective_from <= now), default=1)
    before: Policy | None = None
    for version in versions:
        policy, words = _in_words(version)
        found.append(
            Stage(
                number=version.number,
                effective_from=version.effective_from,
                chapters=words,
                changes=tuple(changes(before, policy)) if before else (),
                is_coming=version.effective_from > now,
                is_in_force=version.number == in_force,
            )
        )
        before = policy
    return found[::-1]


def rules_in_force(stages: list[Stage]) -> list[tuple[str, list[RuleInForce]]]:
    """The rules that hold now, by subject, each with its wordings."""
    held = _held(stages)
    wordings: dict[str, list[Wording]] = {}
    for stage in held:
        for row in (row for chapter in stage.chapters for row in chapter.rows):
            said = wordings.setdefault(row.key, [])
            if not said or (said[-1].sentence, said[-1].source) != (row.sentence, row.source):
                said.append(Wording(stage.number, stage.effective_from, row.sentence, row.source))
    current = held[-1].chapters if held else ()
    return [
        (chapter.title, [RuleInForce(row, tuple(wordings[row.key][::-1])) for row in chapter.rows])
        for chapter in current
        if chapter.title != STATEMENTS
    ]


def statements_in_force(stages: list[Stage]) -> list[tuple[str, list[Row]]]:
    """What the strategy says beyond the rules, by heading."""
    found: dict[str, list[Row]] = {}
    for chapter in _held(stages)[-1].chapters if stages else ():
        for row in chapter.rows if chapter.title == STATEMENTS else ():
            found.setdefault(row.name, []).append(row)
    return list(found.items())


def framework(partnership: Partnership) -> list[CompetencyGroup]:
    """The groups or levels of the framework with what each requires, in the strategy's order (four queries)."""
    groups = CompetencyGroup.objects.filter(partnership=partnership)
    return list(
        groups.select_related("builds_on")
        .prefetch_related("requirements__options__course")
        .order_by("position")
    )


def _held(stages: list[Stage]) -> list[Stage]:
    """The versions up to the one in force, oldest first."""
    return [stage for stage in reversed(stages) if not stage.is_coming or stage.is_in_force]


@lru_cache(maxsize=512)
def _read(version_id: int, fingerprint: str) -> tuple[Policy, tuple[Chapter, ...]]:
    policy = Policy.model_validate(PolicyVersion.objects.get(pk=version_id).document)
    return policy, tuple(chapters(policy))


def _in_words(version: PolicyVersion) -> tuple[Policy, tuple[Chapter, ...]]:
    # Versions never change, so that what was put into words once stays right.
    return _read(version.pk, version.fingerprint)
