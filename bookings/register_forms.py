"""Forms of the day itself: the register, walk-ins, and checking in."""

import uuid
from datetime import datetime, timedelta
from difflib import get_close_matches
from typing import Any

from django import forms

from bookings.services.walk_ins import UNSETTLED, Newcomer, Room
from partnership_portal.widgets import GovTimeField
from partnerships.models import Organisation, Partnership

_NONE_OF_THESE = "none"


class TapForm(forms.Form):
    """One tap on the register: whom it is about and what it says, and how old it is where a bad line kept it."""

    tap = forms.RegexField(r"^(?:\d{1,18}-(?:present|absent|undo)|rest-absent)$")
    age = forms.IntegerField(required=False, min_value=0, max_value=10**10)

    @property
    def whom(self) -> int | None:
        """The booking's key; none where it is about everybody who is left."""
        key = self.cleaned_data["tap"].partition("-")[0]
        return None if key == "rest" else int(key)

    @property
    def says(self) -> str:
        """Present, absent or undo."""
        return self.cleaned_data["tap"].partition("-")[2]

    def made_at(self, now: datetime) -> datetime | None:
        """When it was made, told by its age in milliseconds, so that a phone's wrong clock does no harm."""
        age = self.cleaned_data["age"]
        return None if age is None else now - timedelta(milliseconds=age)


class RegisterSearchForm(forms.Form):
    """Finding people on a long register."""

    q = forms.CharField(label="Find a name or organisation", required=False, max_length=100)
    only_open = forms.BooleanField(label="Only those not marked yet", required=False)


class TimesForm(forms.Form):
    """From when until when somebody was there."""

    arrived_late = GovTimeField(label="Arrived at", required=False, help_text="Leave empty if on time.")
    left_early = GovTimeField(label="Left at", required=False, help_text="Leave empty if there to the end.")


class WalkInForm(forms.Form):
    """Somebody who came without a booking.

    An organisation that is not on the list as it was typed is looked for once more among those that read alike.
    """

    name = forms.CharField(
        label="Full name", help_text="As it should stand on the certificate.", max_length=200
    )
    email = forms.EmailField(
        label="Email address",
        help_text="What follows, such as the certificate, is sent there. Without one, you can show a code instead.",
        required=False,
    )
    organisation = forms.CharField(
        label="Organisation",
        help_text="Start typing and choose. If it is not on the list, write its name: the partnership team settles it.",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "organisations", "autocomplete": "off"}),
        error_messages={"required": "Enter the organisation"},
    )
    # Asked once, where the organisation's name reads like others.
    alike = forms.ChoiceField(
        label="Which organisation is it?",
        widget=forms.RadioSelect,
        choices=(),
        error_messages={"required": "Choose the organisation, or say that it is none of these"},
    )
    make_room = forms.BooleanField(required=False)
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)

    def __init__(self, *args: Any, partnership: Partnership, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.filter(partnership=partnership, is_active=True)
        self.organisations = {one.name: one for one in organisations.exclude(name=UNSETTLED)}
        self._by_key = {one.name_key: one for one in self.organisations.values()}
        typed = str(self.data.get("organisation", "")).strip()
        likely = [] if not typed or typed.lower() in self._by_key else self._alike(typed)
        if likely:
            choices = [(str(one.pk), one.name) for one in likely]
            field: Any = self.fields["alike"]
            field.choices = [*choices, (_NONE_OF_THESE, f"None of these: it is “{typed}”")]
        else:
            del self.fields["alike"]
        if room.is_full and room.may_grow:
            self.fields[
                "make_room"
            ].label = (
                f"There is a seat for one more: make it {room.capacity + 1} places instead of {room.capacity}"
            )
        else:
            del self.fields["make_room"]

    def _alike(self, typed: str) -> list[Organisation]:
        text = typed.lower()
        within = [key for key in self._by_key if text in key]
        near = get_close_matches(text, self._by_key, n=5, cutoff=0.6)
        return [self._by_key[key] for key in dict.fromkeys([*near, *within])][:6]

    def clean(self) -> dict[str, Any]:
        """Ask for a seat where every place is taken."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "make_room" in self.fields and not cleaned.get("make_room"):
            self.add_error("make_room", "Every place is taken. Confirm that there is a seat for one more")
        return cleaned

    @property
    def newcomer(self) -> Newcomer:
        """Who came."""
        given = self.cleaned_data
        organisation = self._by_key.get(given["organisation"].strip().lower())
        if given.get("alike") and given["alike"] != _NONE_OF_THESE:
            key = int(given["alike"])
            organisation = next(one for one in self.organisations.values() if one.pk == key)
        said = "" if organisation else given["organisation"].strip()
        return Newcomer(given["name"].strip(), given["email"], organisation, said)


class SettleForm(forms.Form):
    """Which organisation a walk-in belongs to."""

    organisation = forms.CharField(
        label="Organisation",
        help_text="Start typing and choose.",
        max_length=200,
        widget=forms.TextInput(attrs={"list": "organisations", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, partnership: Partnership, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        organisations = Organisation.objects.filter(partnership=partnership, is_active=True)
        self.organisations = {one.name_key: one for one in organisations}

    def clean_organisation(self) -> Organisation:
        """The organisation of that name."""
        name = self.cleaned_data["organisation"].strip()
        if name.lower() not in self.organisations:
            raise forms.ValidationError(
                f"There is no organisation called “{name}”. Choose one from the list, or add it first."
            )
        return self.organisations[name.lower()]


class CheckInForm(forms.Form):
    """The email address of a booking, from somebody who is not signed in."""

    email = forms.EmailField(
        label="Email address of your booking",
        widget=forms.EmailInput(attrs={"autocomplete": "email", "spellcheck": "false"}),
        error_messages={"required": "Enter the email address that you were booked with"},
    )
