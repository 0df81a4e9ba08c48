from django.urls import path

from billing.payments.views import automatic, cards, refunds, top_ups

app_name = "payments"
urlpatterns = [
    path("/top-up", top_ups.top_up_create, name="top_up"),
    path("/top-ups/<uuid:top_up_id>", top_ups.top_up_detail, name="top_up_detail"),
    path("/top-ups/<uuid:top_up_id>/confirm", top_ups.top_up_confirm, name="top_up_confirm"),
    path("/top-ups/<uuid:top_up_id>/cancel", top_ups.top_up_cancel, name="top_up_cancel"),
    path("/auto-top-up", automatic.auto_top_up_update, name="auto_top_up"),
    path("/auto-top-up/stop", automatic.auto_top_up_stop, name="auto_top_up_stop"),
    path("/auto-top-up/resume", automatic.auto_top_up_resume, name="auto_top_up_resume"),
    path("/warning", automatic.warning_update, name="warning"),
    path("/banner", automatic.banner, name="banner"),
    path("/cards", cards.card_list, name="cards"),
    path("/cards/add", cards.card_add, name="card_add"),
    path("/cards/portal", cards.card_portal, name="card_portal"),
    path("/cards/default", cards.card_default, name="card_default"),
    path("/cards/remove", cards.card_remove, name="card_remove"),
    path("/refund", refunds.refund_create, name="refund"),
]
