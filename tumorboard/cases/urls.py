from django.urls import path

from tumorboard.cases import views

app_name = "cases"
urlpatterns = [
    path("", views.worklist_page, name="worklist"),
    path("cases/register/", views.register, name="register"),
    path("cases/<uuid:uuid>/row/", views.row, name="row"),
    path("cases/<uuid:uuid>/preparation/", views.preparation, name="preparation"),
    path("cases/<uuid:uuid>/care-team/", views.join, name="join"),
    path("cases/<uuid:uuid>/care-team/<int:member>/leave/", views.leave, name="leave"),
    path("cases/<uuid:uuid>/withdraw/", views.withdraw, name="withdraw"),
    path("cases/<uuid:uuid>/move/<slug:to>/", views.move, name="move"),
]
