"""The filters and orders of lists of bookings, requests for approval, walk-ins and people who did not attend."""

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest
from django_filters import CharFilter, ChoiceFilter, ModelChoiceFilter

from bookings.models import Approval, Booking, BulkMessage, WalkIn
from bookings.states import BookingState
from courses.filters import courses_to_choose
from courses.models import Session
from partnership_portal.lists import Contains, FromDay, ListFilter, UntilDay
from partnerships.models import Person


def _sessions(request: HttpRequest) -> QuerySet[Session]:
    return Session.objects.visible_to(request.actor).select_related("course").defer("course__search")


class OrganisationBookingFilter(ListFilter):
    """Which bookings of the organisations that somebody leads, and in which order."""

    q = Contains("person__name_key", label="Name contains")
    state = ChoiceFilter(label="State", choices=BookingState.choices, empty_label="All")
    course = ModelChoiceFilter(
        "session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )
    first_day = FromDay("session__starts_at", label="Session from")
    last_day = UntilDay("session__starts_at", label="Session until")
    # Chosen on the page of a session, not from a list of thousands.
    session = ModelChoiceFilter(queryset=_sessions, widget=forms.HiddenInput)

    orders = {
        "name": ("person__name_key", "-booked_at", "pk"),
        "session": ("session__starts_at", "session_id", "person__name_key", "pk"),
        "-session": ("-session__starts_at", "session_id", "person__name_key", "pk"),
        "state": ("state", "-booked_at", "pk"),
        "booked": ("booked_at", "pk"),
    }
    first_order = "-session"

    class Meta:
        model = Booking
        fields: list[str] = []

    @property
    def session_chosen(self) -> Session | None:
        """The one session whose bookings are asked for."""
        return self.values.get("session")


class BookingFilter(OrganisationBookingFilter):
    """Which of everybody's bookings, and in which order."""

    organisation = Contains("organisation__name_key", label="Organisation contains")

    orders = {
        **OrganisationBookingFilter.orders,
        "organisation": ("organisation__name_key", "-booked_at", "pk"),
    }
    first_order = "-booked"


class TooFewFilter(ListFilter):
    """Which sessions with too few people, and in which order; few are due at a time."""

    course = ModelChoiceFilter(label="Course", queryset=courses_to_choose, empty_label="All courses")
    first_day = FromDay("starts_at", label="From")
    last_day = UntilDay("starts_at", label="Until")

    orders = {
        "course": ("course__title", "starts_at", "pk"),
        "start": ("starts_at", "pk"),
        "confirmed": ("confirmed", "starts_at", "pk"),
        "-confirmed": ("-confirmed", "starts_at", "pk"),
    }
    first_order = "start"

    class Meta:
        model = Session
        fields: list[str] = []


class ApprovalFilter(ListFilter):
    """Which requests that wait for an approval, and in which order; few are open at a time."""

    q = Contains("booking__person__name_key", label="Name contains")
    organisation = Contains("booking__organisation__name_key", label="Organisation contains")
    asked = ChoiceFilter(
        label="Who is asked", choices=Approval._meta.get_field("asked").choices, empty_label="Anybody"
    )

    orders = {
        "name": ("booking__person__name_key", "expires_at", "pk"),
        "organisation": ("booking__organisation__name_key", "expires_at", "pk"),
        "session": ("booking__session__starts_at", "expires_at", "pk"),
        "expires": ("expires_at", "pk"),
    }
    first_order = "expires"

    class Meta:
        model = Approval
        fields: list[str] = []


class WalkInFilter(ListFilter):
    """Which walk-ins to settle, and in which order; few wait at a time."""

    q = Contains("booking__person__name_key", label="Name contains")
    course = ModelChoiceFilter(
        "booking__session__course", label="Course", queryset=courses_to_choose, empty_label="All courses"
    )

    orders = {
        "name": ("booking__person__name_key", "pk"),
        "session": ("booking__session__starts_at", "pk"),
        "came": ("pk",),
    }
    first_order = "came"

    class Meta:
        model = WalkIn
        fields: list[str] = []


class NonAttendanceFilter(ListFilter):
    """Which people who did not attend again and again, and in which order."""

    q = Contains("name_key", label="Name contains")

    orders = {
        "name": ("name_key", "pk"),
        "missed": ("missed", "name_key", "pk"),
        "-missed": ("-missed", "name_key", "pk"),
        "last": ("last", "name_key", "pk"),
    }
    first_order = "-missed"

    class Meta:
        model = Person
        fields: list[str] = []


class BulkMessageFilter(ListFilter):
    """Which bulk messages, and in which order; a team writes some a week."""

    q = CharFilter("title", "icontains", label="Title contains", max_length=100)
    state = ChoiceFilter(label="Show", choices=BulkMessage.State.choices, empty_label="All")
    first_day = FromDay("asked_at", label="From")
    last_day = UntilDay("asked_at", label="Until")

    orders = {"title": ("title", "-asked_at", "pk"), "sent": ("asked_at", "pk")}
    first_order = "-sent"

    class Meta:
        model = BulkMessage
        fields: list[str] = []
