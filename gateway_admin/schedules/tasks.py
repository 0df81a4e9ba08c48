from celery import shared_task
from django.utils import timezone

from gateway_admin.schedules import services


@shared_task(name="gateway_admin.schedules.forget_answers")
def forget_answers(**_: object) -> None:
    services.forget_answers(now=timezone.now())
