"""Charges: which a list shows, how they are filtered, and how they are written on paper."""
