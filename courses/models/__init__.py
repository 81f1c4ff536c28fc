"""What: the programme of courses, what each group requires, and the sessions with their dates and trainers."""

from .agreement import Agreement
from .course import Course, CourseGroup, CourseSector, Priority
from .programme_copy import ProgrammeCopy
from .requirement import Requirement, RequirementOption
from .school_holiday import SchoolHoliday
from .session import Session, SessionDate, SessionTrainer, Venue
from .task import CourseTask

__all__ = [
    "Agreement",
    "Course",
    "CourseGroup",
    "CourseSector",
    "CourseTask",
    "Priority",
    "ProgrammeCopy",
    "Requirement",
    "RequirementOption",
    "SchoolHoliday",
    "Session",
    "SessionDate",
    "SessionTrainer",
    "Venue",
]
