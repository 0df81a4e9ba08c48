from celery import shared_task
from django.utils import timezone

from gateway_admin.request_logs import services


@shared_task(name="gateway_admin.request_logs.keep_up")
def keep_up(**_: object) -> None:
    services.keep_up(now=timezone.now())


@shared_task(name="gateway_admin.request_logs.store_bodies")
def store_bodies(**_: object) -> None:
    services.store_bodies(now=timezone.now())
