from django.contrib.auth.views import LogoutView
from django.urls import path

from tumorboard.accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="signin"),
    path("sign-out/", LogoutView.as_view(), name="signout"),
    path("profile/", views.profile, name="profile"),
    path("profile/password/", views.password, name="password"),
    path("profile/second-factor/", views.second_factor_page, name="second_factor"),
    path("profile/second-factor/remove/", views.remove_second_factor, name="remove_second_factor"),
    path("profile/second-factor/confirm/", views.confirm_second_factor, name="confirm_second_factor"),
    path("profile/sign-out-everywhere/", views.signout_everywhere, name="signout_everywhere"),
]
