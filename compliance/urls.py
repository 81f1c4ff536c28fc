from django.urls import path, register_converter

from compliance.views import people, record, reports, subgroup


class EndingConverter:
    """The ending of a file that can be downloaded."""

    regex = "pdf|xlsx|csv"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(EndingConverter, "ending")

app_name = "compliance"
urlpatterns = [
    path("me/record/", record.record, name="record"),
    path("me/record/training-record.<ending:ending>", record.record_file, name="record_file"),
    path("me/record/add/", record.training_add, name="training_add"),
    path("me/record/<int:pk>/withdraw/", record.training_withdraw, name="training_withdraw"),
    path("team/", people.team, name="team"),
    path("team/people/<int:pk>/", people.team_person, name="team_person"),
    path("organisation/", people.organisation, name="organisation"),
    path("organisation/people.xlsx", people.organisation_file, name="organisation_file"),
    path("organisation/people/<int:pk>/", people.organisation_person, name="organisation_person"),
    path("organisation/training/add/", people.organisation_training, name="organisation_training"),
    path("desk/reports/", reports.reports, name="reports"),
    path("desk/reports/<int:pk>/", reports.report, name="desk_report"),
    path("desk/reports/<int:pk>/publish/", reports.report_publish, name="report_publish"),
    path("subgroup/", subgroup.subgroup, name="subgroup"),
    path("subgroup/reports/<int:pk>/", subgroup.report, name="report"),
    path("subgroup/reports/<int:pk>/report.<ending:ending>", subgroup.report_file, name="report_file"),
]
