"""Forms by which the team writes questionnaires: a new one, its pages and questions, where it is asked, publishing."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict

from courses.models import Course
from evaluations.cards import choices_in
from evaluations.changes import Changes
from evaluations.drafts import Condition, Draft, DraftQuestion, FollowUp, Option, free_key
from evaluations.kinds import ASKED_ABOUT, HAS_ENDS, HAS_OPTIONS, QuestionKind, QuestionnaireKind
from evaluations.library import library
from evaluations.models import CourseQuestionnaire, Questionnaire
from evaluations.versions import draft_of
from partnerships.actors import Actor

MINOR, ANOTHER = "minor", "another"
_LINE = re.compile(r"(old-.{1,50}|new-\d{1,3})")
_MOST_LINES = 40
_EMPTY_LINES = 3

WHAT_KIND = {
    QuestionKind.SCALE: "Five numbers, with your words at both ends. Reports give the mean.",
    QuestionKind.CONFIDENCE: "Eleven numbers. Ask before and after to see what changed.",
    QuestionKind.CHOICE: "People choose one of the answers that you write.",
    QuestionKind.CHOICES: "People tick as many of the answers that you write as are true.",
    QuestionKind.YES_NO: "With a question beside one of the two, if you like.",
    QuestionKind.SHORT_TEXT: "A few words.",
    QuestionKind.LONG_TEXT: "A paragraph or two.",
    QuestionKind.DATE: "Day, month and year.",
    QuestionKind.MATRIX: "Several things, each rated from 1 to 5 with the same words at both ends.",
}


class TitleForm(forms.Form):
    """What a questionnaire is called."""

    title = forms.CharField(
        label="Title",
        max_length=200,
        help_text="Whoever is asked reads it at the top of the first page.",
        error_messages={"required": "Enter a title"},
    )


class NewQuestionnaireForm(forms.Form):
    """What a new questionnaire is for, what it is called, and what it starts from."""

    kind = forms.ChoiceField(
        label="What is it for?",
        choices=QuestionnaireKind.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what the questionnaire is for"},
    )
    title = forms.CharField(
        label="Title",
        max_length=200,
        help_text="Whoever is asked reads it at the top of the first page.",
        error_messages={"required": "Enter a title"},
    )
    start = forms.ChoiceField(
        label="Start with",
        required=False,
        help_text="A copy is yours to change. The one it comes from stays as it is.",
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        self._actor = actor
        own = Questionnaire.objects.visible_to(actor).filter(versions__isnull=False).distinct()
        of_library = [(f"library-{one.name}", _named(one.title, one.kind)) for one in library()]
        of_team = [(f"own-{one.pk}", _named(one.title, one.kind)) for one in own.order_by("kind", "title")]
        self.fields["start"].choices = [  # type: ignore[attr-defined]
            ("", "No questions"),
            ("A copy of yours", of_team),
            ("A copy from the portal’s library", of_library),
        ]

    @property
    def copy_of(self) -> Draft | None:
        """What it starts from, or nothing."""
        where, _, name = self.cleaned_data["start"].partition("-")
        if where == "library":
            return next(one.draft for one in library() if one.name == name)
        if where == "own":
            version = Questionnaire.objects.visible_to(self._actor).get(pk=name).versions.first()
            return draft_of(version) if version else None
        return None


class _CoursesField(forms.ModelMultipleChoiceField):
    """Courses, with the other questionnaire that they are asked about with now."""

    elsewhere: Mapping[int, Questionnaire] = {}

    def label_from_instance(self, obj: Any) -> str:
        other = self.elsewhere.get(obj.pk)
        return f"{obj.title} (now with “{other}”)" if other else obj.title


class CoursesForm(forms.Form):
    """The courses that are asked about with a questionnaire of their own."""

    courses = _CoursesField(
        label="Courses",
        queryset=Course.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
    )

    def __init__(self, data: Any = None, *, actor: Actor, questionnaire: Questionnaire) -> None:
        links = CourseQuestionnaire.objects.filter(
            partnership=questionnaire.partnership_id, kind=questionnaire.kind
        ).select_related("questionnaire")
        asked_with = {one.course_id: one.questionnaire for one in links}
        own = [course for course, one in asked_with.items() if one == questionnaire]
        super().__init__(data, initial={"courses": own})
        offered = Course.objects.visible_to(actor).defer("search").order_by("title", "pk")
        # One that is no longer offered stays to be seen while it is ticked.
        shown = offered.exclude(status=Course.Status.ARCHIVED) | offered.filter(pk__in=own)
        field = cast(_CoursesField, self.fields["courses"])
        field.queryset = shown
        field.elsewhere = {course: one for course, one in asked_with.items() if one != questionnaire}


class ChangeForm(forms.Form):
    """A change to a draft: carries the state of the draft that its page showed."""

    revision = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

    @property
    def about(self) -> int:
        """The state that was looked at; 0, which never is, when somebody took it out of the page."""
        return int(self.cleaned_data.get("revision") or 0)

    def shows(self, revision: int) -> None:
        """Make what is sent next a change to that state."""
        data = QueryDict(mutable=True)
        data.update(cast(Any, self.data))
        data["revision"] = str(revision)
        self.data = cast(Any, data)


class IntroductionForm(ChangeForm):
    """What stands above the questions."""

    introduction = forms.CharField(
        label="Introduction",
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": "5"}),
        help_text="What it is about and how long it takes. Who sees the answers is said below it by the portal.",
    )


class PageForm(ChangeForm):
    """The heading of a page."""

    heading = forms.CharField(
        label="Heading of the page",
        max_length=100,
        help_text="A page is what people see at once. Three or four questions on one are read well on a phone.",
        error_messages={"required": "Enter a heading"},
    )

    def clean_heading(self) -> str:
        """In one line."""
        return _in_one_line(self.cleaned_data["heading"])


class KindForm(forms.Form):
    """How a new question is answered, or which question of the library it is."""

    kind = forms.ChoiceField(
        label="How is it answered?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how the question is answered"},
    )

    def __init__(self, *args: Any, followed: Iterable[DraftQuestion], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["kind"].choices = [  # type: ignore[attr-defined]
            *((kind.value, f"{kind.label}: {what}") for kind, what in WHAT_KIND.items()),
            *((f"followed-{one.key}", f"Reports follow this one: “{one.text}”") for one in followed),
        ]


class Lines:
    """The boxes for choices or rows of a question: those there are, each by its code, and some empty ones.

    A box keeps its code when its words change, so that answers go on being counted as the same; an emptied box is
    taken away. Which boxes there are, and in which order, is sent with the form.
    """

    def __init__(self, name: str, options: Iterable[Option], data: Mapping[str, Any] | None) -> None:
        self.name = name
        self.labels = {f"old-{one.value}": one.label for one in options}
        sent = (data or {}).get(f"{name}_order")
        if sent is None:
            self.order = [*self.labels, *(f"new-{number}" for number in range(1, _EMPTY_LINES + 1))]
            return
        order = dict.fromkeys(one for one in str(sent).split(",") if _LINE.fullmatch(one))
        self.order = list(order)[:_MOST_LINES]
        up = str((data or {}).get(f"{name}_up", ""))
        if up in self.order[1:]:
            place = self.order.index(up)
            self.order[place - 1 : place + 1] = [up, self.order[place - 1]]
        if (data or {}).get("more") == name:
            taken = [int(one[4:]) for one in self.order if one.startswith("new-")]
            first = max(taken, default=0) + 1
            self.order += [f"new-{first + number}" for number in range(_EMPTY_LINES)][
                : _MOST_LINES - len(self.order)
            ]

    def field(self, line: str) -> str:
        """The name of a box."""
        return f"{self.name}-{line}"

    def options(self, cleaned: Mapping[str, Any]) -> tuple[Option, ...]:
        """What was written, with the codes of what was there and new ones for what is new."""
        found: list[Option] = []
        taken = {one.removeprefix("old-") for one in (*self.order, *self.labels) if one.startswith("old-")}
        for line in self.order:
            label = cleaned.get(self.field(line), "")
            if label:
                value = line.removeprefix("old-") if line.startswith("old-") else free_key(label, taken)
                taken.add(value)
                found.append(Option(value=value, label=label))
        return tuple(found)


class QuestionForm(ChangeForm):
    """One question, with what its kind needs."""

    text = forms.CharField(
        label="Question",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": "2"}),
        error_messages={"required": "Enter the question"},
    )
    hint = forms.CharField(
        label="Hint",
        max_length=300,
        required=False,
        help_text="Stands in grey beneath the question.",
        widget=forms.Textarea(attrs={"rows": "2"}),
    )
    required = forms.BooleanField(label="It must be answered", required=False)
    page = forms.TypedChoiceField(label="Page", coerce=int)

    def __init__(
        self,
        draft: Draft,
        question: DraftQuestion,
        page: int,
        revision: int,
        data: Mapping[str, Any] | None = None,
    ) -> None:
        self.draft, self.question = draft, question
        super().__init__(data, initial={**_initial(question), "page": page, "revision": revision})
        headings = [(str(number), one.heading) for number, one in enumerate(draft.pages)]
        self.fields["page"].choices = headings  # type: ignore[attr-defined]
        self.lines: list[Lines] = []
        kind = question.kind
        if kind in HAS_OPTIONS:
            self._add_lines("choice", "Choice", question.options, data)
        if kind is QuestionKind.MATRIX:
            self._add_lines("row", "Row", question.rows, data)
        if kind in HAS_ENDS:
            self._add_ends(kind)
        if kind is QuestionKind.YES_NO:
            self._add_follow_up()
        self.asked_before = [
            one for earlier in draft.pages[:page] for one in earlier.questions if one.kind in ASKED_ABOUT
        ]
        for one in self.asked_before:
            self.fields[_if(one)] = forms.MultipleChoiceField(
                label=f"Only if “{one.text}” is answered",
                required=False,
                choices=choices_in(one),
                widget=forms.CheckboxSelectMultiple(attrs={"class": "govuk-checkboxes--small"}),
            )
        self.order_fields(["revision", "text", "hint"])

    def _add_lines(
        self, name: str, label: str, options: Iterable[Option], data: Mapping[str, Any] | None
    ) -> None:
        lines = Lines(name, options, data)
        self.lines.append(lines)
        for number, line in enumerate(lines.order, start=1):
            self.fields[lines.field(line)] = forms.CharField(
                label=f"{label} {number}",
                required=False,
                max_length=150,
                initial=lines.labels.get(line, ""),
            )

    def _add_ends(self, kind: QuestionKind) -> None:
        lowest, highest = ("0", "10") if kind is QuestionKind.CONFIDENCE else ("1", "5")
        for name, number, example in (("low", lowest, "Not at all"), ("high", highest, "Very")):
            self.fields[name] = forms.CharField(
                label=f"Words at {number}",
                max_length=60,
                help_text=f"For example: {example}",
                widget=forms.TextInput(attrs={"class": "govuk-input--width-20"}),
            )

    def _add_follow_up(self) -> None:
        self.fields["more_on"] = forms.ChoiceField(
            label="Ask something beside it?",
            required=False,
            choices=[("", "No"), ("yes", "Of whoever answers Yes"), ("no", "Of whoever answers No")],
            widget=forms.RadioSelect,
        )
        self.fields["more_text"] = forms.CharField(
            label="What to ask beside it",
            required=False,
            max_length=300,
            help_text="People answer it in their own words, or leave it empty.",
        )

    @property
    def is_rearranged(self) -> bool:
        """Tell whether a button was pressed that only moves boxes or adds some."""
        return any("more" in self.data or f"{one.name}_up" in self.data for one in self.lines)

    def full_clean(self) -> None:
        """Say nothing about what is missing to somebody who only asks for another box."""
        super().full_clean()
        if self.is_bound and self.is_rearranged:
            self.errors.clear()

    def is_valid(self) -> bool:
        """Nothing is kept when only boxes were moved or added."""
        return super().is_valid() and not self.is_rearranged

    @property
    def boxes(self) -> list[dict[str, Any]]:
        """The boxes of each group of lines, with what a page needs to draw them."""
        return [
            {
                "name": lines.name,
                "order": ",".join(lines.order),
                "rows": [
                    {"line": line, "field": self[lines.field(line)], "is_first": number == 0}
                    for number, line in enumerate(lines.order)
                ],
            }
            for lines in self.lines
        ]

    @property
    def of_kind(self) -> list[forms.BoundField]:
        """The fields that this kind alone has, but for the boxes."""
        return [self[name] for name in ("low", "high", "more_on", "more_text") if name in self.fields]

    @property
    def conditions(self) -> list[forms.BoundField]:
        """The fields that say of whom it is asked."""
        return [self[_if(one)] for one in self.asked_before]

    def clean_text(self) -> str:
        """In one line."""
        return _in_one_line(self.cleaned_data["text"])

    def clean_hint(self) -> str:
        """In one line."""
        return _in_one_line(self.cleaned_data["hint"])

    def clean(self) -> dict[str, Any]:
        """Enough lines, no line twice, and one condition at most."""
        cleaned = super().clean() or {}
        for lines in self.lines:
            least, what = (2, "two choices") if lines.name == "choice" else (1, "one row")
            labels = [option.label for option in lines.options(cleaned)]
            if len(labels) < least:
                self.add_error(lines.field(lines.order[0]) if lines.order else None, f"Enter at least {what}")
            for line in lines.order:
                words = cleaned.get(lines.field(line))
                if words and labels.count(words) > 1:
                    self.add_error(lines.field(line), f"“{words}” is there twice. Change one of the two")
                    break
        if cleaned.get("more_on") and not cleaned.get("more_text"):
            self.add_error("more_text", "Enter what to ask beside it, or choose No above")
        ticked = [one for one in self.asked_before if cleaned.get(_if(one))]
        if len(ticked) > 1:
            self.add_error(
                _if(ticked[1]), "A question can depend on one other question. Empty the ticks of all but one"
            )
        if ticked and "page" in cleaned and self.draft.page_of(ticked[0].key) >= cleaned["page"]:
            self.add_error(
                "page",
                f"Choose a page after that of “{ticked[0].text}”, on whose answer this question depends",
            )
        return cleaned

    def written(self, key: str) -> DraftQuestion:
        """The question as it was written, under that identity."""
        cleaned = self.cleaned_data
        lines = {one.name: one.options(cleaned) for one in self.lines}
        condition = next(
            (
                Condition(key=one.key, values=tuple(cleaned[_if(one)]))
                for one in self.asked_before
                if cleaned.get(_if(one))
            ),
            None,
        )
        more = cleaned.get("more_on")
        return DraftQuestion(
            key=key,
            kind=self.question.kind,
            text=cleaned["text"],
            hint=cleaned["hint"],
            required=cleaned["required"],
            options=lines.get("choice", ()),
            rows=lines.get("row", ()),
            ends=(cleaned["low"], cleaned["high"]) if "low" in cleaned else (),
            follow_up=FollowUp(on=more, text=cleaned["more_text"]) if more else None,
            shown_if=condition,
        )


class PublishForm(ChangeForm):
    """For each question in other words: a minor change, or another question now."""

    def __init__(self, changes: Changes, revision: int, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data, initial={"revision": revision})
        self.changes = changes
        for number, one in enumerate(changes.to_decide, start=1):
            self.fields[_same(one.new)] = forms.ChoiceField(
                label=f"Is question {number} of these still the same question?",
                choices=[
                    (MINOR, "A minor change: the trend goes on"),
                    (ANOTHER, "Another question now: a new trend begins"),
                ],
                widget=forms.RadioSelect,
                error_messages={"required": f"Say whether it is still the same question: {one.new.text}"},
            )

    @property
    def still_the_same(self) -> list[str]:
        """The identities of those whose change is minor."""
        return [one.new.key for one in self.changes.to_decide if self.cleaned_data[_same(one.new)] == MINOR]

    @property
    def decisions(self) -> list[dict[str, Any]]:
        """Each question to decide about, with its field."""
        return [{"reworded": one, "field": self[_same(one.new)]} for one in self.changes.to_decide]


def _named(title: str, kind: str) -> str:
    return f"{QuestionnaireKind(kind).label}: {title}"


def _in_one_line(words: str) -> str:
    return " ".join(words.split())


def _if(question: DraftQuestion) -> str:
    return f"if-{question.key}"


def _same(question: DraftQuestion) -> str:
    return f"same-{question.key}"


def _initial(question: DraftQuestion) -> dict[str, Any]:
    low, high = question.ends if len(question.ends) == 2 else ("", "")
    more, condition = question.follow_up, question.shown_if
    return {
        "text": question.text,
        "hint": question.hint,
        "required": question.required,
        "low": low,
        "high": high,
        "more_on": more.on if more else "",
        "more_text": more.text if more else "",
        **({f"if-{condition.key}": list(condition.values)} if condition else {}),
    }
