"""What sellers enter about groups. It becomes a group's file; the rules of files check it."""

from __future__ import annotations

from typing import Any

from django import forms

from common.errors import Invalid
from domain import expressions
from marketplace.catalog.models import GroupStatus, ServiceGroup

#: How a group's member is chosen for a call.
STRATEGIES = {
    "": "Calls cannot be sent to the group",
    "weighted_random": "By chance, by weight",
    "by_price": "The cheapest first",
    "lowest_latency": "The fastest first",
    "sticky": "Each caller stays with one",
}
#: Problems of a file, by the field of the form that they belong to.
_FIELDS = {"membership_rules": "expression", "services": "names", "parent_group_name": "parent"}


class GroupForm(forms.Form):
    """A group. Members come from a rule or from names; with neither it only holds other groups."""

    name = forms.CharField(max_length=100, help_text="Small letters, digits and dashes: fast-models.")
    display_name = forms.CharField(max_length=200, label="Title")
    description = forms.CharField(max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))
    expression = forms.CharField(
        max_length=expressions.MAX_CHARACTERS,
        required=False,
        label="Rule",
        help_text="Who is in: service_type == 'llm' and 'fast' in tags. It may ask for name, display_name, "
        "provider_name, service_type, status, listing_type and tags.",
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )
    names = forms.CharField(
        max_length=100_000,
        required=False,
        label="Or services by name",
        help_text="One a line: acme/chat.",
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false"}),
    )
    strategy = forms.ChoiceField(choices=STRATEGIES.items(), required=False, label="Who takes a call")
    parent = forms.ChoiceField(required=False, label="Stands below")
    status = forms.ChoiceField(
        choices=GroupStatus.choices,
        initial=GroupStatus.DRAFT,
        help_text="Active: shown and callable. Private: for promotions alone. Drafts and private ones can be deleted.",
    )

    def __init__(self, data: Any = None, *, parents: list[str], group: ServiceGroup | None = None) -> None:
        self.group = group
        super().__init__(data, initial=_initial(group) if group else None)
        own = {group.name} if group else set()
        choices = [(name, name) for name in parents if name not in own]
        self.fields["parent"].choices = [("", "Nothing: at the top"), *choices]  # type: ignore[attr-defined]
        if group is not None:
            del self.fields["name"]

    @property
    def file(self) -> dict[str, Any]:
        """Return the group as its file says it. What the form does not show stays as it is."""
        entered = self.cleaned_data
        expression, names = entered.get("expression", "").strip(), entered.get("names", "").split()
        return {
            "name": self.group.name if self.group else entered.get("name", ""),
            "display_name": entered.get("display_name", ""),
            "description": entered.get("description") or None,
            "membership_rules": {"expression": expression} if expression else None,
            "services": [self._wish(name) for name in names] or None,
            "routing_policy": self._policy(entered.get("strategy", "")),
            "parent_group_name": entered.get("parent") or None,
            "status": entered.get("status") or None,
            "sort_order": self.group.sort_order if self.group else 0,
        }

    def add_problems(self, error: Invalid) -> None:
        """Show each problem of the file at its field."""
        for problem in error.problems:
            key = problem.partition(":")[0].partition(".")[0].partition("[")[0]
            field = _FIELDS.get(key, key)
            self.add_error(field if field in self.fields else None, problem)

    def _wish(self, name: str) -> dict[str, Any]:
        wanted = self.group.members_wanted if self.group else []
        return next((wish for wish in wanted if wish.get("name") == name), {"name": name})

    def _policy(self, strategy: str) -> dict[str, Any] | None:
        present = (self.group.routing_policy if self.group else None) or {}
        return {**present, "strategy": strategy} if strategy else None


def _initial(group: ServiceGroup) -> dict[str, Any]:
    policy = group.routing_policy
    return {
        "display_name": group.display_name,
        "description": group.description,
        "expression": group.expression,
        "names": "\n".join(str(wish.get("name", "")) for wish in group.members_wanted),
        "strategy": "" if policy is None else policy.get("strategy") or "weighted_random",
        "parent": group.parent.name if group.parent and group.parent.parent_id else "",
        "status": group.status,
    }
