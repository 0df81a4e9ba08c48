"""Pages of broadcasts: targets that one call goes to at once."""

from __future__ import annotations

from gateway_admin.broadcasts import queries
from gateway_admin.broadcasts import services as broadcasts
from gateway_admin.broadcasts.forms import TARGETS, BroadcastForm, EditForm
from gateway_admin.composite_pages import Composite

BROADCASTS = Composite(
    noun="broadcast",
    letter="b",
    lead="One call that goes to several targets at once.",
    teaser="Ask several services the same at once, and get all their answers in one.",
    icon="radio",
    list_template="gateway_admin/broadcasts/broadcast_list.html",
    detail_template="gateway_admin/broadcasts/broadcast_detail.html",
    parts=TARGETS,
    new_form=BroadcastForm,
    edit_form=EditForm,
    rows=queries.broadcasts,
    create=broadcasts.create,
    rewrite=broadcasts.rewrite,
    delete=broadcasts.delete,
)
