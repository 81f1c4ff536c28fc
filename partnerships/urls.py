from django.urls import path

from partnership_portal.endings import sheet_path
from partnerships.views import details, frame, joining, organisations, people, strategy, trail

app_name = "partnerships"
urlpatterns = [
    path("colours.css", frame.colours, name="colours"),
    path("strategy/", strategy.strategy, name="strategy"),
    path("join/", joining.join, name="join"),
    path("join/claim/", joining.claim, name="claim"),
    path("join/<int:pk>/", joining.join_organisation, name="join_organisation"),
    path("organisation/requests/", joining.join_requests, name="join_requests"),
    sheet_path("organisation/requests/export", joining.join_requests_export, "join_requests_export"),
    path("organisation/requests/<int:pk>/", joining.join_request, name="join_request"),
    path("me/details/", details.details, name="details"),
    path("me/details/contact/", details.contact, name="contact"),
    path("me/details/job/<int:pk>/", details.job, name="job"),
    path("desk/people/", people.people, name="people"),
    sheet_path("desk/people/export", people.people_export, "people_export"),
    path("desk/people/add/", people.add, name="person_add"),
    path("desk/people/<int:pk>/", people.person, name="person"),
    path("desk/people/<int:pk>/change/", people.change, name="person_change"),
    path("desk/memberships/<int:pk>/", people.membership, name="membership"),
    path("desk/memberships/<int:pk>/roles/", people.grant, name="role_grant"),
    path("desk/memberships/<int:pk>/roles/<slug:role>/", people.revoke, name="role_revoke"),
    path("desk/memberships/<int:pk>/end/", people.end, name="membership_end"),
    path("desk/organisations/", organisations.organisations, name="organisations"),
    sheet_path("desk/organisations/export", organisations.organisations_export, "organisations_export"),
    path("desk/organisations/add/", organisations.add, name="organisation_add"),
    path("desk/organisations/<int:pk>/", organisations.change, name="organisation_change"),
    path("desk/requests/", joining.join_requests, name="desk_requests"),
    path("desk/audit/", trail.audit_trail, name="audit"),
]
