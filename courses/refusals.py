"""Refusals that know which field of a form they are about."""

from partnerships.errors import DomainError


class PlanRefused(DomainError):
    """A course, session or venue can't be like this; ``field`` names what to put right."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
