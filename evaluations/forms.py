"""Forms: a page of a questionnaire, the number of a certificate, a reason."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from evaluations.answering import LONG_TEXT, SHORT_TEXT, Value, choices_of
from evaluations.kinds import QuestionKind
from evaluations.models import Question

_NUMBERS = {QuestionKind.SCALE, QuestionKind.CONFIDENCE}
_IN_A_ROW = {
    QuestionKind.SCALE: {"class": "govuk-radios--inline"},
    QuestionKind.CONFIDENCE: {"class": "govuk-radios--inline govuk-radios--small"},
}


class QuestionPageForm(forms.Form):
    """The questions of one page of a questionnaire, with the answers so far.

    ``kept`` are the answers that can be saved even if others on the page are missing.
    """

    def __init__(self, questions: Iterable[Question], saved: Mapping[str, Value], data: Any = None) -> None:
        self.questions = list(questions)
        initial = {question.key: _shown(question, saved.get(question.key)) for question in self.questions}
        super().__init__(data, initial=initial)
        for question in self.questions:
            self.fields[question.key] = _field(question)

    @property
    def kept(self) -> dict[str, Value]:
        """The answers that are right, by question; a question left empty is there too, so that it can be emptied."""
        return {
            question.key: _given(question, self.cleaned_data[question.key])
            if question.key in self.cleaned_data
            else None
            for question in self.questions
            if question.key in self.cleaned_data or not self._was_filled(question)
        }

    def _was_filled(self, question: Question) -> bool:
        return bool(self[question.key].data)


class CheckForm(forms.Form):
    """The number on a certificate."""

    number = forms.CharField(
        label="Certificate number",
        max_length=60,
        help_text="It is printed on the certificate.",
        widget=forms.TextInput(
            attrs={"class": "govuk-input--width-20", "autocomplete": "off", "spellcheck": "false"}
        ),
        error_messages={
            "required": "Enter the number of the certificate",
            "max_length": "The number of a certificate has at most 60 characters",
        },
    )


class ReasonForm(forms.Form):
    """Why a certificate is withdrawn or reinstated."""

    reason = forms.CharField(
        label="Reason",
        max_length=250,
        help_text="It is kept with the certificate. Do not write anything about health or about a child.",
        widget=forms.Textarea(attrs={"rows": "3"}),
        error_messages={"required": "Enter the reason"},
    )


def _shown(question: Question, value: Value) -> Any:
    if question.kind in {QuestionKind.CHOICE, QuestionKind.YES_NO} and isinstance(value, list):
        return value[0] if value else None
    return str(value) if isinstance(value, int) else value


def _given(question: Question, value: Any) -> Value:
    if question.kind in _NUMBERS:
        return int(value) if value else None
    return value or None


def _field(question: Question) -> forms.Field:
    common: dict[str, Any] = {
        "label": question.text,
        "help_text": question.hint,
        "required": question.is_required,
        # Several questions of a page may be wrong: the summary must say which.
        "error_messages": {
            "required": f"Answer the question: {question.text}",
            "max_length": "Your answer must be %(limit_value)d characters or fewer: "
            + question.text.replace("%", "%%"),
        },
    }
    match question.kind:
        case QuestionKind.SHORT_TEXT:
            return forms.CharField(max_length=SHORT_TEXT, **common)
        case QuestionKind.LONG_TEXT:
            return forms.CharField(max_length=LONG_TEXT, widget=forms.Textarea(attrs={"rows": "5"}), **common)
        case QuestionKind.CHOICES:
            return forms.MultipleChoiceField(
                choices=choices_of(question), widget=forms.CheckboxSelectMultiple, **common
            )
        case _:
            return forms.ChoiceField(
                choices=choices_of(question),
                widget=forms.RadioSelect(attrs=_IN_A_ROW.get(QuestionKind(question.kind))),
                **common,
            )
