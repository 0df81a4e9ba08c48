import logging

from celery import shared_task
from django.utils import timezone

from gateway_admin.schedules import services

logger = logging.getLogger(__name__)


@shared_task(name="gateway_admin.schedules.forget_answers")
def forget_answers(**_: object) -> None:
    services.forget_answers(now=timezone.now())


@shared_task(name="gateway_admin.schedules.forget_runs")
def forget_runs(**_: object) -> None:
    services.forget_runs(now=timezone.now())


@shared_task(name="gateway_admin.schedules.sweep_notices")
def sweep_notices(**_: object) -> None:
    for schedule_id in services.untold():
        try:
            services.tell(schedule_id=schedule_id, now=timezone.now())
        except OSError as error:  # told at the next round; the others are told now
            logger.warning("schedules.notice_waits schedule=%s error=%r", schedule_id, str(error))
