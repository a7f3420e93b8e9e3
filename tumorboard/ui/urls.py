from django.urls import path

from tumorboard.ui import views

app_name = "ui"

urlpatterns = [
    path("styleguide/", views.styleguide, name="styleguide"),
    path("styleguide/<slug:page>/", views.styleguide, name="styleguide-page"),
    path("styleguide/data/<slug:name>.json", views.sample_data, name="sample-data"),
    path("styleguide/frames/<slug:name>/<int:index>", views.sample_frame, name="sample-frame"),
    path("styleguide/source/<int:fact>", views.sample_source, name="sample-source"),
    path("styleguide/position", views.sample_position, name="sample-position"),
    path("styleguide/progress/<int:done>", views.sample_progress, name="sample-progress"),
]
