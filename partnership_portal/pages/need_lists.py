"""One kind of thing that needs the team, as a list to filter, sort and download."""

from collections.abc import Sequence
from functools import cached_property

from django.http import HttpRequest, QueryDict
from django_filters import CharFilter

from partnership_portal.lists import ListFilter
from partnership_portal.pages.needs import MOST_LISTED, Row
from partnership_portal.tables import Column, ListSheet
from partnerships.models import Partnership


class NeedFilter(ListFilter):
    """Which of the things, and in which order; the most urgent come first, as each kind finds them.

    They are put into words one by one and are ``MOST_LISTED`` at most, so it is rows in memory that are sorted.
    """

    q = CharFilter(label="Contains", max_length=100, method="with_words")

    orders = {"urgency": ("urgency",), "title": ("title",)}
    first_order = "urgency"

    class Meta:
        model = Partnership
        fields: list[str] = []

    def __init__(self, data: QueryDict, rows: Sequence[Row], *, request: HttpRequest) -> None:
        super().__init__(data, Partnership.objects.none(), request=request)
        self.rows = rows

    @property
    def is_cut(self) -> bool:
        """Tell whether there may be more than are listed."""
        return len(self.rows) >= MOST_LISTED

    @cached_property
    def qs(self) -> list[Row]:
        """The rows that fit, in the order asked for."""
        rows = list(self.rows)
        for name, value in self.values.items():
            rows = self.filters[name].filter(rows, value)
        if self.order.endswith("title"):
            rows.sort(key=lambda row: row.title.lower())
        return rows[::-1] if self.order.startswith("-") else rows

    def with_words(self, rows: list[Row], name: str, words: str) -> list[Row]:
        """Those that show all words."""
        wanted = words.lower().split()
        return [row for row in rows if all(word in row.words.lower() for word in wanted)]


NEEDS_SHEET = ListSheet(
    "To settle",
    (Column("What", "title", 60), Column("More", "facts", 70, "; ".join), Column("State", "tag", 30)),
)
