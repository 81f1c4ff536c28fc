"""What a browser posts on the desk's forms about sessions."""


def dates(*rows):
    """The dates: day, start, end of each row, the rest empty."""
    data = {"dates-TOTAL_FORMS": "4", "dates-INITIAL_FORMS": "0"}
    for number in range(4):
        day, start, end = rows[number] if number < len(rows) else (None, "", "")
        data |= {f"dates-{number}-start": start, f"dates-{number}-end": end}
        for part in ("day", "month", "year"):
            data[f"dates-{number}-day_{part}"] = str(getattr(day, part)) if day else ""
    return data


def session_data(course, venue, /, *rows, **changes):
    """A whole session with these dates."""
    data = {"course": course.pk, "venue": venue.pk, "joining_link": "", "capacity": "20", "minimum": "0"}
    return {**data, "joining_instructions": "", **dates(*rows), **changes}
