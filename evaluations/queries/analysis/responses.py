"""Who was asked, who has answered, and of which sectors those are who have not."""

from django.db.models import Count, Q, QuerySet

from evaluations.disclosure import FEWEST, shown
from evaluations.kinds import QuestionnaireKind
from evaluations.models import Invitation
from evaluations.periods import LATE, OPENED
from evaluations.queries.analysis.figures import Response, Silent
from evaluations.statistics import share


def responses_to(invitations: QuerySet[Invitation]) -> list[Response]:
    """How many of each kind of survey were asked, opened, answered, late, and still waiting (one query)."""
    rows = invitations.values("kind").annotate(
        invited=Count("pk"),
        opened=Count("pk", filter=OPENED),
        answered=Count("pk", filter=Q(state=Invitation.State.ANSWERED)),
        late=Count("pk", filter=LATE),
        waiting=Count("pk", filter=Q(state=Invitation.State.OPEN)),
    )
    found = {row.pop("kind"): row for row in rows}
    return [
        Response(kind, **found[kind], rate=share(found[kind]["answered"], found[kind]["invited"]))
        for kind in QuestionnaireKind
        if kind in found
    ]


def silent_by_sector(invitations: QuerySet[Invitation], *, for_team: bool) -> list[Silent]:
    """Of each sector how many were asked for an evaluation, and how many have not answered (one query)."""
    rows = list(
        invitations.filter(kind=QuestionnaireKind.EVALUATION)
        .values("booking__organisation__sector__name", "booking__organisation__sector__position")
        .annotate(invited=Count("pk"), silent=Count("pk", filter=~Q(state=Invitation.State.ANSWERED)))
        .order_by("booking__organisation__sector__position", "booking__organisation__sector__name")
    )
    counts: list[int | None] = [row["silent"] for row in rows]
    if not for_team:
        # Small groups are told apart by whoever was in the room.
        counts = shown([row["silent"] for row in rows])
    return [
        Silent(row["booking__organisation__sector__name"] or "No sector", row["invited"], count)
        for row, count in zip(rows, counts, strict=True)
        if for_team or row["invited"] >= FEWEST
    ]
