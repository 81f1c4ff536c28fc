"""The answers of a response as rows: kept, taken back, and forgotten where they are not asked for any more."""

from collections.abc import Iterable, Mapping
from typing import Any

from evaluations.answering import Response, Value, WithWords, asked, codes_in, readable, value_of
from evaluations.models import Question
from partnerships.errors import DomainError


def keep_answers(response: Response, answers: Mapping[str, Value]) -> None:
    """Keep answers by question key; an empty one takes back what was there. The caller holds the response's lock.

    Refuses numbers out of range, choices that are not offered, and questions that the form does not have.
    """
    questions = {question.key: question for question in response.version.questions.all()}
    if set(answers) - set(questions):
        raise DomainError("This form has changed. Open it again from the start.")
    given = {questions[key]: readable(questions[key], value) for key, value in answers.items()}
    _keep(response, {question: value for question, value in given.items() if value is not None})
    _take_back(response, [question for question, value in given.items() if value is None])


def forget_what_is_not_asked(response: Response) -> None:
    """Take back answers to questions that what was answered later has taken out."""
    answers = list(response.answers.select_related("question"))
    given = {one.question.key: value_of(one) for one in answers}
    left = {one.pk for one in asked(response.version.questions.all(), given)}
    _take_back(response, [one.question for one in answers if one.question_id not in left])


def _keep(response: Response, given: Mapping[Question, Value]) -> None:
    of_response: Any = response.answers
    of_response.model.objects.bulk_create(
        [
            of_response.model(
                partnership=response.partnership,
                **{of_response.field.name: response},
                question=question,
                number=value if isinstance(value, int) else None,
                text=value.text if isinstance(value, WithWords) else value if isinstance(value, str) else "",
                chosen=codes_in(value) if isinstance(value, list | WithWords) else [],
            )
            for question, value in given.items()
        ],
        update_conflicts=True,
        unique_fields=["partnership", of_response.field.name, "question"],
        update_fields=["number", "text", "chosen"],
    )


def _take_back(response: Response, questions: Iterable[Question]) -> None:
    response.answers.filter(question__in=list(questions)).delete()
