"""A partnership's own words for a kind of message."""

from dataclasses import asdict

from django.db import transaction

from notifications.kinds import MessageKind
from notifications.models import MessageTemplate
from notifications.wording import Wording, own_wording, problems_of, words_of
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.permissions import Permission, require
from partnerships.services.locks import locked_partnership


def write_template(*, actor: Actor, kind: MessageKind, wording: Wording) -> None:
    """Use the partnership's own words from now on; messages that are queued already keep theirs.

    Refuses placeholders that the kind doesn't have. The trail keeps the words before and after.
    """
    require(actor, Permission.MANAGE_MESSAGES)
    problems = problems_of(kind, wording)
    if problems:
        raise DomainError(next(iter(problems.values())))
    with transaction.atomic():
        template, before = _locked(actor, kind)
        if template is None:
            template = MessageTemplate(partnership=actor.partnership, purpose=kind.purpose)
        elif before == wording:
            return
        for passage, words in asdict(wording).items():
            setattr(template, passage, words)
        template.in_use = True
        template.save()
        audit.record(
            actor,
            "notifications.write_template",
            template,
            before=asdict(before),
            after=asdict(wording),
        )


def use_own_words(*, actor: Actor, kind: MessageKind) -> None:
    """Go back to the portal's own words; done twice is done once."""
    require(actor, Permission.MANAGE_MESSAGES)
    with transaction.atomic():
        template, before = _locked(actor, kind)
        if template is None or not template.in_use:
            return
        template.in_use = False
        template.save(update_fields=["in_use"])
        audit.record(
            actor,
            "notifications.use_own_words",
            template,
            before=asdict(before),
            after=asdict(own_wording(kind)),
        )


def _locked(actor: Actor, kind: MessageKind) -> tuple[MessageTemplate | None, Wording]:
    """The row, if there is one, and the words in use."""
    # The partnership's row stands in for a template that isn't there yet.
    locked_partnership(actor)
    template = MessageTemplate.objects.filter(partnership=actor.partnership, purpose=kind.purpose).first()
    in_use = template is not None and template.in_use
    return template, words_of(template) if template is not None and in_use else own_wording(kind)
