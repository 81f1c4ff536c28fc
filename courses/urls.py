from django.urls import path

from courses.views import (
    catalogue,
    desk_agreements,
    desk_copies,
    desk_courses,
    desk_series,
    desk_sessions,
    school_holidays,
)

app_name = "courses"
urlpatterns = [
    path("courses/", catalogue.catalogue, name="catalogue"),
    path("courses/<slug:slug>/", catalogue.course, name="course"),
    path("sessions/<int:pk>/", catalogue.session, name="session"),
    path("desk/courses/", desk_courses.course_list, name="desk_courses"),
    path("desk/courses/new/", desk_courses.course_new, name="desk_course_new"),
    path("desk/courses/<slug:slug>/", desk_courses.course_edit, name="desk_course"),
    path("desk/courses/<slug:slug>/publish/", desk_courses.course_publish, name="desk_course_publish"),
    path("desk/courses/<slug:slug>/archive/", desk_courses.course_archive, name="desk_course_archive"),
    path("desk/sessions/", desk_sessions.session_list, name="desk_sessions"),
    path("desk/sessions/new/", desk_sessions.session_new, name="desk_session_new"),
    path("desk/sessions/series/", desk_series.series_new, name="desk_series_new"),
    path("desk/sessions/next-year/", desk_copies.year_copy, name="desk_year_copy"),
    path("desk/sessions/next-year/<int:pk>/", desk_copies.year_progress, name="desk_year_progress"),
    path("desk/sessions/<int:pk>/duplicate/", desk_copies.session_duplicate, name="desk_session_duplicate"),
    path("desk/sessions/<int:pk>/", desk_sessions.session_edit, name="desk_session"),
    path("desk/sessions/<int:pk>/publish/", desk_sessions.session_publish, name="desk_session_publish"),
    path("desk/sessions/<int:pk>/cancel/", desk_sessions.session_cancel, name="desk_session_cancel"),
    path("desk/school-holidays/", school_holidays.holiday_list, name="desk_holidays"),
    path("desk/school-holidays/new/", school_holidays.holiday_new, name="desk_holiday_new"),
    path("desk/school-holidays/<int:pk>/", school_holidays.holiday_edit, name="desk_holiday"),
    path("desk/school-holidays/<int:pk>/remove/", school_holidays.holiday_remove, name="desk_holiday_remove"),
    path("desk/venues/", desk_courses.venue_list, name="desk_venues"),
    path("desk/venues/new/", desk_courses.venue_new, name="desk_venue_new"),
    path("desk/venues/<int:pk>/", desk_courses.venue_edit, name="desk_venue"),
    path("desk/agreements/", desk_agreements.agreement_list, name="desk_agreements"),
    path("desk/agreements/new/", desk_agreements.agreement_new, name="desk_agreement_new"),
    path("desk/agreements/<int:pk>/", desk_agreements.agreement_edit, name="desk_agreement"),
]
