from django.urls import path

from notifications.views import messages, preferences, templates
from partnership_portal.endings import sheet_path

app_name = "notifications"
urlpatterns = [
    path("desk/messages/", messages.messages, name="messages"),
    sheet_path("desk/messages/export", messages.export, "export"),
    path("desk/messages/<int:pk>/", messages.message, name="message"),
    path("desk/messages/<int:pk>/let-go/", messages.let_message_go, name="let_go"),
    path("desk/messages/words/", templates.templates, name="templates"),
    path("desk/messages/words/<slug:purpose>/", templates.template, name="template"),
    path("desk/messages/words/<slug:purpose>/preview/", templates.template_preview, name="template_preview"),
    path("desk/messages/words/<slug:purpose>/html/", templates.template_html, name="template_html"),
    path("desk/messages/words/<slug:purpose>/own/", templates.template_reset, name="template_reset"),
    path("me/messages/", preferences.choices, name="choices"),
    path("s/stop-<str:token>/", preferences.stop, name="stop"),
]
