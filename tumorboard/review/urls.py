from django.urls import path

from tumorboard.review.views import figures, images, page, sources

app_name = "review"
urlpatterns = [
    path("cases/<uuid:uuid>/", page.case, name="case"),
    path("cases/<uuid:uuid>/timeline.json", page.timeline, name="timeline"),
    path("cases/<uuid:uuid>/figures/lab.json", figures.lab_figure, name="lab-figure"),
    path("cases/<uuid:uuid>/figures/wearable.json", figures.wearable_figure, name="wearable-figure"),
    path("cases/<uuid:uuid>/figures/survival.json", figures.survival_figure, name="survival-figure"),
    path(
        "cases/<uuid:uuid>/figures/contributions.json",
        figures.contribution_figure,
        name="contribution-figure",
    ),
    path("cases/<uuid:uuid>/figures/percentile.json", figures.percentile_figure, name="percentile-figure"),
    path("cases/<uuid:uuid>/score/opinion/", page.judge, name="judge-score"),
    path("cases/<uuid:uuid>/wearables/", figures.wearables, name="wearables"),
    path("cases/<uuid:uuid>/series/<slug:row_id>/stack.json", images.stack, name="stack"),
    path("cases/<uuid:uuid>/series/<slug:row_id>/key.webp", images.key_image, name="key-image"),
    path("cases/<uuid:uuid>/frames/<slug:row_id>", images.frame, name="frame"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/", sources.source, name="source"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/verify/", sources.verify, name="verify"),
    path("cases/<uuid:uuid>/source/<str:table>/<slug:row_id>/dispute/", sources.dispute, name="dispute"),
    path("cases/<uuid:uuid>/documents/<str:document_id>/", page.document, name="document"),
    path("cases/<uuid:uuid>/summary.pdf", page.summary, name="summary"),
    path("cases/<uuid:uuid>/draft/", page.draft, name="draft"),
    path("cases/<uuid:uuid>/slides/<slug:name>/", page.slide, name="slide"),
]
