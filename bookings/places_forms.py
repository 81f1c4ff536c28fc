"""Forms about the places of one session: how many there are, and for whom some are held."""

from datetime import date, timedelta
from typing import Any

from django import forms

from courses.forms.session import MOST_PLACES
from courses.models import Session
from partnership_portal.templatetags.portal import uk_date as in_words
from partnership_portal.widgets import GovDateField
from partnership_portal.working_days import uk_date
from partnerships.models import Organisation, Sector

_ORGANISATION = "organisation"
_UNTIL = "From this day on, anybody gets what is left of them."
_NARROW = {"class": "govuk-input--width-4"}


class CapacityForm(forms.Form):
    """How many places a session has; beyond the class size, why."""

    capacity = forms.IntegerField(
        label="Number of places", min_value=1, max_value=MOST_PLACES, widget=forms.NumberInput(attrs=_NARROW)
    )
    lecture_style = forms.BooleanField(
        label="It is lecture-style, so more people may take part", required=False
    )
    lecture_style_reason = forms.CharField(
        label="Why is it lecture-style?",
        required=False,
        max_length=250,
        widget=forms.Textarea({"rows": 2}),
    )

    def __init__(
        self, *args: Any, session: Session, cap: int | None, may_exceed: bool, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {
            name: getattr(session, name) for name in ("capacity", "lecture_style", "lecture_style_reason")
        }
        super().__init__(*args, **kwargs)
        if not may_exceed and not session.lecture_style:
            del self.fields["lecture_style"], self.fields["lecture_style_reason"]
        if cap is not None:
            self.fields["capacity"].help_text = f"The partnership’s strategy allows at most {cap}" + (
                ", unless the session is lecture-style." if may_exceed else "."
            )


class QuotaForm(forms.Form):
    """How many places are held, and until when."""

    places = forms.IntegerField(
        label="How many places?", min_value=1, max_value=MOST_PLACES, widget=forms.NumberInput(attrs=_NARROW)
    )
    releases_on = GovDateField(
        label="Released on",
        help_text=f"{_UNTIL} To release them now, enter today.",
    )


class NewQuotaForm(QuotaForm):
    """For whom places are held, beside how many and until when."""

    whom = forms.ChoiceField(
        label="Whom are the places for?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whom the places are for"},
    )
    organisation = forms.CharField(
        label="Which organisation?",
        help_text="Only where the places are for one organisation. Start typing and choose.",
        max_length=200,
        required=False,
        widget=forms.TextInput(attrs={"list": "organisations", "autocomplete": "off"}),
    )
    field_order = ("whom", "organisation", "places", "releases_on")

    def __init__(self, *args: Any, session: Session, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        partnership = session.partnership
        days = partnership.policy(session.starts_at).booking.fair_mix_release_days.value
        usual = uk_date(session.starts_at) - timedelta(days=days)
        # Where that day has passed, the team says how long all the same.
        self.fields["releases_on"].initial = usual if usual > today else None
        before = f"{days} day{'' if days == 1 else 's'} before" if days else "on the day of"
        policy = f"By the partnership’s policy that is {before} the session, {in_words(usual)}."
        self.fields["releases_on"].help_text = f"{_UNTIL} {policy}"
        self.sectors = {str(one.pk): one for one in Sector.objects.filter(partnership=partnership)}
        whom: Any = self.fields["whom"]
        whom.choices = [
            *((key, one.name) for key, one in self.sectors.items()),
            (_ORGANISATION, "One organisation"),
        ]
        organisations = Organisation.objects.filter(partnership=partnership, is_active=True)
        self.organisations = {one.name_key: one for one in organisations}

    def clean(self) -> dict[str, Any]:
        """The sector or the organisation."""
        found = super().clean() or {}
        name = found.get("organisation", "").strip()
        if found.get("whom") == _ORGANISATION and name.lower() not in self.organisations:
            told = f"There is no organisation called “{name}”. Choose one from the list." if name else ""
            self.add_error("organisation", told or "Enter which organisation")
        return found

    @property
    def quota(self) -> dict[str, Any]:
        """What the service is asked for."""
        found = self.cleaned_data
        return {
            "sector": self.sectors.get(found["whom"]),
            "organisation": self.organisations[found["organisation"].strip().lower()]
            if found["whom"] == _ORGANISATION
            else None,
            "places": found["places"],
            "releases_on": found["releases_on"],
        }
