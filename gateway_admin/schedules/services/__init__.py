"""Writes of calls for later, of their runs, and of kept answers that are not a gateway's."""

from gateway_admin.schedules.services.asking import replay, run_now
from gateway_admin.schedules.services.claiming import claim, recover, renew
from gateway_admin.schedules.services.contents import METHODS
from gateway_admin.schedules.services.due import plan_due
from gateway_admin.schedules.services.errors import (
    AlreadyStarted,
    NameTaken,
    NoRoom,
    RequestInvalid,
    ScheduleInvalid,
    StateConflict,
    TooManyAsked,
)
from gateway_admin.schedules.services.housekeeping import forget_answers, forget_runs
from gateway_admin.schedules.services.keeping import Owner, copy, create, create_delayed, planned, update
from gateway_admin.schedules.services.results import Ended, keep
from gateway_admin.schedules.services.states import cancel, change, delete, pause, resume
from gateway_admin.schedules.services.telling import tell, untold

__all__ = [
    "METHODS",
    "AlreadyStarted",
    "Ended",
    "NameTaken",
    "NoRoom",
    "Owner",
    "RequestInvalid",
    "ScheduleInvalid",
    "StateConflict",
    "TooManyAsked",
    "cancel",
    "change",
    "claim",
    "copy",
    "create",
    "create_delayed",
    "delete",
    "forget_answers",
    "forget_runs",
    "keep",
    "pause",
    "plan_due",
    "planned",
    "recover",
    "renew",
    "replay",
    "resume",
    "run_now",
    "tell",
    "untold",
    "update",
]
