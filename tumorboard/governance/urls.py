from django.urls import path

from tumorboard.governance.views import emergency

app_name = "governance"
urlpatterns = [
    path("emergency-access/", emergency.emergency, name="break_glass"),
    path("purpose/", emergency.purpose, name="choose_purpose"),
]
