"""Pages of chains: steps that run one after the other, and where each one leads."""

from __future__ import annotations

from gateway_admin.chains import queries
from gateway_admin.chains import services as chains
from gateway_admin.chains.forms import STEPS, ChainForm, EditForm
from gateway_admin.composite_pages import Composite
from gateway_admin.named_pages import REFUSALS

CHAINS = Composite(
    noun="chain",
    letter="c",
    lead="Steps that run one after the other; each says what follows its success and its failure.",
    teaser="Let one call do several: a step on the answer of another, or another way when one fails.",
    icon="waypoints",
    list_template="gateway_admin/chains/chain_list.html",
    detail_template="gateway_admin/chains/chain_detail.html",
    parts=STEPS,
    new_form=ChainForm,
    edit_form=EditForm,
    rows=queries.chains,
    create=chains.create,
    rewrite=chains.rewrite,
    delete=chains.delete,
    refusals=(chains.ChainUnusable, *REFUSALS),
)
