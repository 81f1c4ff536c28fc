"""Addresses of surveys, certificates and observations."""

from django.urls import path

from evaluations.views import answering, certificates, desk, handed, observations

app_name = "evaluations"
urlpatterns = [
    path("s/survey-<str:token>/", answering.linked_start, name="survey"),
    path("s/survey-<str:token>/<int:page>/", answering.linked_page, name="survey_page"),
    path("s/survey-<str:token>/check/", answering.linked_check, name="survey_check"),
    path("s/survey-<str:token>/sent/", answering.linked_sent, name="survey_sent"),
    path("me/surveys/", answering.own_list, name="my_surveys"),
    path("me/surveys/<int:pk>/", answering.own_start, name="my_survey"),
    path("me/surveys/<int:pk>/<int:page>/", answering.own_page, name="my_survey_page"),
    path("me/surveys/<int:pk>/check/", answering.own_check, name="my_survey_check"),
    path("me/surveys/<int:pk>/sent/", answering.own_sent, name="my_survey_sent"),
    path("me/certificates/<slug:number>.pdf", certificates.download, name="certificate"),
    path("s/certificate-<str:token>/", certificates.linked, name="linked_certificate"),
    path("s/certificate-<str:token>/certificate.pdf", certificates.linked_download, name="linked_download"),
    path("certificates/check/", certificates.check, name="check"),
    path("desk/certificates/", certificates.desk_list, name="certificates"),
    path("desk/certificates/export.xlsx", certificates.desk_list_export, name="certificates_export"),
    path("desk/certificates/<slug:number>/", certificates.desk_certificate, name="desk_certificate"),
    path("desk/surveys/", desk.surveys, name="surveys"),
    path("desk/surveys/export.xlsx", desk.surveys_export, name="surveys_export"),
    path("desk/surveys/<int:pk>/chase/", desk.chase_list, name="chase"),
    path("desk/sessions/<int:pk>/evaluation/", desk.session_evaluation, name="session_evaluation"),
    path("training/sessions/<int:pk>/evaluation/", desk.trainer_evaluation, name="trainer_evaluation"),
    path("s/learner-<str:token>/", handed.learner, name="learner"),
    path("training/sessions/<int:pk>/codes/", handed.codes, name="codes"),
    path("observations/", observations.observations, name="observations"),
    path("observations/<int:pk>/observe/", observations.observe, name="observe"),
]
