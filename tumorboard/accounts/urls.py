from django.contrib.auth.views import LogoutView
from django.urls import path

from tumorboard.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="signin"),
    path("sign-out/", LogoutView.as_view(), name="signout"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("profile/sign-out-everywhere/", views.signout_everywhere, name="signout_everywhere"),
]
