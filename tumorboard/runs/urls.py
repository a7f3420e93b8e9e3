from django.urls import path

from tumorboard.runs import access_log, extract_views, model_views, trial_views, views

app_name = "runs"
urlpatterns = [
    path("", views.console, name="console"),
    path("health/", views.health, name="health"),
    path("ingests/", views.ingest_list, name="ingests"),
    path("ingests/<uuid:uuid>/", views.ingest, name="ingest"),
    path("quarantine/", views.quarantine_page, name="quarantine"),
    path("quarantine/settle/", views.settle, name="settle"),
    path("jobs/", views.job_list, name="jobs"),
    path("jobs/<uuid:uuid>/", views.job, name="job"),
    path("jobs/<uuid:uuid>/retry/", views.retry, name="retry"),
    path("runs/<uuid:uuid>/", views.run_of, name="run"),
    path("lineage/", views.lineage, name="lineage"),
    path("audit/", access_log.audit, name="audit"),
    path("audit/export/", access_log.export, name="audit_export"),
    path("audit/verify/", access_log.verify, name="verify"),
    path("models/", model_views.model_list, name="models"),
    path("models/<uuid:uuid>/", model_views.card, name="model"),
    path("models/<uuid:uuid>/checkpoints/", model_views.checkpoints, name="model-checkpoints"),
    path("models/<uuid:uuid>/sign/", model_views.sign, name="model-sign"),
    path("models/<uuid:uuid>/stop/", model_views.stop, name="model-stop"),
    path("models/<uuid:uuid>/drift/", model_views.drift, name="model-drift"),
    path("models/<uuid:uuid>/settle/", model_views.settle, name="model-settle"),
    path("models/<uuid:uuid>/groups/", model_views.bias, name="model-bias"),
    path("models/<uuid:uuid>/inventory/", model_views.inventory, name="model-inventory"),
    path("models/<uuid:uuid>/figures/<slug:name>.json", model_views.model_figure, name="model-figure"),
    path("trials/<str:trial_id>/propose/", trial_views.propose, name="propose"),
    path("trials/drafts/<uuid:uuid>/review/", trial_views.review_draft, name="review-draft"),
    path("cases/<uuid:uuid>/screen/", views.screen, name="screen"),
    path("cases/<uuid:uuid>/progress/", views.progress, name="progress"),
    path("extracts/", extract_views.extracts, name="extracts"),
    path("extracts/<uuid:uuid>/", extract_views.extract, name="extract"),
    path("extracts/<uuid:uuid>/file/", extract_views.take, name="take_extract"),
]
