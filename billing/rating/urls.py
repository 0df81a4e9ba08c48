from django.urls import path

from billing.rating import views

app_name = "wallets"
urlpatterns = [path("", views.wallet_detail, name="detail")]
