"""Questions about surveys and certificates that join or add up; each only reads."""

from .certificates import Standing, standing
from .observations import CourseToObserve, courses_to_observe
from .sessions import QuestionResult, SessionResult, session_result
from .summaries import CourseEvaluation, EvaluationSummary, ImpactSummary, evaluation_summary, impact_summary
from .surveys import ToDo, response_rates, survey_of_link, to_do

__all__ = [
    "CourseEvaluation",
    "CourseToObserve",
    "EvaluationSummary",
    "ImpactSummary",
    "QuestionResult",
    "SessionResult",
    "Standing",
    "ToDo",
    "courses_to_observe",
    "evaluation_summary",
    "impact_summary",
    "response_rates",
    "session_result",
    "standing",
    "survey_of_link",
    "to_do",
]
