"""The platform's own jobs, a line and a reason each. Times are UTC; intervals in seconds.

All of them run on Celery beat: they are few, known, safe to run twice, and find by themselves what is to be done, so a
time that is missed is made up for by the next one. The heartbeat of subscriptions is one of them. Customers' schedules
run on machinery of their own, the dispatcher (`manage.py dispatch`): there a time that is missed or doubled is a fault.
No job is put off with an ETA or a countdown of the broker.
"""

from __future__ import annotations

from celery.schedules import crontab

SCHEDULE = {
    # every balance from its entries; whatever breaks a rule is known within the hour
    "verify the books": {"task": "billing.rating.verify", "schedule": 3600.0},
    # the broker may lose what it holds; uploads wait in the database as well
    "sweep uploads": {"task": "marketplace.catalog.sweep_uploads", "schedule": 60.0},
    # test runs that the broker or a worker lost
    "sweep test runs": {"task": "marketplace.testing.sweep", "schedule": 60.0},
    # active services are tested again when their turn has come, a few at a time
    "retest services": {"task": "marketplace.testing.retest", "schedule": 600.0},
    # each test run is published as a service of its own, and withdrawn
    "forget candidates": {"task": "gateway_admin.publishing.forget_candidates", "schedule": crontab(hour=3, minute=50)},
    # what test scripts wrote is kept for a month
    "forget details of tests": {"task": "marketplace.testing.prune", "schedule": crontab(hour=3, minute=20)},
    # files that were uploaded for nothing, or whose documents are gone
    "sweep blobs": {"task": "marketplace.catalog.sweep_blobs", "schedule": crontab(hour=3, minute=20)},
    # contents of account files that broke off on their way, or whose team is gone
    "sweep account files": {"task": "accounts.files.sweep_contents", "schedule": crontab(hour=4, minute=0)},
    # months end at any hour, each in its customer's time zone; and the broker may lose what is to be rendered
    "close statements": {"task": "billing.statements.sweep", "schedule": 3600.0},
    # sellers' invoices follow their customers' statements; windows end at any hour
    "sweep seller invoices": {"task": "billing.payouts.sweep_invoices", "schedule": 3600.0},
    # payouts by schedule, and those whose answer was lost
    "sweep payouts": {"task": "billing.payouts.sweep_payouts", "schedule": 600.0},
    # wallets that run low, questions that the processor did not answer, webhooks whose task was lost
    "sweep payments": {"task": "billing.payments.sweep", "schedule": 60.0},
    # everything that webhooks do, for those that never came
    "reconcile payments": {"task": "billing.payments.reconcile", "schedule": 3600.0},
    # our account of the money with the processor against its own books
    "check card clearing": {"task": "billing.payments.check_agreement", "schedule": crontab(hour=4, minute=10)},
    # what a day costs follows from yesterday's balance; every hour, so that a day with an outage has one too
    "note balances": {"task": "billing.payments.note_balances", "schedule": 3600.0},
    # months of subscriptions begin at any minute; fees that were unpaid are taken when money has come in
    "sweep subscriptions": {"task": "billing.subscriptions.sweep", "schedule": 60.0},
    # notices of plans that change: who was not told, and who is to be reminded
    "sweep notices of plans": {"task": "billing.subscriptions.sweep_notices", "schedule": 3600.0},
    # new prices hold when their notice has ended, at any minute
    "sweep prices": {"task": "marketplace.enrollments.sweep_prices", "schedule": 60.0},
    # what a program may ask twice under one key is remembered for a day
    "forget kept answers": {"task": "common.idempotency.forget_answers", "schedule": 3600.0},
    # the next week's partitions, and those whose time is over; hourly, so that a day with an outage has one too
    "keep up request logs": {"task": "gateway_admin.request_logs.keep_up", "schedule": 3600.0},
    # large bodies come in pieces and are put together here; no gateway knows the object store
    "store bodies": {"task": "gateway_admin.request_logs.store_bodies", "schedule": 15.0},
    # answers of asynchronous broadcasts are kept for a week
    "forget answers": {"task": "gateway_admin.schedules.forget_answers", "schedule": crontab(hour=3, minute=40)},
    # runs of customers' schedules are kept for a month, their answers for a week
    "forget runs": {"task": "gateway_admin.schedules.forget_runs", "schedule": crontab(hour=3, minute=20)},
    # who has not been told yet that a schedule fails or has paused: the process that makes the calls sends no mail
    "tell of schedules": {"task": "gateway_admin.schedules.sweep_notices", "schedule": 60.0},
}
