"""Why a schedule cannot be kept, changed or run."""

from __future__ import annotations

from common.errors import DomainError


class ScheduleInvalid(DomainError):
    """When it should run cannot be read, or is not allowed."""

    code = "invalid_schedule"
    sentence = "{message}"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field=field, message=message)


class RequestInvalid(DomainError):
    """What should be sent, or expected, cannot be used."""

    code = "invalid_request"
    sentence = "{message}"

    def __init__(self, field: str, message: str) -> None:
        super().__init__(field=field, message=message)


class NoRoom(DomainError):
    """The team has as many calls for later as it may have."""

    code = "schedule_limit"
    sentence = "You have as many calls for later as an account may have. Cancel or delete one that you no longer need."


class NameTaken(DomainError):
    """Another schedule of the team has the name."""

    code = "name_taken"
    sentence = "You have another scheduled request named {name!r}. Change that one, or choose another name."


class StateConflict(DomainError):
    """The schedule is not in a state in which that can be done."""

    code = "conflict"
    sentence = "This scheduled request is {state}, so it cannot be {done}. {hint}"


class AlreadyStarted(DomainError):
    """A delayed call that has begun cannot be taken back."""

    code = "already_started"
    sentence = "The call has begun already, so it cannot be cancelled. Look at its run for what came of it."


class TooManyAsked(DomainError):
    """Runs that were asked for are still waiting."""

    code = "too_many_runs"
    sentence = "{count} runs that were asked for are still under way. Wait until one has ended."
