"""The lock for what a whole partnership has only once: a name, an address, a number, a last member of the team."""

from partnerships.actors import Actor
from partnerships.models import Partnership


def locked_partnership(actor: Actor) -> Partnership:
    """Read the partnership again and keep everybody else who takes this lock waiting until the commit.

    Rows that merely belong to the partnership can still be written meanwhile.
    """
    return Partnership.objects.select_for_update(no_key=True).get(pk=actor.partnership.pk)
