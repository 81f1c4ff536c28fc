"""Refusals that know which field of a form they are about."""

from partnerships.errors import DomainError


class PlanRefused(DomainError):
    """A course, session or venue can't be like this."""
