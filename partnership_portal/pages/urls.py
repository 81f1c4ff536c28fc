from django.urls import path

from partnership_portal.endings import sheet_path
from partnership_portal.pages import views

app_name = "pages"
urlpatterns = [
    path("", views.partnership_home, name="home"),
    path("me/", views.my_page, name="me"),
    path("desk/", views.desk, name="desk"),
    path("desk/needs/<slug:name>/", views.desk_need, name="desk_need"),
    sheet_path("desk/needs/<slug:name>/export", views.desk_need_export, "desk_need_export"),
]
