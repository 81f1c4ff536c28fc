"""Forms about messages."""

from typing import Any

from django import forms

from notifications.kinds import MessageKind, every_category
from notifications.models import Message
from notifications.wording import MOST_CHARACTERS, REQUIRED, Wording, problems_of


class WordingForm(forms.Form):
    """The words of one kind of message; the middle is asked for only where facts stand before it."""

    title = forms.CharField(
        required=False,
        label="Title",
        max_length=MOST_CHARACTERS["title"],
        help_text="The line that people see first.",
    )
    opening = forms.CharField(
        required=False,
        label="First words",
        max_length=MOST_CHARACTERS["opening"],
        widget=forms.Textarea({"rows": 5}),
        help_text="After “Dear …”. Leave an empty line between paragraphs.",
    )
    middle = forms.CharField(
        required=False,
        label="After the facts",
        max_length=MOST_CHARACTERS["middle"],
        widget=forms.Textarea({"rows": 4}),
    )
    closing = forms.CharField(
        required=False,
        label="Last words",
        max_length=MOST_CHARACTERS["closing"],
        widget=forms.Textarea({"rows": 5}),
        help_text="Before your name, which the portal adds.",
    )

    def __init__(self, *args: Any, kind: MessageKind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        if not kind.facts:
            del self.fields["middle"]
        for name in REQUIRED:
            self.fields[name].widget.attrs["aria-required"] = "true"

    def clean(self) -> dict[str, Any]:
        """Say at each passage what is wrong with it."""
        cleaned = super().clean() or {}
        for passage, problem in problems_of(self.kind, self.wording).items():
            if passage in self.fields and passage not in self.errors:
                self.add_error(passage, problem)
        return cleaned

    @property
    def wording(self) -> Wording:
        """What was written."""
        written = {
            name: " ".join(value.split()) if name == "title" else value.strip().replace("\r\n", "\n")
            for name, value in self.cleaned_data.items()
        }
        return Wording(**{"title": "", "opening": "", **written})


class ChoicesForm(forms.Form):
    """The categories of messages that somebody wants."""

    wanted = forms.MultipleChoiceField(
        required=False, label="Which messages do you want?", widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, off: set[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        categories = every_category()
        wanted: Any = self.fields["wanted"]
        wanted.choices = [(one.code, f"{one.name}: {one.words}") for one in categories]
        wanted.initial = [one.code for one in categories if one.code not in off]


class AddressForm(forms.Form):
    """Where to send a message that failed."""

    email = forms.EmailField(label="Email address", widget=forms.EmailInput({"spellcheck": "false"}))
    correct_person = forms.BooleanField(required=False, label="Correct it in this person’s details too")

    def __init__(self, *args: Any, message: Message, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].initial = message.to_email
        person = message.person
        if person is None or person.user_id is not None or person.email.lower() != message.to_email.lower():
            del self.fields["correct_person"]
