"""The dip sample as a strand of its own: learners and line managers apart, of all who were drawn."""

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from evaluations.models import DipAttempt, DipContact, Invitation
from evaluations.queries.analysis.figures import DipStrand
from evaluations.queries.analysis.questions import question_figures

_Outcome = DipAttempt.Outcome


def dip_rates(contacts: QuerySet[DipContact]) -> list[DipStrand]:
    """How many were drawn, reached and interviewed, learners before managers (one query)."""

    def ended(*outcomes: DipAttempt.Outcome) -> Exists:
        return Exists(DipAttempt.objects.filter(contact=OuterRef("pk"), outcome__in=outcomes))

    done = Q(interview__state=Invitation.State.ANSWERED)
    rows = (
        contacts.annotate(
            was_reached=ended(_Outcome.REACHED), gave_up=ended(_Outcome.DECLINED, _Outcome.LEFT)
        )
        .order_by("role")
        .values("role")
        .annotate(
            drawn=Count("pk"),
            reached=Count("pk", filter=Q(was_reached=True) | Q(interview__isnull=False)),
            interviewed=Count("pk", filter=done),
            declined=Count("pk", filter=Q(gave_up=True) & ~done),
        )
    )
    return [DipStrand(**row, questions=[]) for row in rows]


def dip_strands(contacts: QuerySet[DipContact]) -> list[DipStrand]:
    """The same with what was said in the interviews, for the team (two queries more for each role)."""
    found = []
    for one in dip_rates(contacts):
        talked_to = contacts.filter(role=one.role, interview__isnull=False)
        interviews = Invitation.objects.filter(pk__in=talked_to.values("interview")).order_by()
        questions = question_figures(interviews, for_team=True)
        found.append(DipStrand(one.role, one.drawn, one.reached, one.interviewed, one.declined, questions))
    return found
