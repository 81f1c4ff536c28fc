"""Places held for a sector or an organisation, for a fair mix: added, changed and removed by the team."""

from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from bookings.models import Quota
from bookings.services.locks import locked_session
from bookings.services.queue import settle
from courses.models import Session
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.working_days import uk_date
from partnerships import audit
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Organisation, Sector
from partnerships.permissions import Permission, require


def add_quota(
    *,
    actor: Actor,
    session: Session,
    places: int,
    releases_on: date,
    sector: Sector | None = None,
    organisation: Organisation | None = None,
) -> Quota:
    """Hold places of a session for a sector or an organisation until a day; who has a place keeps it.

    Locks the session. Sent twice it is added once; another number for the same sector or organisation is refused.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    whom = {"sector": sector, "organisation": organisation}
    with transaction.atomic():
        session = locked_session(actor, session)
        there = Quota.objects.filter(partnership=actor.partnership, session=session, **whom).first()
        if there is not None and (there.places, there.releases_on) == (places, releases_on):
            return there
        if there is not None:
            raise DomainError(f"Places are held for {there.whom} already. Change how many.")
        _check(session, places, releases_on)
        quota = Quota.objects.create(
            partnership=actor.partnership, session=session, places=places, releases_on=releases_on, **whom
        )
        audit.record(actor, "bookings.add_quota", quota, after=_facts(quota))
        settle(session, timezone.now())
    return quota


def change_quota(*, actor: Actor, quota: Quota, places: int, releases_on: date) -> Quota:
    """Change how many places are held and until when; what is held no longer goes to the queue at once.

    Locks the session; done twice is done once.
    """
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        session, found = _locked(actor, quota)
        if found is None:
            raise DomainError("These places are not held any more. Somebody has removed this just now.")
        before = _facts(found)
        if (found.places, found.releases_on) != (places, releases_on):
            _check(session, places, releases_on, but=found)
            found.places, found.releases_on = places, releases_on
            found.save(update_fields=["places", "releases_on"])
            audit.record(actor, "bookings.change_quota", found, before=before, after=_facts(found))
            settle(session, timezone.now())
    return found


def remove_quota(*, actor: Actor, quota: Quota) -> None:
    """Hold no places any more; they go to the queue at once. Locks the session; done twice is done once."""
    require(actor, Permission.MANAGE_BOOKINGS)
    with transaction.atomic():
        session, found = _locked(actor, quota)
        if found is None:
            return
        audit.record(actor, "bookings.remove_quota", found, before=_facts(found))
        found.delete()
        settle(session, timezone.now())


def merge_quotas(emptied: Session, kept: Session) -> None:
    """Take the quotas of an emptied session along, for ``merge_sessions``, which holds both locks and writes the audit.

    Whom both hold places for gets the larger number, until the day of the session that is kept; nothing beyond its
    places.
    """
    of = Quota.objects.filter(partnership=kept.partnership_id)
    there = {(one.sector_id, one.organisation_id): one for one in of.filter(session=kept)}
    room = kept.capacity - sum(one.places for one in there.values())
    for quota in of.filter(session=emptied):
        own = there.get((quota.sector_id, quota.organisation_id))
        more = max(0, min(quota.places - (own.places if own else 0), room))
        room -= more
        if own is None and more:
            quota.session, quota.places = kept, more
            quota.releases_on = min(quota.releases_on, uk_date(kept.starts_at))
            quota.save(update_fields=["session", "places", "releases_on"])
            continue
        if own is not None and more:
            own.places += more
            own.save(update_fields=["places"])
        quota.delete()


def _locked(actor: Actor, quota: Quota) -> tuple[Session, Quota | None]:
    """The session under its lock, and the quota as it is beneath it; none where it is gone or moved on."""
    session = locked_session(actor, quota.session)
    found = Quota.objects.select_related("sector", "organisation").filter(
        partnership=actor.partnership, session=session, pk=quota.pk
    )
    return session, found.first()


def _check(session: Session, places: int, releases_on: date, but: Quota | None = None) -> None:
    now = timezone.now()
    if session.status == Session.Status.CANCELLED or session.starts_at <= now:
        raise DomainError("This session is cancelled or has begun, so there is nothing to hold places for.")
    if places < 1:
        raise DomainError("Hold at least 1 place, or remove the rule.")
    held = Quota.objects.filter(partnership=session.partnership_id, session=session)
    others = sum(one.places for one in held if but is None or one.pk != but.pk)
    if places + others > session.capacity:
        already = f" {others} of them are held already." if others else ""
        raise DomainError(f"The session has {session.capacity} places.{already} Hold fewer.")
    if not uk_date(now) <= releases_on <= uk_date(session.starts_at):
        raise DomainError(
            f"Places can be held until a day from today to the session’s own, {in_words(session.starts_at)}."
        )


def _facts(quota: Quota) -> dict[str, Any]:
    return {
        "session": quota.session_id,
        "sector": quota.sector_id,
        "organisation": quota.organisation_id,
        "places": quota.places,
        "releases_on": quota.releases_on.isoformat(),
    }
