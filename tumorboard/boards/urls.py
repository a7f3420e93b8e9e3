from django.urls import path

from tumorboard.boards import views

app_name = "boards"
urlpatterns = [
    path("", views.board_list, name="list"),
    path("mine/", views.mine, name="mine"),
    path("<uuid:uuid>/", views.detail, name="detail"),
    path("<uuid:uuid>/members/", views.add_member, name="add_member"),
    path("<uuid:uuid>/members/<int:member>/end/", views.remove_member, name="remove_member"),
]
