"""The scheduled jobs, in the order in which they run.

A job takes the partnership and the moment to act as of, and finds by itself what is still to be done: it may run
twice, at the same time, late, or be killed in between.
"""

from collections.abc import Callable
from datetime import datetime

from partnerships.models import Partnership

Job = Callable[[Partnership, datetime], None]

JOBS: dict[str, dict[str, Job]] = {
    "frequent": {},
    "daily": {},
}
