"""Addresses of what can be downloaded: rows as a spreadsheet or as CSV, a report as a document or a spreadsheet."""

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


class ReportEndingConverter(SheetEndingConverter):
    """The ending of a report."""

    regex = "pdf|xlsx"


register_converter(SheetEndingConverter, "sheet")
register_converter(ReportEndingConverter, "report")


def sheet_path(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """The two addresses of a download, whose view is given the ending."""
    return path(f"{route}.<sheet:ending>", view, name=name)


def report_path(route: str, view: Callable[..., Any], name: str) -> URLPattern:
    """The two addresses of a report's files, whose view is given the ending."""
    return path(f"{route}.<report:ending>", view, name=name)
