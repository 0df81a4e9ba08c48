from django.urls import path

from gateway_admin.planning import views

app_name = "planning"
urlpatterns = [path("", views.path_test, name="test")]
