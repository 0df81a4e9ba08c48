"""What can go wrong with a service, in sentences that name what to do next."""

from __future__ import annotations

from common.errors import DomainError


class TransitionRefused(DomainError):
    """The service's status does not allow the step."""

    code = "transition_refused"
    sentence = "A service that is {status} cannot be {verb}. It must be {allowed}."


class StatusChangeRefused(DomainError):
    """The seller asked for a status that cannot follow the present one."""

    code = "transition_refused"
    sentence = "The status cannot change from {status} to {wanted}. {hint}"


class ReasonMissing(DomainError):
    """A seller must learn why."""

    code = "reason_missing"
    sentence = "Say why: the seller reads the reason."


class ContentChanged(DomainError):
    """The seller uploaded again while an operator was reading."""

    code = "conflict"
    sentence = "The content changed since you looked at it. Read the new version, then decide."


class AddressTaken(DomainError):
    """Another active service answers there."""

    code = "conflict"
    sentence = (
        "{address} is already served by '{service}' of {seller}. Change the path or the routing key of the interface "
        "'{interface}', or deprecate the other service first."
    )


class NotTested(DomainError):
    """What is to be approved has not passed its tests."""

    code = "not_tested"
    sentence = "{hindrance}"


class NameTaken(DomainError):
    """Another live service of the seller has the name."""

    code = "name_taken"
    sentence = "You already have a service named '{name}' ({service_id}). Choose another name, or deprecate that one."


class VisibilityRefused(DomainError):
    """Into and out of private leads only an upload."""

    code = "visibility_refused"
    sentence = (
        "Private services cannot be changed with set-visibility. Set service_options.default_visibility in the listing "
        "and upload it again."
    )


class PlatformVisibilityRefused(DomainError):
    """Its members decide."""

    code = "visibility_refused"
    sentence = (
        "A platform service is listed by itself once two providers answer for it. Win members instead, or deprecate it."
    )


class DeletionRefused(DomainError):
    """The service has been live, so that charges and enrollments name it."""

    code = "deletion_refused"
    sentence = "{reason}"


class GroupRefused(DomainError):
    """The group cannot be as asked."""

    code = "group_refused"
    sentence = "{reason}"
