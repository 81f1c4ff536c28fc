"""Questions about surveys and certificates that join or add up; each only reads."""

from .summaries import CourseEvaluation, EvaluationSummary, ImpactSummary, evaluation_summary, impact_summary

__all__ = [
    "CourseEvaluation",
    "EvaluationSummary",
    "ImpactSummary",
    "evaluation_summary",
    "impact_summary",
]
