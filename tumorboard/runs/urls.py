from django.urls import path

from tumorboard.runs import views

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
    path("tables/", views.table_list, name="tables"),
    path("tables/<str:name>/", views.table, name="table"),
    path("lineage/", views.lineage, name="lineage"),
    path("audit/", views.audit, name="audit"),
    path("audit/verify/", views.verify, name="verify"),
    path("models/", views.model_list, name="models"),
    path("cases/<uuid:uuid>/screen/", views.screen, name="screen"),
    path("cases/<uuid:uuid>/progress/", views.progress, name="progress"),
]
