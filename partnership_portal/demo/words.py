"""What people of the demonstration answer: plausible, varied, and about nobody."""

from collections.abc import Iterable
from datetime import date, timedelta
from random import Random
from typing import Any

from evaluations.answering import SCALE, asked
from evaluations.kinds import QuestionKind
from evaluations.models import Question

_TEXTS = {
    "pledge": (
        "I will ask what life is like for the child on an ordinary day, and write it down in their words.",
        "Use the threshold document before I ring the front door, and tell the family first.",
        "Bring the chronology to supervision every time instead of only when I worry.",
        "Challenge when a case is closed too early and follow the escalation policy.",
        "Share the seven-minute briefing with my team on Monday.",
        "Check that fathers and partners are in the assessment.",
    ),
    "practice": (
        "I now write a short plan with the family at the first visit.",
        "We review neglect cases with the tool in group supervision.",
        "I contact the school before the meeting and not after it.",
        "I no longer accept ‘disengaged’ as a reason to close.",
    ),
    "child": (
        "A child is back in nursery four mornings a week because three of us talked to each other.",
        "It is too early to say.",
        "A teenager has one worker to talk to instead of five.",
        "Home conditions were better at the last visit and the health appointments were kept.",
    ),
    "stopped_more": ("Caseload.", "The new system is not in use yet.", "Waiting for my manager’s agreement."),
    "access_better": ("The captions came late.", "A table nearer to the door, please."),
    "hope": (
        "Know when to worry about neglect and when to help.",
        "Write referrals that are understood at the front door.",
        "Talk about it with a family without losing them.",
    ),
    "strengths": (
        "The case study made people from different organisations talk to each other.",
        "Objectives were clear and came back at the end.",
    ),
    "actions": ("Nothing.", "Say at the beginning where to find support.", "Leave more time for questions."),
    "materials_work": ("The slide on thresholds is last year’s.", "The contact list is out of date."),
    "comments": (
        "Excellent mix of organisations at the tables.",
        "A little more time for the case study would help.",
        "The room was cold, the course was not.",
        "Please offer this in the evening for volunteers.",
    ),
    "example": (
        "She led the team around the family meeting herself for the first time.",
        "His records say much more clearly what the child says.",
    ),
}
_ANYTHING = ("It went well.", "Nothing to add.", "More of the same, please.")


class Voice:
    """Answers one questionnaire in one mood, on one day."""

    def __init__(self, random: Random, day: date) -> None:
        self.random, self.day = random, day
        self.before = random.randint(2, 6)
        self.mood = random.choice((3, 4, 4, 5, 5))

    def answers(self, questions: Iterable[Question]) -> list[tuple[Question, dict[str, Any]]]:
        """The questions answered, each with the answer's fields; those that depend on others only where asked."""
        given: dict[str, dict[str, Any]] = {}
        for question in (questions := list(questions)):
            codes = {key: answer.get("chosen", []) for key, answer in given.items()}
            if question in asked(questions, codes) and (answer := self._answer(question)):
                given[question.key] = answer
        return [(question, given[question.key]) for question in questions if question.key in given]

    def _answer(self, question: Question) -> dict[str, Any] | None:
        """The answer's fields, or nothing where an optional question is passed over."""
        if not question.is_required and self.random.random() < 0.55:
            return None
        match question.kind:
            case QuestionKind.CONFIDENCE:
                gain = 0 if question.key.endswith("before") else self.random.randint(1, 4)
                return {"number": min(10, self.before + gain)}
            case QuestionKind.SCALE:
                return {"number": max(1, min(5, self.mood + self.random.choice((-1, 0, 0, 1))))}
            case QuestionKind.MATRIX:
                low = self.random.choice((1, 2, 2, 3))
                marks = [min(SCALE[-1], low + 2 * place) for place in range(len(question.rows))]
                rows = zip(question.rows, marks, strict=True)
                return {"chosen": [f"{row['value']}:{mark}" for row, mark in rows]}
            case QuestionKind.DATE:
                return {"text": (self.day + timedelta(days=self.random.randint(14, 90))).isoformat()}
            case QuestionKind.YES_NO if question.follow_up:
                # What is asked beside the answer would need words of its own.
                return {"chosen": ["no" if question.follow_up["on"] == "yes" else "yes"]}
            case QuestionKind.YES_NO:
                return {"chosen": [self.random.choice(("yes", "yes", "yes", "no"))]}
            case QuestionKind.CHOICE:
                codes = [option["value"] for option in question.options]
                return {"chosen": [self.random.choice([codes[0], codes[0], *codes[:3]])]}
            case QuestionKind.CHOICES:
                codes = [option["value"] for option in question.options]
                chosen = set(self.random.sample(codes, k=min(2, len(codes))))
                return {"chosen": [code for code in codes if code in chosen]}
            case _:
                return {"text": self.random.choice(_TEXTS.get(question.key, _ANYTHING))}
