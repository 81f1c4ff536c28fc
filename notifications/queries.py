"""Questions about messages and their words."""

from collections import Counter
from collections.abc import Mapping

from django.db.models import Count

from notifications.kinds import MessageKind
from notifications.models import Message, MessageTemplate
from partnerships.models import AuditEntry, Partnership


def own_words_of(partnership: Partnership) -> set[str]:
    """The purposes for which the partnership uses words of its own (one query)."""
    written = MessageTemplate.objects.filter(partnership=partnership, in_use=True)
    return set(written.values_list("purpose", flat=True))


def history_of(partnership: Partnership, kind: MessageKind) -> list[AuditEntry]:
    """Who changed the words of this kind and when, the newest first, with the words before and after."""
    template = MessageTemplate.objects.filter(partnership=partnership, purpose=kind.purpose).first()
    if template is None:
        return []
    entries = AuditEntry.objects.filter(
        partnership=partnership,
        subject_type=MessageTemplate._meta.label_lower,
        subject_id=template.pk,
    )
    return list(entries.select_related("person").order_by("-at", "-pk")[:20])


def states_of(partnership: Partnership, subjects: Mapping[str, str]) -> dict[str, Counter[str]]:
    """How many messages about each subject are in which state; ``subjects`` names the purpose of each (one query)."""
    found: dict[str, Counter[str]] = {subject: Counter() for subject in subjects}
    rows = (
        Message.objects.filter(
            partnership=partnership, purpose__in=set(subjects.values()), subject_key__in=list(subjects)
        )
        .order_by()
        .values_list("subject_key", "state")
        .annotate(number=Count("pk"))
    )
    for subject, state, number in rows:
        found[subject][state] += number
    return found
