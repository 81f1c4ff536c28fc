"""Questions about messages and their words."""

from notifications.kinds import MessageKind
from notifications.models import MessageTemplate
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
