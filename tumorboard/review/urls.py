from django.urls import path

from tumorboard.review import views

app_name = "review"
urlpatterns = [
    path("cases/<uuid:uuid>/", views.case, name="case"),
    path("cases/<uuid:uuid>/trials/", views.trials, name="trials"),
    path("cases/<uuid:uuid>/timeline.json", views.timeline, name="timeline"),
    path("cases/<uuid:uuid>/figures/lab.json", views.lab_figure, name="lab-figure"),
    path("cases/<uuid:uuid>/figures/wearable.json", views.wearable_figure, name="wearable-figure"),
    path("cases/<uuid:uuid>/figures/survival.json", views.survival_figure, name="survival-figure"),
    path(
        "cases/<uuid:uuid>/figures/contributions.json", views.contribution_figure, name="contribution-figure"
    ),
    path("cases/<uuid:uuid>/wearables/", views.wearables, name="wearables"),
    path("cases/<uuid:uuid>/series/<slug:row_id>/stack.json", views.stack, name="stack"),
    path("cases/<uuid:uuid>/series/<slug:row_id>/key.webp", views.key_image, name="key-image"),
    path("cases/<uuid:uuid>/frames/<slug:row_id>", views.frame, name="frame"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/", views.source, name="source"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/verify/", views.verify, name="verify"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/dispute/", views.dispute, name="dispute"),
    path("cases/<uuid:uuid>/documents/<str:document_id>/", views.document, name="document"),
    path("cases/<uuid:uuid>/summary.pdf", views.summary, name="summary"),
    path("cases/<uuid:uuid>/draft/", views.draft, name="draft"),
    path("cases/<uuid:uuid>/slides/<slug:name>/", views.slide, name="slide"),
]
