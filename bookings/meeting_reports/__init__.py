"""Reads the attendance reports of Microsoft Teams and Zoom, and finds out whom of a register they name.

Nothing here knows a model or writes a row: bytes in, facts out (``reading``), then findings (``matching``) and minutes
(``minutes``). Tables are read by their headings, never by position.
"""
