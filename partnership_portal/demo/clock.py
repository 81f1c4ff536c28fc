"""Runs the scheduled jobs as if it were another day, and says what they did."""

from dataclasses import dataclass
from datetime import date, datetime, time

from compliance.models import Report
from evaluations.models import Certificate, Invitation
from notifications.models import Message
from partnership_portal.schedule import JOBS
from partnership_portal.working_days import uk_moment
from partnerships.errors import DomainError
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


@dataclass(frozen=True)
class Done:
    """What the jobs did for one partnership."""

    partnership: Partnership
    messages: int
    invitations: int
    unreachable: int
    certificates: int
    reminders: int
    reports: int
    forgotten: int
    problems: tuple[str, ...]


def run_as_of(partnership: Partnership, day: date) -> Done:
    """Run every job once, the frequent before the daily, as of half past six in the evening of the day."""
    now = uk_moment(day, time(18, 30))
    before = _count(partnership, now)
    problems = tuple(
        problem for frequency in ("frequent", "daily") for problem in _run(partnership, frequency, now)
    )
    after = _count(partnership, now)
    done = (new - old for new, old in zip(after, before, strict=True))
    return Done(partnership, *done, problems=problems)


def _run(partnership: Partnership, frequency: str, now: datetime) -> list[str]:
    problems = []
    for name, job in JOBS[frequency].items():
        try:
            job(partnership, now)
        except DomainError as refusal:
            problems.append(f"{name}: {refusal.sentence}")
    return problems


def _count(partnership: Partnership, now: datetime) -> tuple[int, ...]:
    with acting_in(partnership):
        messages = Message.objects.filter(partnership=partnership)
        asked = Invitation.objects.filter(partnership=partnership)
        return (
            messages.count(),
            asked.count(),
            asked.filter(respondent_email="", invited_at=now).count(),
            Certificate.objects.filter(partnership=partnership).count(),
            messages.filter(purpose__contains="remind").count(),
            Report.objects.filter(partnership=partnership).count(),
            asked.filter(forgotten_at__isnull=False).count(),
        )
