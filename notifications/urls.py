from django.urls import path

from notifications import views

app_name = "notifications"
urlpatterns = [path("desk/messages/", views.messages, name="messages")]
