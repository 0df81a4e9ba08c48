from django.urls import path

from billing.payouts.views import invoices, payouts

app_name = "payouts"
urlpatterns = [
    path("earnings", invoices.earnings, name="earnings"),
    path("invoices", invoices.invoice_list, name="invoices"),
    path("invoices/<uuid:invoice_id>", invoices.invoice_detail, name="invoice"),
    path("invoices/<uuid:invoice_id>/pdf", invoices.invoice_pdf, name="invoice_pdf"),
    path("invoices/<uuid:invoice_id>/csv", invoices.invoice_csv, name="invoice_csv"),
    path("invoices/<uuid:invoice_id>/dispute", invoices.invoice_contest, name="invoice_contest"),
    path("invoices/<uuid:invoice_id>/notes", invoices.invoice_note, name="invoice_note"),
    path("payouts", payouts.payout_list, name="list"),
    path("payouts/request", payouts.payout_request, name="request"),
    path("payouts/account", payouts.account_connect, name="connect"),
    path("payouts/return", payouts.account_return, name="return"),
    path("payouts/schedule", payouts.schedule_update, name="schedule"),
]
