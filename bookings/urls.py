"""Addresses of places: booking, one's bookings, registers and the desk's lists."""

from django.urls import path

from bookings.views import own

app_name = "bookings"
urlpatterns = [
    path("me/bookings/", own.mine, name="mine"),
    path("me/bookings/<int:pk>/", own.booking, name="booking"),
    path("me/bookings/<int:pk>/calendar.ics", own.calendar, name="calendar"),
    path("me/bookings/<int:pk>/cancel/", own.cancel, name="cancel"),
    path("me/bookings/<int:pk>/access-needs/", own.access_needs, name="access_needs"),
]
