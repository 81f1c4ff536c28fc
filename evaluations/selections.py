"""Which surveys are added up, and for whom: plain values, so that a job can be told and the same be found again."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date, time, timedelta
from typing import Any, Self

from django.db import models
from django.db.models import Q, QuerySet

from evaluations.kinds import QuestionnaireKind
from evaluations.models import DipContact, Invitation
from partnership_portal.working_days import uk_moment
from partnerships.models import Partnership

_K = QuestionnaireKind


class Reader(models.TextChoices):
    """For whom answers are added up."""

    TEAM = "team", "The partnership team"
    TRAINERS = "trainers", "Trainers of the session"


# Of what others wrote about a session, trainers read what concerns their own work.
_FOR_TRAINERS = (_K.PRE_COURSE, _K.EVALUATION, _K.IMPACT)
# Of which the sub-group reads how many were asked and have answered.
GROUP_KINDS = (_K.EVALUATION, _K.IMPACT, _K.LINE_MANAGER)


@dataclass(frozen=True)
class Selection:
    """The surveys about some sessions, by ids and days; nothing chosen means all."""

    reader: Reader = Reader.TEAM
    course: int | None = None
    session: int | None = None
    priority: int | None = None
    sector: int | None = None
    first_day: date | None = None
    last_day: date | None = None

    @classmethod
    def read(cls, kept: dict[str, Any]) -> Self:
        """Read one back from its JSON."""
        days: dict[str, Any] = {
            name: date.fromisoformat(kept[name]) for name in ("first_day", "last_day") if name in kept
        }
        return cls(**(kept | days | {"reader": Reader(kept["reader"])}))

    @property
    def as_json(self) -> dict[str, Any]:
        """What is chosen, as JSON."""
        chosen = {name: value for name, value in asdict(self).items() if value is not None}
        return {
            name: value.isoformat() if isinstance(value, date) else value for name, value in chosen.items()
        }

    @property
    def key(self) -> str:
        """The same for the same selection, and for no other."""
        return hashlib.sha256(json.dumps(self.as_json, sort_keys=True).encode()).hexdigest()

    @property
    def for_team(self) -> bool:
        """Tell whether every figure is shown."""
        return self.reader == Reader.TEAM

    @property
    def groupings(self) -> tuple[str, ...]:
        """What can be told apart in it; a session is named by its day, which says nothing among all courses."""
        if self.session is not None:
            return ("sector",)
        return ("session", "sector") if self.course is not None else ("course", "priority", "sector")

    def invitations(self, partnership: Partnership) -> QuerySet[Invitation]:
        """The surveys that are chosen, answered or not."""
        chosen = self._chosen("session__", "booking__")
        if not self.for_team:
            chosen &= Q(kind__in=_FOR_TRAINERS)
        return Invitation.objects.filter(chosen, partnership=partnership)

    def contacts(self, partnership: Partnership) -> QuerySet[DipContact]:
        """Who was drawn of those who came to these sessions."""
        return DipContact.objects.filter(
            self._chosen("booking__session__", "booking__"), partnership=partnership
        )

    def _chosen(self, session: str, booking: str) -> Q:
        """What is chosen, where ``session`` and ``booking`` are the ways to them."""
        chosen = Q()
        for path, key in (
            (f"{session}course", self.course),
            (f"{session}pk", self.session),
            (f"{session}course__priority", self.priority),
            (f"{booking}organisation__sector", self.sector),
        ):
            if key is not None:
                chosen &= Q(**{path: key})
        if self.first_day is not None:
            chosen &= Q(**{f"{session}ends_at__gte": uk_moment(self.first_day, time())})
        if self.last_day is not None:
            after = uk_moment(self.last_day + timedelta(days=1), time())
            chosen &= Q(**{f"{session}ends_at__lt": after})
        return chosen
