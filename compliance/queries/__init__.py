"""Questions about training: where people stand, what is on their record, what a period's report says."""

from .standing import (
    RequirementStanding,
    Standing,
    Status,
    standing_in,
    standing_of,
    standings_in,
    standings_of,
)

__all__ = [
    "RequirementStanding",
    "Standing",
    "Status",
    "standing_in",
    "standing_of",
    "standings_in",
    "standings_of",
]
