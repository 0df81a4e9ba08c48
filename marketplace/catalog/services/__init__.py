"""Every write of the catalogue."""

from marketplace.catalog.services.blobs import store as store_blob
from marketplace.catalog.services.changes import change, set_price, set_routing_vars
from marketplace.catalog.services.checking import ServiceFiles, problems_for_sale
from marketplace.catalog.services.group_files import as_file as group_as_file
from marketplace.catalog.services.group_files import change as change_group
from marketplace.catalog.services.group_files import preview as preview_group
from marketplace.catalog.services.group_files import upload as upload_group
from marketplace.catalog.services.groups import delete as delete_group
from marketplace.catalog.services.groups import ensure_platform_group
from marketplace.catalog.services.groups import store as store_group
from marketplace.catalog.services.ingesting import Ingested, Plan, ingest, plan
from marketplace.catalog.services.lifecycle import (
    STEPS,
    approve,
    delete,
    deprecate,
    enable_testing,
    reject,
    resume,
    set_visibility,
    suspend,
    withdraw,
)
from marketplace.catalog.services.plans import offer_plans
from marketplace.catalog.services.several_files import MAX_FILES, NamedFile, Received
from marketplace.catalog.services.several_files import receive as receive_files
from marketplace.catalog.services.submission import Submission, submit
from marketplace.catalog.services.uploads import accept as accept_upload
from marketplace.catalog.services.uploads import retry as retry_upload

__all__ = [
    "MAX_FILES",
    "STEPS",
    "Ingested",
    "NamedFile",
    "Plan",
    "Received",
    "ServiceFiles",
    "Submission",
    "accept_upload",
    "approve",
    "change",
    "change_group",
    "delete",
    "delete_group",
    "deprecate",
    "enable_testing",
    "ensure_platform_group",
    "group_as_file",
    "ingest",
    "offer_plans",
    "plan",
    "preview_group",
    "problems_for_sale",
    "receive_files",
    "reject",
    "resume",
    "retry_upload",
    "set_price",
    "set_routing_vars",
    "set_visibility",
    "store_blob",
    "store_group",
    "submit",
    "suspend",
    "upload_group",
    "withdraw",
]
