"""The courses, sessions, priorities or sectors of a selection side by side, for the team."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet

from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.queries.analysis.figures import Group
from evaluations.queries.analysis.pairs import GroupTally
from evaluations.queries.blocks import GROUPINGS
from evaluations.statistics import mean_of
from partnership_portal.templatetags.portal import uk_date


def groups_by(invitations: QuerySet[Invitation], name: str, said: dict[Any, GroupTally]) -> list[Group]:
    """Each group with who was asked for an evaluation and what they said, sessions the newest first (one query)."""
    title, path = GROUPINGS[name]
    rows = (
        invitations.filter(kind=QuestionnaireKind.EVALUATION)
        .values(title, path)
        .annotate(invited=Count("pk"), answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)))
        .order_by(f"-{title}" if name == "session" else title, path)
    )
    return [_group(row, title, said.get(row[path], GroupTally())) for row in rows]


def _group(row: dict[str, Any], title: str, said: GroupTally) -> Group:
    name = row[title]
    relevance = mean_of(said.relevance)
    return Group(
        name=uk_date(name) if isinstance(name, datetime) else "None" if name is None else str(name),
        invited=row["invited"],
        answered=row["answered"],
        relevance=relevance.value if relevance else None,
        change=said.confidence.change,
    )
