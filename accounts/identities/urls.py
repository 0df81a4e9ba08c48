from django.urls import path

from accounts.identities import views

urlpatterns = [
    path("oidc/<str:provider_id>/login", views.login, name="oidc_login"),
    path("oidc/<str:provider_id>/callback", views.callback, name="oidc_callback"),
    path("oidc/<str:provider_id>/backchannel-logout", views.backchannel_logout, name="oidc_backchannel_logout"),
]
