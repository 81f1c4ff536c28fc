"""What: the programme of courses, what each group requires, and the sessions with their dates and trainers."""

from .course import Course, CourseGroup, Priority
from .requirement import Requirement, RequirementOption
from .session import Session, SessionDate, SessionTrainer, Venue

__all__ = [
    "Course",
    "CourseGroup",
    "Priority",
    "Requirement",
    "RequirementOption",
    "Session",
    "SessionDate",
    "SessionTrainer",
    "Venue",
]
