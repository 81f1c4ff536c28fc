"""Addresses of surveys, certificates and observations."""

from django.urls import path

from evaluations.views import (
    answering,
    certificates,
    desk,
    drafts,
    handed,
    observations,
    previews,
    questionnaires,
    supervision,
)
from partnership_portal.endings import sheet_path

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
    path("s/supervision-<str:token>/", supervision.linked, name="linked_supervision"),
    path("me/supervision/<int:pk>/", supervision.own, name="my_supervision"),
    path("desk/supervision/<int:pk>/", supervision.desk, name="desk_supervision"),
    path("me/certificates/<slug:number>.pdf", certificates.download, name="certificate"),
    path("s/certificate-<str:token>/", certificates.linked, name="linked_certificate"),
    path("s/certificate-<str:token>/certificate.pdf", certificates.linked_download, name="linked_download"),
    path("certificates/check/", certificates.check, name="check"),
    path("desk/certificates/", certificates.desk_list, name="certificates"),
    sheet_path("desk/certificates/export", certificates.desk_list_export, "certificates_export"),
    path("desk/certificates/<slug:number>/", certificates.desk_certificate, name="desk_certificate"),
    path("desk/surveys/", desk.surveys, name="surveys"),
    sheet_path("desk/surveys/export", desk.surveys_export, "surveys_export"),
    path("desk/surveys/<int:pk>/chase/", desk.chase_list, name="chase"),
    path("desk/questionnaires/", questionnaires.questionnaires, name="questionnaires"),
    path("desk/questionnaires/new/", questionnaires.questionnaire_new, name="questionnaire_new"),
    path("desk/questionnaires/<int:pk>/", questionnaires.questionnaire, name="questionnaire"),
    path(
        "desk/questionnaires/<int:pk>/courses/",
        questionnaires.questionnaire_courses,
        name="questionnaire_courses",
    ),
    path(
        "desk/questionnaires/<int:pk>/default/",
        questionnaires.questionnaire_default,
        name="questionnaire_default",
    ),
    path(
        "desk/questionnaires/<int:pk>/rename/",
        questionnaires.questionnaire_rename,
        name="questionnaire_rename",
    ),
    path(
        "desk/questionnaires/<int:pk>/retire/",
        questionnaires.questionnaire_retire,
        name="questionnaire_retire",
    ),
    path(
        "desk/questionnaires/<int:pk>/bring-back/",
        questionnaires.questionnaire_bring_back,
        name="questionnaire_bring_back",
    ),
    path("desk/questionnaires/<int:pk>/begin/", questionnaires.draft_begin, name="draft_begin"),
    path("desk/questionnaires/<int:pk>/discard/", questionnaires.draft_discard, name="draft_discard"),
    path("desk/questionnaires/<int:pk>/publish/", questionnaires.draft_publish, name="draft_publish"),
    path("desk/questionnaires/<int:pk>/preview/", previews.preview, name="preview"),
    path("desk/questionnaires/<int:pk>/preview/frame/", previews.preview_frame, name="preview_frame"),
    path("desk/questionnaires/<int:pk>/edit/", drafts.draft, name="draft"),
    path(
        "desk/questionnaires/<int:pk>/edit/introduction/",
        drafts.draft_introduction,
        name="draft_introduction",
    ),
    path("desk/questionnaires/<int:pk>/edit/pages/new/", drafts.draft_page_new, name="draft_page_new"),
    path("desk/questionnaires/<int:pk>/edit/pages/<int:page>/", drafts.draft_page, name="draft_page"),
    path(
        "desk/questionnaires/<int:pk>/edit/pages/<int:page>/remove/",
        drafts.draft_page_remove,
        name="draft_page_remove",
    ),
    path(
        "desk/questionnaires/<int:pk>/edit/pages/<int:page>/move/",
        drafts.draft_page_move,
        name="draft_page_move",
    ),
    path(
        "desk/questionnaires/<int:pk>/edit/pages/<int:page>/add/",
        drafts.draft_question_new,
        name="draft_question_new",
    ),
    path(
        "desk/questionnaires/<int:pk>/edit/questions/<slug:slug>/",
        drafts.draft_question,
        name="draft_question",
    ),
    path(
        "desk/questionnaires/<int:pk>/edit/questions/<slug:slug>/remove/",
        drafts.draft_question_remove,
        name="draft_question_remove",
    ),
    path(
        "desk/questionnaires/<int:pk>/edit/questions/<slug:slug>/move/",
        drafts.draft_question_move,
        name="draft_question_move",
    ),
    path("desk/sessions/<int:pk>/evaluation/", desk.session_evaluation, name="session_evaluation"),
    path("training/sessions/<int:pk>/evaluation/", desk.trainer_evaluation, name="trainer_evaluation"),
    path("s/learner-<str:token>/", handed.learner, name="learner"),
    path("training/sessions/<int:pk>/codes/", handed.codes, name="codes"),
    path("observations/", observations.observations, name="observations"),
    path("observations/<int:pk>/observe/", observations.observe, name="observe"),
]
