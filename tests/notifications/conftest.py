from tests.bookings.conftest import book, now

__all__ = ["book", "now"]
