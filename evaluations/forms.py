"""Forms: a page of a questionnaire, the number of a certificate, a reason, an observer, what is agreed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.db.models import QuerySet

from evaluations.answering import LONG_TEXT, SHORT_TEXT, Value, WithWords, choices_of
from evaluations.kinds import QuestionKind
from evaluations.models import Question
from evaluations.services.observation_actions import Agreed
from evaluations.services.raw_answers import LEAST
from evaluations.tabs import marks, with_newer
from partnership_portal.widgets import GovDateField
from partnerships.models import Person

_IN_A_ROW = {
    QuestionKind.SCALE: {"class": "govuk-radios--inline"},
    QuestionKind.CONFIDENCE: {"class": "govuk-radios--inline govuk-radios--small"},
}


@dataclass(frozen=True)
class Asked:
    """A question as it stands on the page: one field, or for a matrix one a row.

    In place of its fields stands what the team has left of the answer, if it has taken words out.
    """

    question: Question
    fields: list[forms.BoundField]
    redacted: str = ""

    @property
    def is_matrix(self) -> bool:
        """Tell whether its fields stand under one heading."""
        return self.question.kind == QuestionKind.MATRIX


class QuestionPageForm(forms.Form):
    """The questions of one page of a questionnaire, with the answers so far.

    ``kept`` are the answers that can be saved even if others on the page are missing. What the team has left of those
    that it took words out of, ``redacted`` by question, is shown and can't be changed.
    """

    def __init__(
        self,
        questions: Iterable[Question],
        saved: Mapping[str, Value],
        data: Any = None,
        *,
        redacted: Mapping[str, str] | None = None,
    ) -> None:
        self.page = list(questions)
        self.redacted = redacted or {}
        self.questions = [one for one in self.page if one.key not in self.redacted]
        self.marks = marks(self.questions, saved)
        if data is not None:
            data = with_newer(self.questions, saved, data)
        initial: dict[str, Any] = {}
        for question in self.questions:
            initial |= _shown(question, saved.get(question.key))
        super().__init__(data, initial=initial)
        for question in self.questions:
            self.fields |= _fields(question)

    @property
    def asked(self) -> list[Asked]:
        """The questions with their fields, in order."""
        return [
            Asked(one, [], self.redacted[one.key])
            if one.key in self.redacted
            else Asked(one, [self[name] for name in _fields(one)])
            for one in self.page
        ]

    @property
    def kept(self) -> dict[str, Value]:
        """The answers that are right, by question; a question left empty is there too, so that it can be emptied."""
        return {
            one.question.key: _given(one.question, self.cleaned_data)
            for one in self.asked
            if one.fields
            and all(field.name in self.cleaned_data or not _is_filled(field) for field in one.fields)
        }


class ShareForm(forms.Form):
    """Whether what is sent may be read by one other person."""

    share = forms.BooleanField(required=False)
    named = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, label: str, hint: str, named: str, data: Any = None) -> None:
        super().__init__(data, initial={"named": named})
        self.fields["share"].label = label
        self.fields["share"].help_text = hint


class QuotingForm(forms.Form):
    """Whether what was written may be quoted."""

    may_quote = forms.BooleanField(required=False, label="What I wrote may be quoted without my name")

    def __init__(self, hint: str, data: Any = None) -> None:
        super().__init__(data)
        self.fields["may_quote"].help_text = hint


class ObserverForm(forms.Form):
    """Who observes a session."""

    observer = forms.ModelChoiceField(
        label="Observer",
        queryset=Person.objects.none(),
        widget=forms.RadioSelect,
        empty_label=None,
        error_messages={"required": "Choose who observes this session"},
    )

    def __init__(self, observers: QuerySet[Person], data: Any = None) -> None:
        super().__init__(data)
        field = self.fields["observer"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for mypy
        field.queryset = observers


class OutcomeForm(forms.Form):
    """What was done about a concern."""

    outcome = forms.CharField(
        label="What was done",
        max_length=2000,
        help_text="For example whom you spoke to and what changes. Do not name a child or a family.",
        widget=forms.Textarea(attrs={"rows": "4"}),
        error_messages={
            "required": "Say what was done",
            "max_length": "What was done must be 2,000 characters or fewer",
        },
    )


class ReopenForm(forms.Form):
    """Why a settled concern is opened again."""

    reason = forms.CharField(
        label="What has come up",
        max_length=500,
        help_text="It is kept with the concern. Do not name a child or a family.",
        widget=forms.Textarea(attrs={"rows": "3"}),
        error_messages={
            "required": "Say what has come up",
            "max_length": "What has come up must be 500 characters or fewer",
        },
    )


class RedactionForm(forms.Form):
    """Which words are taken out of a text, and why."""

    part = forms.CharField(
        label="Words to take out",
        required=False,
        max_length=LONG_TEXT,
        help_text="Copy them from the text above. Leave it empty to take out the whole text.",
        widget=forms.Textarea(attrs={"rows": "2"}),
    )
    reason = forms.CharField(
        label="Reason",
        max_length=250,
        help_text="It is kept. Do not repeat what is taken out.",
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={
            "required": "Enter the reason",
            "max_length": "The reason must be 250 characters or fewer",
        },
    )


class RawAnswersForm(forms.Form):
    """Answers one by one: with names or without, why, and as which file."""

    names = forms.ChoiceField(
        label="Names",
        choices=[
            ("without", "Without names: each learner is a number that stays the same"),
            ("with", "With names"),
        ],
        initial="without",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        label="Why the names are needed",
        required=False,
        max_length=250,
        help_text="Only if you choose names. It is kept in the audit trail.",
        widget=forms.Textarea(attrs={"rows": "2"}),
    )
    ending = forms.ChoiceField(
        label="File",
        choices=[("xlsx", "Spreadsheet"), ("csv", "CSV")],
        initial="xlsx",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose the kind of file"},
    )

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where names are wanted."""
        given = super().clean() or {}
        if given.get("names") == "with" and len(given.get("reason", "").strip()) < LEAST:
            self.add_error("reason", "Say in a sentence why the names are needed")
        return given


class ActionForm(forms.Form):
    """What is agreed after an observation, who does it, and by when."""

    text = forms.CharField(
        label="What is to be done",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": "3"}),
        error_messages={
            "required": "Say what is to be done",
            "max_length": "What is to be done must be 500 characters or fewer",
        },
    )
    owner = forms.ModelChoiceField(
        label="Who does it",
        queryset=Person.objects.none(),
        required=False,
        widget=forms.RadioSelect,
        empty_label="The partnership team",
    )
    due_on = GovDateField(label="By when", help_text="For example 30 6 2027.")

    def __init__(self, people: list[Person], data: Any = None, initial: Any = None) -> None:
        super().__init__(data, initial=initial)
        field = self.fields["owner"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - for mypy
        field.queryset = Person.objects.filter(pk__in=[one.pk for one in people])

    @property
    def agreed(self) -> Agreed:
        """What the service is told."""
        return Agreed(self.cleaned_data["text"], self.cleaned_data["owner"], self.cleaned_data["due_on"])


def _is_filled(field: forms.BoundField) -> bool:
    data = field.data
    return any(data.values()) if isinstance(data, dict) else bool(data)


def _more(question: Question) -> str:
    return f"{question.key}--more"


def _row(question: Question, row: str) -> str:
    return f"{question.key}--{row}"


def _shown(question: Question, value: Value) -> dict[str, Any]:
    """The answer so far, by the names of the fields."""
    match QuestionKind(question.kind), value:
        case QuestionKind.MATRIX, list():
            marks = dict(mark.rsplit(":", 1) for mark in value)
            return {_row(question, row): mark for row, mark in marks.items()}
        case _, WithWords(code=code, text=text):
            return {question.key: code, _more(question): text}
        case ((QuestionKind.CHOICE | QuestionKind.YES_NO), list()):
            return {question.key: value[0] if value else None}
        case _, int():
            return {question.key: str(value)}
        case _:
            return {question.key: value}


def _given(question: Question, data: Mapping[str, Any]) -> Value:
    value = data.get(question.key)
    match question.kind:
        case QuestionKind.MATRIX:
            marks = {row["value"]: data.get(_row(question, row["value"])) for row in question.rows}
            return [f"{row}:{mark}" for row, mark in marks.items() if mark]
        case QuestionKind.SCALE | QuestionKind.CONFIDENCE:
            return int(value) if value else None
        case QuestionKind.DATE:
            return value.isoformat() if value else None
        case QuestionKind.YES_NO if value and question.follow_up:
            return WithWords(value, data.get(_more(question), ""))
        case _:
            return value or None


def _fields(question: Question) -> dict[str, forms.Field]:
    """The fields of a question by their names."""
    if question.kind == QuestionKind.MATRIX:
        return {_row(question, row["value"]): _row_field(question, row["label"]) for row in question.rows}
    fields = {question.key: _field(question)}
    if question.follow_up:
        fields[_more(question)] = forms.CharField(
            label=question.follow_up["text"],
            help_text=f"If you answered {question.follow_up['on']}.",
            required=False,
            max_length=LONG_TEXT,
            widget=forms.Textarea(attrs={"rows": "3"}),
        )
    return fields


def _row_field(question: Question, label: str) -> forms.Field:
    return forms.ChoiceField(
        label=label,
        required=question.is_required,
        choices=choices_of(question),
        widget=forms.RadioSelect(attrs=_IN_A_ROW[QuestionKind.SCALE]),
        error_messages={"required": f"Answer the question: {label}"},
    )


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
        case QuestionKind.DATE:
            return GovDateField(
                **{**common, "error_messages": {"required": common["error_messages"]["required"]}}
            )
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
