"""What people wrote, added up by themes and quoted where they agreed; worked out whenever somebody looks.

Tags change without an answer, and who takes consent back is quoted no more at the next look; a stored file is deleted.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, QuerySet

from evaluations.answering import REMOVED
from evaluations.disclosure import FEWEST, of_several, shown_of
from evaluations.kinds import QuestionKind, QuestionnaireKind
from evaluations.models import Answer, Invitation, Question, Quote
from evaluations.queries.blocks import asked_of_all
from evaluations.queries.free_texts import asked_in_words
from evaluations.quoting import quoted, stands_in

_SPEAKERS = {
    QuestionnaireKind.LINE_MANAGER: "a line manager",
    QuestionnaireKind.TRAINER_FEEDBACK: "a trainer",
    QuestionnaireKind.DIP_SAMPLE: "somebody who was rung",
}

_Which = tuple[str, str]


@dataclass(frozen=True)
class ThemeFigures:
    """How many answers to one question, or about one course, are about each theme.

    ``read`` is how many the counts are of, ``written`` how many there are; a count of None is not to be shown.
    """

    name: str
    kind: str
    written: int
    read: int
    counts: list[tuple[str, int | None]]


@dataclass(frozen=True)
class ReportedTheme:
    """In how many answers, at the least, and about how many sessions, people wrote about a theme."""

    theme: str
    answers: int
    sessions: int


@dataclass(frozen=True)
class ReportedThemes:
    """The themes of one question, of all courses or of one; ``read`` answers about ``sessions`` have been read."""

    kind: str
    name: str
    course: str
    read: int
    sessions: int
    themes: list[ReportedTheme]


@dataclass(frozen=True)
class Quotation:
    """Words that may be used, and as much about who wrote them as tells them from nobody."""

    quote: int
    answer: int
    words: str
    speaker: str
    course: str
    session: datetime | None


@dataclass
class _Read:
    """Answers to one question about one session: the themes of each, and those whose figures are the team's alone."""

    themes: list[list[str]]
    withheld: set[str]

    @property
    def number(self) -> int:
        return len(self.themes)

    @property
    def shown(self) -> dict[str, int | None]:
        """How many are about each theme, as others may see it; an answer may be about several."""
        counts = Counter(name for names in self.themes for name in names)
        found = [
            None if name in self.withheld else shown_of(count, self.number) for name, count in counts.items()
        ]
        return dict(zip(counts, of_several(found, self.number), strict=True))


def themes_by_question(invitations: QuerySet[Invitation], *, for_team: bool) -> list[ThemeFigures]:
    """The questions of which an answer is tagged, with their themes (four queries, for others two).

    To others than the team they are counted as choices are, of one session: of the answers with which its counts were
    closed (docs/analysis.md), once every one of them is read.
    """
    figures = _of_team(_written(invitations)) if for_team else _of_others(invitations)
    if not figures:
        return []
    words = _words_of({key for _, key in figures}, invitations)
    order = list(QuestionnaireKind.values)
    return [
        ThemeFigures(words.get((kind, key), key), QuestionnaireKind(kind).label, *figures[(kind, key)])
        for kind, key in sorted(figures, key=lambda one: (order.index(one[0]), words.get(one, one[1])))
    ]


def themes_by_course(invitations: QuerySet[Invitation]) -> list[ThemeFigures]:
    """The courses of the selection side by side, for the team (three queries); nothing where there is only one."""
    courses = _by(
        _written(invitations), "invitation__session__course_id", "invitation__session__course__title"
    )
    if len(courses) < 2:
        return []
    return [ThemeFigures(which[1], "", *courses[which]) for which in sorted(courses, key=lambda one: one[1])]


def quotations(chosen: QuerySet[Invitation], *, newest: int | None = None) -> list[Quotation]:
    """The quotes of a selection, in the order of the alphabet (two queries); of many, those marked last.

    Only of people whose answers count by now, whoever reads: no figure changes with a quote, so that none has to stay
    for others. Where fewer than five answered a survey about the session, it isn't named; nor the course, where fewer
    did about it; and where fewer did in the whole selection, nothing is quoted.
    """
    invitations: Any = chosen
    answered = invitations.that_count().filter(state=Invitation.State.ANSWERED).order_by()
    found = (
        Quote.objects.filter(answer__invitation__in=answered.values("pk"))
        .exclude(answer__invitation__quoting_agreed_at=None)
        .select_related("answer__invitation__session__course")
        .order_by("-marked_at", "-pk")
    )
    if not found:
        return []
    many: Counter[tuple[Any, ...]] = Counter()
    for kind, course, session, count in answered.values_list(
        "kind", "session__course_id", "session_id"
    ).annotate(n=Count("pk")):
        for place in ((kind,), (kind, "course", course), (kind, "session", session)):
            many[place] += count
    shown = []
    for one in found:
        asked = one.answer.invitation
        if many[(asked.kind,)] >= FEWEST:
            course = many[(asked.kind, "course", asked.session.course_id)] >= FEWEST
            session = many[(asked.kind, "session", asked.session_id)] >= FEWEST
            shown.append(
                Quotation(
                    one.pk,
                    one.answer_id,
                    quoted(one.answer.text, one.parts),
                    _SPEAKERS.get(QuestionnaireKind(asked.kind), "a learner"),
                    asked.session.course.title if course else "",
                    asked.session.starts_at if session else None,
                )
            )
    return sorted(shown[:newest], key=lambda one: one.words)


def reported_themes(invitations: QuerySet[Invitation]) -> list[ReportedThemes]:
    """Themes by question, of all courses and then of each, as a report may say them (three queries).

    Only what may be shown about a session by itself is added, and of a theme only sessions where five or more wrote
    about it: what is left when one figure is taken from another are such sessions again (docs/analysis.md).
    """
    whole = _read_whole(invitations)
    if not whole:
        return []
    words = _words_of({key for _, _, key in whole}, invitations)
    about = invitations.filter(session__in={session for session, _, _ in whole}).order_by()
    courses = dict(about.values_list("session_id", "session__course__title").distinct())
    sums: dict[tuple[str, str, str], list[_Read]] = defaultdict(list)
    for (session, kind, key), one in whole.items():
        for course in ("", courses[session]):
            sums[course, kind, key].append(one)
    order = list(QuestionnaireKind.values)
    found = [
        ReportedThemes(
            kind=QuestionnaireKind(kind).label,
            name=words.get((kind, key), key),
            course=course,
            read=sum(one.number for one in sessions),
            sessions=len(sessions),
            themes=_at_least(sessions),
        )
        for (course, kind, key), sessions in sorted(
            sums.items(), key=lambda one: (one[0][0], order.index(one[0][1]), one[0][2])
        )
    ]
    return [one for one in found if one.themes]


def reported_from(kept: Iterable[Mapping[str, Any]]) -> list[ReportedThemes]:
    """Read themes back from the JSON of a report."""
    return [
        ReportedThemes(**{**one, "themes": [ReportedTheme(**theme) for theme in one["themes"]]})
        for one in kept
    ]


def quoted_now(quotes: Iterable[int], *, hold: bool = False) -> dict[int, str]:
    """In which words each of these quotes may be used now; without those that may not be used any more (one query).

    Held until the transaction ends where asked, in the order of their keys.
    """
    invitations: Any = Invitation.objects.filter(answers__quote__in=set(quotes))
    found = Quote.objects.filter(
        pk__in=set(quotes), answer__invitation__in=invitations.that_count().values("pk")
    )
    if hold:
        found = found.select_for_update(of=("self",))
    return {
        one.pk: quoted(one.answer.text, one.parts) for one in found.select_related("answer").order_by("pk")
    }


def still_written(said: Iterable[tuple[int, str]]) -> set[tuple[int, str]]:
    """Those of these answers and quotes from them whose words still stand in the answer (one query)."""
    asked = set(said)
    texts = dict(Answer.objects.filter(pk__in={answer for answer, _ in asked}).values_list("pk", "text"))
    return {(answer, words) for answer, words in asked if stands_in(words, texts.get(answer, ""))}


def _at_least(sessions: Sequence[_Read]) -> list[ReportedTheme]:
    """How many answers are about each theme, of the sessions where five or more are and that may be shown."""
    shown: dict[str, list[int]] = defaultdict(list)
    for one in sessions:
        for theme, count in one.shown.items():
            if count is not None and count >= FEWEST:
                shown[theme].append(count)
    themes = [ReportedTheme(theme, sum(counts), len(counts)) for theme, counts in shown.items()]
    return sorted(themes, key=lambda one: (-one.answers, one.theme))


def _texts(invitations: QuerySet[Invitation]) -> QuerySet[Answer]:
    answered = invitations.filter(state=Invitation.State.ANSWERED).order_by()
    texts = Answer.objects.filter(invitation__in=answered.values("pk")).exclude(text="").order_by()
    return texts.exclude(question__kind=QuestionKind.DATE)


def _written(invitations: QuerySet[Invitation]) -> QuerySet[Answer]:
    return _texts(invitations).exclude(text=REMOVED)


def _of_team(written: QuerySet[Answer]) -> dict[_Which, tuple[int, int, list[tuple[str, int | None]]]]:
    return _by(written, "invitation__kind", "question__key")


def _by(written: QuerySet[Answer], *paths: str) -> dict[Any, tuple[int, int, list[tuple[str, int | None]]]]:
    """Of each group how many wrote, how many of these answers are read, and the themes; only where any is tagged.

    Of what is tagged first, since there may be none, and there is much less of it than is written.
    """
    tagged = written.filter(theme_tags__isnull=False).order_by()
    themes: dict[Any, list[tuple[str, int | None]]] = defaultdict(list)
    for *which, theme, count in tagged.values_list(*paths, "theme_tags__theme__name").annotate(n=Count("pk")):
        themes[tuple(which)].append((theme, count))
    if not themes:
        return {}
    read = _counted(tagged.values_list(*paths).annotate(n=Count("pk", distinct=True)))
    wrote = _counted(written.order_by().values_list(*paths).annotate(n=Count("pk")))
    return {
        which: (wrote[which], read[which], _largest_first(themes[which]))
        for which in wrote
        if which in themes
    }


def _counted(rows: Iterable[Sequence[Any]]) -> dict[Any, int]:
    return {tuple(which): count for *which, count in rows}


def _of_others(
    invitations: QuerySet[Invitation],
) -> dict[_Which, tuple[int, int, list[tuple[str, int | None]]]]:
    """The same of one session, as others may see it."""
    return {
        (kind, key): (one.number, one.number, _largest_first(list(one.shown.items())))
        for (_, kind, key), one in _read_whole(invitations).items()
    }


def _read_whole(invitations: QuerySet[Invitation]) -> dict[tuple[int, str, str], _Read]:
    """By session and question, what others than the team may have figures of.

    An answer without a theme hides the figures of its question, also one whose words were taken out: without it they
    would differ by one. What only some were asked to write is the team's alone: how many wrote would tell what they had
    chosen before.
    """
    closed = asked_of_all(_texts(invitations)).filter(invitation__choices_counted_at__isnull=False)
    # What is written beside a yes or a no is written by those who said it.
    closed = closed.exclude(question__kind=QuestionKind.YES_NO)
    found: dict[tuple[int, str, str], _Read] = defaultdict(lambda: _Read([], set()))
    themes: dict[int, list[str]] = {}
    where = ("invitation__session_id", "invitation__kind", "question__key")
    rows = closed.values_list(*where, "pk", "theme_tags__theme__name", "theme_tags__is_withheld")
    for session, kind, key, pk, name, is_withheld in rows:
        about = found[session, kind, key]
        if pk not in themes:
            about.themes.append(themes.setdefault(pk, []))
        if name is not None:
            themes[pk].append(name)
        if is_withheld:
            about.withheld.add(name)
    return {which: one for which, one in found.items() if one.number >= FEWEST and all(one.themes)}


def _largest_first(counts: Sequence[tuple[str, int | None]]) -> list[tuple[str, int | None]]:
    return sorted(counts, key=lambda one: (-(one[1] or 0), one[0]))


def _words_of(keys: set[str], invitations: QuerySet[Invitation]) -> dict[_Which, str]:
    """Each question in its newest words."""
    versions = invitations.order_by().values("version")
    asked = Question.objects.filter(version__in=versions, key__in=keys).select_related(
        "version__questionnaire"
    )
    return {
        (one.version.questionnaire.kind, one.key): asked_in_words(one)
        for one in asked.order_by("version__published_at", "version_id")
    }
