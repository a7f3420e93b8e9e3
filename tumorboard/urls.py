from django.contrib import admin
from django.urls import include, path

from tumorboard.runs.health import healthz

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("", include("tumorboard.cases.urls")),
    path("", include("tumorboard.accounts.urls")),
    path("", include("tumorboard.review.urls")),
    path("", include("tumorboard.screening.urls")),
    path("boards/", include("tumorboard.boards.urls")),
    path("meetings/", include("tumorboard.meetings.urls")),
    path("console/", include("tumorboard.runs.urls")),
    path("console/governance/", include("tumorboard.governance.urls")),
    path("", include("tumorboard.ui.urls")),
    path("admin/", admin.site.urls),
]

handler400 = "tumorboard.ui.views.bad_request"
handler403 = "tumorboard.ui.views.forbidden"
handler404 = "tumorboard.ui.views.not_found"
handler500 = "tumorboard.ui.views.server_error"
