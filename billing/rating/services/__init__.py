"""From usage to charges: settle the inbox, end leases, price what could not be priced, send back what was set aside."""

from billing.rating.services.leases import end_leases, forget_leases
from billing.rating.services.quarantine import retry
from billing.rating.services.recount import recount_sales, recount_usage
from billing.rating.services.reprice import StillUnpriced, reprice
from billing.rating.services.settlement import Settled, settle

__all__ = [
    "Settled",
    "StillUnpriced",
    "end_leases",
    "forget_leases",
    "recount_sales",
    "recount_usage",
    "reprice",
    "retry",
    "settle",
]
