"""The form in which the team writes to the people of a selection."""

from typing import Any

from django import forms

from bookings.bulk_messages import KINDS
from bookings.message_kinds import BULK_ABOUT_BOOKING, BULK_NEWS
from notifications.kinds import MessageKind, known_kind
from notifications.wording import MOST_CHARACTERS, Wording, problems_of

_ABOUT = [
    (BULK_ABOUT_BOOKING.purpose, "What they have booked: everybody gets it"),
    (BULK_NEWS.purpose, "News: people who have switched off the bulletin don’t get it"),
]


class BulkMessageForm(forms.Form):
    """What it is about, its title and its text, both with placeholders."""

    about = forms.ChoiceField(
        label="What is it about?",
        choices=_ABOUT,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what it is about"},
    )
    title = forms.CharField(
        required=False,
        label="Title",
        max_length=MOST_CHARACTERS["title"],
        help_text="The line that people see first.",
    )
    text = forms.CharField(
        required=False,
        label="Text",
        max_length=MOST_CHARACTERS["opening"],
        widget=forms.Textarea({"rows": 10}),
        help_text="After “Dear …”, and before your name, which the portal adds. Leave an empty line between "
        "paragraphs.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("title", "text"):
            self.fields[name].widget.attrs["aria-required"] = "true"

    def clean(self) -> dict[str, Any]:
        """Say at each field what is wrong with its words."""
        cleaned = super().clean() or {}
        if "about" in cleaned:
            for passage, problem in problems_of(self.kind, self.wording).items():
                field = "text" if passage == "opening" else passage
                if field not in self.errors:
                    self.add_error(field, problem)
        return cleaned

    @property
    def kind(self) -> MessageKind:
        """The kind of message that was chosen."""
        return known_kind(self.cleaned_data["about"])

    @property
    def wording(self) -> Wording:
        """What was written."""
        title, text = self.cleaned_data.get("title", ""), self.cleaned_data.get("text", "")
        return Wording(" ".join(title.split()), text.strip().replace("\r\n", "\n"))


def placeholders() -> tuple[Any, ...]:
    """What the words may name; the same for every kind."""
    return KINDS[0].every_placeholder
