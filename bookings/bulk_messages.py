"""Bulk messages: whom a selection of bookings reaches, and what each of them reads."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.core import signing
from django.db.models import Count

from bookings.message_kinds import BULK_ABOUT_BOOKING, BULK_NEWS
from bookings.models import Booking, BulkMessage
from bookings.states import BookingState
from notifications.kinds import Fact, MessageKind
from notifications.preferences import stop_link, who_want_none
from notifications.wording import Fixed, Letter, Wording, letter
from partnership_portal.templatetags.portal import uk_date, uk_datetime
from partnerships.actors import Actor
from partnerships.errors import DomainError
from partnerships.models import Partnership, Person

KINDS = (BULK_ABOUT_BOOKING, BULK_NEWS)
MOST_BOOKINGS = 5000
_SALT = "bulk message"
_GOOD_FOR = 7 * 24 * 60 * 60


@dataclass(frozen=True)
class Selection:
    """Bookings that were selected, frozen; its key makes a message of it that is sent twice the same message."""

    key: UUID
    bookings: tuple[int, ...]


@dataclass(frozen=True)
class Recipient:
    """Somebody with their bookings in the selection, the soonest first."""

    person: Person
    bookings: list[Booking]

    @property
    def values(self) -> dict[str, str]:
        """What the words may name (``message_kinds.ABOUT_SELECTION``)."""
        return {
            "course": _listed(one.session.course.title for one in self.bookings),
            "date": _listed(uk_date(one.session.starts_at) for one in self.bookings),
            "place": _listed(one.session.place for one in self.bookings),
            "organisation": _listed(one.organisation.name for one in self.bookings),
        }

    def facts(self, kind: MessageKind) -> list[Fact]:
        """The sessions that a message about bookings is about."""
        lines = [
            f"{one.session.course.title}, {uk_datetime(one.session.starts_at)}, {one.session.place}"
            for one in self.bookings
        ]
        return [("Sessions" if len(lines) > 1 else "Session", lines)] if kind.facts else []

    def first_coming(self, now: datetime) -> datetime | None:
        """When the next of their sessions begins."""
        coming = [one.session.starts_at for one in self.bookings if one.session.starts_at > now]
        return min(coming, default=None)


@dataclass(frozen=True)
class Audience:
    """Everybody of a selection, each once and by name: who get the message, and who don't."""

    recipients: list[Recipient]
    without_email: list[Recipient]
    unwanted: list[Recipient]


def freeze(partnership: Partnership, bookings: Iterable[int]) -> str:
    """Write a selection down as a text that goes from page to page and can't be changed on the way."""
    return signing.dumps([partnership.pk, uuid4().hex, list(bookings)], salt=_SALT, compress=True)


def thaw(partnership: Partnership, frozen: str) -> Selection:
    """Read such a text again; refuses one that is too old, was changed, or is of another partnership."""
    try:
        owner, key, bookings = signing.loads(frozen, salt=_SALT, max_age=_GOOD_FOR)
    except signing.BadSignature as error:
        raise DomainError("The selection is too old. Go back to the list and select again.") from error
    if owner != partnership.pk:
        raise DomainError("The selection is of another partnership. Go back to the list and select again.")
    return Selection(UUID(key), tuple(bookings))


def audience_of(actor: Actor, bookings: Collection[int], kind: MessageKind) -> Audience:
    """Whom a message to these bookings reaches, of those that the actor may see (two queries at most)."""
    everybody = recipients_of(actor, bookings)
    off = who_want_none((one.person for one in everybody), kind)
    return Audience(
        recipients=[one for one in everybody if one.person.email and one.person.pk not in off],
        without_email=[one for one in everybody if not one.person.email],
        unwanted=[one for one in everybody if one.person.email and one.person.pk in off],
    )


def states_among(actor: Actor, bookings: Collection[int]) -> list[str]:
    """How these bookings stand and how many of them so, most first: whoever writes to all sees whom that means."""
    found = Booking.objects.visible_to(actor).filter(pk__in=bookings).order_by().values_list("state")
    counted = found.annotate(number=Count("pk")).order_by("-number", "state")
    return [f"{number:,} {BookingState(state).label.lower()}" for state, number in counted]


def recipients_of(
    actor: Actor, bookings: Collection[int], people: Collection[int] | None = None
) -> list[Recipient]:
    """The people of these bookings, or those of them who are named, each once and by name (one query)."""
    found = (
        Booking.objects.visible_to(actor)
        .filter(pk__in=bookings)
        .select_related("person", "organisation", "session__course", "session__venue")
        .defer("session__course__search", "told")
        .order_by("person__name_key", "person_id", "session__starts_at", "pk")
    )
    if people is not None:
        found = found.filter(person__in=people)
    recipients: dict[int, Recipient] = {}
    for booking in found:
        booking.person.partnership = actor.partnership
        recipients.setdefault(booking.person_id, Recipient(booking.person, [])).bookings.append(booking)
    return list(recipients.values())


@dataclass(frozen=True)
class MissedBy:
    """Those who were to get a message and did not: whom it could not reach, each with why, and who wanted none."""

    not_reached: list[tuple[Person, str]]
    unwanted: list[Person]


def missed_by(actor: Actor, message: BulkMessage) -> MissedBy:
    """Who was to get the message and did not, by name (one query, if anybody)."""
    whys = {key: BulkMessage.Missed(why) for key, why in message.missed}
    people = list(Person.objects.visible_to(actor).filter(pk__in=whys).order_by("name_key", "pk"))
    return MissedBy(
        not_reached=[
            (one, whys[one.pk].label) for one in people if whys[one.pk] is not BulkMessage.Missed.UNWANTED
        ],
        unwanted=[one for one in people if whys[one.pk] is BulkMessage.Missed.UNWANTED],
    )


def letter_to(actor: Actor, recipient: Recipient, kind: MessageKind, wording: Wording) -> Letter:
    """The message as this recipient gets it."""
    person = recipient.person
    fixed = Fixed(recipient.facts(kind), stop_link=stop_link(person, kind))
    return letter(actor.partnership, wording, name=person.name, values=recipient.values, fixed=fixed)


def subject_of(message: BulkMessage) -> str:
    """How each of its messages says what it belongs to."""
    return f"bulk:{message.pk}"


def _listed(texts: Iterable[str]) -> str:
    *others, last = dict.fromkeys(texts)
    return f"{', '.join(others)} and {last}" if others else last
