from django.urls import path

from partnerships.views import frame

app_name = "partnerships"
urlpatterns = [
    path("colours.css", frame.colours, name="colours"),
]
