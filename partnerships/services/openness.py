"""Opening and closing a partnership's part of the portal, by the platform operator."""

from django.core.exceptions import PermissionDenied

from partnerships import audit
from partnerships.actors import Actor
from partnerships.models import Partnership
from partnerships.tenancy import acting_in


def set_open(*, actor: Actor, is_open: bool) -> Partnership:
    """Open or close the partnership's pages; nothing is deleted. Doing it twice changes nothing."""
    if actor.user is None or not actor.user.is_superuser:
        raise PermissionDenied("Only the platform operator can open or close a partnership.")
    with acting_in(actor.partnership):
        partnership = Partnership.objects.select_for_update().get(pk=actor.partnership.pk)
        if partnership.is_open != is_open:
            partnership.is_open = is_open
            partnership.save(update_fields=["is_open"])
            audit.record(
                actor,
                "partnerships.set_open",
                partnership,
                before={"open": not is_open},
                after={"open": is_open},
            )
    return partnership
