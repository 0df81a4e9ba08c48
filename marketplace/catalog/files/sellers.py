"""seller_v1: the profile of who sells."""

from __future__ import annotations

from marketplace.catalog.files.documents import Contents, check_documents, lift_shortcuts
from marketplace.catalog.files.one_file import CheckedFile, checked, without_schema
from marketplace.catalog.files.problems import Findings
from marketplace.catalog.files.provider import PLATFORM_SELLER_FIELDS, check_seller
from marketplace.catalog.files.shape import check_shape


def validate_seller(data: object) -> CheckedFile:
    """Return the profile without what only the platform may set."""
    found = Findings()
    shaped = check_shape(data, found)
    if shaped is None:
        return checked({}, found)
    seller = lift_shortcuts(without_schema(shaped, "seller_v1", found))
    check_seller(seller, found)
    if seller.get("documents") is not None:
        check_documents(seller["documents"], found.at("documents"), contents=Contents(), for_submit=False)
    return checked({key: value for key, value in seller.items() if key not in PLATFORM_SELLER_FIELDS}, found)
