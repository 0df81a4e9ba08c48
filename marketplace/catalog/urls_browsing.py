from django.urls import path

from marketplace.catalog import browsing_views

app_name = "browsing"
urlpatterns = [
    path("providers", browsing_views.provider_list, name="providers"),
    path("providers/<str:name>", browsing_views.provider_detail, name="provider"),
    path("groups", browsing_views.group_list, name="groups"),
    path("groups/<str:reference>", browsing_views.group_detail, name="group"),
]
