from django.urls import path

from compliance.views import exemptions, people, record, reports, subgroup
from partnership_portal.endings import report_path, sheet_path

app_name = "compliance"
urlpatterns = [
    path("me/record/", record.record, name="record"),
    sheet_path("me/record/training-record", record.record_file, "record_file"),
    path("me/record/add/", record.training_add, name="training_add"),
    path("me/record/<int:pk>/withdraw/", record.training_withdraw, name="training_withdraw"),
    path("team/", people.team, name="team"),
    path("team/people/<int:pk>/", people.team_person, name="team_person"),
    path("organisation/", people.organisation, name="organisation"),
    sheet_path("organisation/people", people.organisation_file, "organisation_file"),
    path("organisation/people/<int:pk>/", people.organisation_person, name="organisation_person"),
    path("organisation/training/add/", people.organisation_training, name="organisation_training"),
    path("organisation/memberships/<int:pk>/exemptions/add/", exemptions.exemption_add, name="exemption_add"),
    path("organisation/exemptions/<int:pk>/end/", exemptions.exemption_end, name="exemption_end"),
    path("desk/reports/", reports.reports, name="reports"),
    path("desk/reports/<int:pk>/", reports.report, name="desk_report"),
    path("desk/reports/<int:pk>/publish/", reports.report_publish, name="report_publish"),
    path("subgroup/", subgroup.subgroup, name="subgroup"),
    path("subgroup/figures/", subgroup.live, name="live"),
    path("subgroup/reports/<int:pk>/", subgroup.report, name="report"),
    report_path("subgroup/reports/<int:pk>/report", subgroup.report_file, "report_file"),
]
