"""Writes about request logs: what is kept of calls, what is forgotten, and the days' upkeep."""

from gateway_admin.request_logs.services.forgetting import AlreadyForgotten, forget
from gateway_admin.request_logs.services.setting import choose, set_mode, start, stop
from gateway_admin.request_logs.services.upkeep import Upkeep, keep_up, store_bodies

__all__ = [
    "AlreadyForgotten",
    "Upkeep",
    "choose",
    "forget",
    "keep_up",
    "set_mode",
    "start",
    "stop",
    "store_bodies",
]
