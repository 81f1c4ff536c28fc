from django.urls import path, register_converter

from compliance.views import people, record, reports, subgroup
from partnership_portal.endings import sheet_path


class EndingConverter:
    """The ending of a report."""

    regex = "pdf|xlsx"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(EndingConverter, "ending")

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
    path("desk/reports/", reports.reports, name="reports"),
    path("desk/reports/<int:pk>/", reports.report, name="desk_report"),
    path("desk/reports/<int:pk>/publish/", reports.report_publish, name="report_publish"),
    path("subgroup/", subgroup.subgroup, name="subgroup"),
    path("subgroup/reports/<int:pk>/", subgroup.report, name="report"),
    path("subgroup/reports/<int:pk>/report.<ending:ending>", subgroup.report_file, name="report_file"),
]
