"""What the catalogue stores. One file a subject; everything is imported from here."""

from marketplace.catalog.models.documents import Blob, Document, DocumentCategory, MimeType
from marketplace.catalog.models.groups import GroupMember, GroupStatus, MembershipCause, MembershipChange, ServiceGroup
from marketplace.catalog.models.interfaces import AccessInterface, AccessMethod, Gateway
from marketplace.catalog.models.listings import FileStatus, Listing, Offering, Provider
from marketplace.catalog.models.search import MarketChange, SearchWord
from marketplace.catalog.models.services import Service, ServiceKind, ServiceStatus, StatusChange, Visibility
from marketplace.catalog.models.uploads import UploadStatus, UploadTask

__all__ = [
    "AccessInterface",
    "AccessMethod",
    "Blob",
    "Document",
    "DocumentCategory",
    "FileStatus",
    "Gateway",
    "GroupMember",
    "GroupStatus",
    "Listing",
    "MarketChange",
    "MembershipCause",
    "MembershipChange",
    "MimeType",
    "Offering",
    "Provider",
    "SearchWord",
    "Service",
    "ServiceGroup",
    "ServiceKind",
    "ServiceStatus",
    "StatusChange",
    "UploadStatus",
    "UploadTask",
    "Visibility",
]
