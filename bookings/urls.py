"""Addresses of places: booking, one's bookings, registers and the desk's lists."""

from django.urls import path

from bookings.views import (
    approvals,
    book,
    check_in,
    decisions,
    desk,
    feeds,
    interest,
    links,
    moves,
    own,
    reconciliation,
    register,
    training,
    walk_ins,
)

app_name = "bookings"
urlpatterns = [
    path("sessions/<int:pk>/book/", book.book, name="book"),
    path("sessions/<int:pk>/book/for/", book.choose_person, name="choose_person"),
    path("sessions/<int:pk>/book/for/<int:person_pk>/", book.book_for, name="book_for"),
    path("me/bookings/", own.mine, name="mine"),
    path("me/bookings/<int:pk>/", own.booking, name="booking"),
    path("me/bookings/<int:pk>/calendar.ics", own.calendar, name="calendar"),
    path("me/bookings/<int:pk>/cancel/", own.cancel, name="cancel"),
    path("me/bookings/<int:pk>/access-needs/", own.access_needs, name="access_needs"),
    path("me/bookings/<int:pk>/offer/", own.offer, name="offer"),
    path("me/bookings/<int:pk>/coming/", own.coming, name="coming"),
    path("courses/<slug:slug>/tell-me/", interest.tell_me, name="tell_me"),
    path("approvals/", approvals.approvals, name="approvals"),
    path("approvals/<int:pk>/", approvals.approval, name="approval"),
    path("s/offer-<str:token>/", links.offer, name="offer_link"),
    path("s/coming-<str:token>/", links.coming, name="coming_link"),
    path("s/approval-<str:token>/", links.approval, name="approval_link"),
    path("me/calendar/", feeds.feeds, name="feeds"),
    path("calendar/<slug:secret>.ics", feeds.feed, name="feed"),
    path("training/", training.training, name="training"),
    path("training/sessions/<int:pk>/", training.training_session, name="training_session"),
    path("training/sessions/<int:pk>/register/<int:date_pk>/", register.register, name="register"),
    path("training/sessions/<int:pk>/register/<int:date_pk>/<int:booking_pk>/", register.times, name="times"),
    path("training/sessions/<int:pk>/register/<int:date_pk>/walk-in/", walk_ins.walk_in, name="walk_in"),
    path("training/sessions/<int:pk>/register/<int:date_pk>/sheet.pdf", register.sheet, name="sign_in_sheet"),
    path("training/sessions/<int:pk>/wall/<int:date_pk>/", check_in.wall, name="wall"),
    path("training/sessions/<int:pk>/register/<int:date_pk>/report/", reconciliation.report, name="report"),
    path(
        "training/sessions/<int:pk>/register/<int:date_pk>/report/who/", reconciliation.who, name="report_who"
    ),
    path(
        "training/sessions/<int:pk>/register/<int:date_pk>/report/marks/",
        reconciliation.marks,
        name="report_marks",
    ),
    path(
        "training/sessions/<int:pk>/register/<int:date_pk>/report/<int:report_pk>/remove/",
        reconciliation.remove,
        name="report_remove",
    ),
    path(
        "training/sessions/<int:pk>/register/<int:date_pk>/report/people/<int:entry_pk>/add/",
        reconciliation.add,
        name="report_add",
    ),
    path("check-in/<str:token>/", check_in.arrive, name="check_in"),
    path("checked-in/<int:date_pk>/", check_in.checked_in, name="checked_in"),
    path("desk/walk-ins/", walk_ins.walk_ins, name="walk_ins"),
    path("desk/walk-ins/<int:pk>/", walk_ins.settle, name="settle_walk_in"),
    path("s/move-<str:token>/", moves.move, name="move_link"),
    path("desk/sessions/decisions/", decisions.decisions, name="decisions"),
    path("desk/sessions/<int:pk>/decide/", decisions.decide, name="decide"),
    path("desk/sessions/<int:pk>/merge/", decisions.merge, name="merge"),
    path("desk/bookings/", desk.desk_bookings, name="desk_bookings"),
    path("desk/bookings/export.xlsx", desk.export, name="export"),
    path("desk/sessions/<int:pk>/bookings/", desk.desk_session, name="desk_session"),
]
