"""Addresses of what can be downloaded as a spreadsheet or as CSV."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path, register_converter


class SheetEndingConverter:
    """The ending of a file of rows."""

    regex = "xlsx|csv"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(SheetEndingConverter, "sheet")


def sheet_path(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """The two addresses of a download, whose view is given the ending."""
    return path(f"{route}.<sheet:ending>", view, name=name)
