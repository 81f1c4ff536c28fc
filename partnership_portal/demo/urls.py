from django.urls import path

from partnership_portal.demo.views import clock, doors, mailbox, online

app_name = "demo"
urlpatterns = [
    path("", doors.doors, name="doors"),
    path("sign-in/", doors.sign_in, name="sign_in"),
    path("mailbox/", mailbox.mailbox, name="mailbox"),
    path("mailbox/<slug:name>/", mailbox.message, name="message"),
    path("mailbox/<slug:name>/html/", mailbox.message_html, name="message_html"),
    path("mailbox/<slug:name>/<int:number>/", mailbox.attachment, name="attachment"),
    path("meeting-report/<slug:slug>/", online.meeting_report, name="meeting_report"),
    path("clock/", clock.clock, name="clock"),
]
