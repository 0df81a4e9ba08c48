from django.urls import path

from billing.rating import views

app_name = "charges"
urlpatterns = [path("/<uuid:event_id>", views.charge_detail, name="detail")]
