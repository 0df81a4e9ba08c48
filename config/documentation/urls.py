"""Where the documentation is."""

from django.urls import path

from config.documentation import views

app_name = "documentation"
urlpatterns = [
    path("", views.paper_list, name="list"),
    path("/<path:page>", views.paper_detail, name="detail"),
]
