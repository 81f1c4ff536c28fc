"""Questions about surveys and certificates that join or add up; each only reads."""

from .certificates import Checked, checked, initials
from .observations import CourseToObserve, courses_to_observe
from .summaries import CourseEvaluation, EvaluationSummary, ImpactSummary, evaluation_summary, impact_summary
from .surveys import ToDo, course_rates, response_rates, survey_of_link, to_do

__all__ = [
    "Checked",
    "CourseEvaluation",
    "CourseToObserve",
    "EvaluationSummary",
    "ImpactSummary",
    "ToDo",
    "checked",
    "course_rates",
    "courses_to_observe",
    "evaluation_summary",
    "impact_summary",
    "initials",
    "response_rates",
    "survey_of_link",
    "to_do",
]
