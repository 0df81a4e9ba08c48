"""Input about scheduled requests."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from django import forms

from gateway_admin.named_pages import JsonField
from gateway_admin.schedules.models import Schedule
from gateway_admin.schedules.services import METHODS

_UNITS = (("1", "seconds"), ("60", "minutes"), ("3600", "hours"), ("86400", "days"))
_MONO = {"class": "mono", "autocomplete": "off", "spellcheck": "false"}
#: Members of the form that are columns as they are.
_COLUMNS = ("name", "method", "path", "expected_status", "expected_body", "match", "overlap", "catch_up", "delivery",
            "timeout_seconds", "notify_after", "pause_after")  # fmt: skip


class CallForm(forms.Form):
    """What is sent, and what is expected to come back."""

    name = forms.CharField(max_length=200, required=False, help_text="For you. It can be left empty.")
    method = forms.ChoiceField(choices=[(each, each) for each in METHODS], initial="POST")
    path = forms.CharField(
        max_length=8192,
        help_text="As it follows the gateway's address, such as p/northwind/aurora-chat/chat/completions or l/a/llm.",
        widget=forms.TextInput(attrs=_MONO),
    )
    headers = forms.CharField(
        required=False,
        help_text="One a line, such as X-Source: nightly. Credentials are left out: each run has rights of its own.",
        widget=forms.Textarea(attrs={**_MONO, "rows": 2}),
    )
    body = JsonField(
        required=False,
        help_text="JSON. {{ run.date }}, {{ schedule.name }} and {{ previous.body.id }} are filled in for each run.",
        widget=forms.Textarea(attrs={**_MONO, "rows": 5}),
    )
    expected_status = forms.CharField(
        max_length=100,
        required=False,
        help_text="Such as 200, 2xx or 200-204. Left empty: 2xx.",
        widget=forms.TextInput(attrs=_MONO),
    )
    match = forms.ChoiceField(choices=Schedule.Match.choices, label="The answer", initial="contains")
    expected_body = forms.CharField(
        required=False, max_length=20_000, label="Expected", widget=forms.Textarea(attrs={**_MONO, "rows": 2})
    )

    def clean_headers(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for line in self.cleaned_data["headers"].splitlines():
            name, colon, value = line.partition(":")
            if line.strip() and not (colon and name.strip()):
                raise forms.ValidationError(f"Write a name, a colon and a value on each line; mend {line[:60]!r}.")
            if line.strip():
                found[name.strip()] = value.strip()
        return found

    def clean_body(self) -> dict[str, Any] | None:
        body: Any = self.cleaned_data["body"]
        if body is not None and not isinstance(body, dict):
            raise forms.ValidationError("Write a JSON object, as the service's documentation shows it.")
        return body


class ScheduleForm(CallForm):
    """The same, and when it is sent. team_zone: where new ones begin."""

    cadence = forms.ChoiceField(
        label="It runs",
        choices=[("interval", "at an interval"), ("cron", "by the clock"), ("once", "once")],
        initial="interval",
        widget=forms.RadioSelect,
    )
    every = forms.IntegerField(label="Every", min_value=1, max_value=604_800, initial=10, required=False)
    unit = forms.ChoiceField(choices=_UNITS, initial="60", required=False)
    cron_expression = forms.CharField(
        label="Cron expression",
        max_length=200,
        required=False,
        help_text="Minute, hour, day, month, weekday. 0 9 * * 1-5 is nine o'clock on working days.",
        widget=forms.TextInput(attrs={**_MONO, "placeholder": "0 9 * * 1-5"}),
    )
    at = forms.DateTimeField(
        label="At",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"],
        help_text="In the time zone below.",
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    timezone = forms.CharField(
        label="Time zone",
        max_length=64,
        required=False,
        widget=forms.TextInput(attrs={"list": "time-zones", "autocomplete": "off", "spellcheck": "false"}),
    )
    overlap = forms.ChoiceField(
        label="While a run is still under way", choices=Schedule.Overlap.choices, initial="skip", required=False
    )
    catch_up = forms.ChoiceField(
        label="After an outage of more than a minute", choices=Schedule.CatchUp.choices, initial="skip", required=False
    )
    catch_up_minutes = forms.IntegerField(
        label="Make up for runs no older than, in minutes", min_value=1, max_value=10_080, initial=60, required=False
    )
    delivery = forms.ChoiceField(
        label="When it is not known whether a run was made",
        choices=[("", "As the method allows: GET, HEAD and OPTIONS are sent again"),
                 ("at_most_once", "Never send it again"), ("at_least_once", "Send it again, with the same key")],
        required=False,
    )  # fmt: skip
    timeout_seconds = forms.IntegerField(
        label="Seconds to wait for an answer", min_value=1, max_value=600, initial=120, required=False
    )
    notify_after = forms.IntegerField(
        label="Tell us after so many failures in a row", min_value=1, max_value=1000, initial=3, required=False
    )
    pause_after = forms.IntegerField(
        label="Pause after so many failures in a row", min_value=1, max_value=1000, initial=10, required=False
    )

    def clean_timezone(self) -> str:
        name: str = self.cleaned_data["timezone"].strip() or "UTC"
        if name not in available_timezones():
            raise forms.ValidationError(f"{name[:60]!r} is not a time zone. Name one such as Europe/Berlin or UTC.")
        return name

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        needed = {"interval": "every", "cron": "cron_expression", "once": "at"}.get(cleaned.get("cadence", ""))
        if needed and needed not in self.errors and not cleaned.get(needed):
            self.add_error(needed, "Say when: this is needed for the way that you have chosen.")
        if cleaned.get("at") and cleaned.get("timezone"):
            self._check_at()
        return cleaned

    def _check_at(self) -> None:
        try:
            self.at_utc  # noqa: B018  years end at 9999 in UTC too
        except OverflowError:
            self.add_error("at", "This time is out of reach. Give another one.")

    @property
    def is_once(self) -> bool:
        return self.cleaned_data.get("cadence") == "once"

    @property
    def content(self) -> dict[str, Any]:
        """Return what the services take, but for the time."""
        given = self.cleaned_data
        kept = {name: given[name] for name in _COLUMNS if given[name] is not None}
        if given["catch_up_minutes"] is not None:
            kept["catch_up_seconds"] = given["catch_up_minutes"] * 60
        return {**kept, "headers": given["headers"], "body_template": given["body"]}

    @property
    def schedule(self) -> dict[str, Any]:
        """Return when it runs, as the API shows it."""
        given = self.cleaned_data
        if given["cadence"] == "interval":
            return {"schedule_type": "interval", "interval_seconds": given["every"] * int(given["unit"] or 60)}
        if given["cadence"] == "cron":
            expression, zone = given["cron_expression"], given["timezone"]
            return {"schedule_type": "cron", "cron_expression": expression, "timezone": zone}
        return {"schedule_type": "once", "at": self.at_utc.isoformat()}

    @property
    def at_utc(self) -> datetime:
        wall: datetime = self.cleaned_data["at"]
        return wall.replace(tzinfo=ZoneInfo(self.cleaned_data["timezone"])).astimezone(UTC)


def initial(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as the form shows it."""
    said = schedule.schedule or {}
    shown: dict[str, Any] = {name: getattr(schedule, name) for name in _COLUMNS}
    shown |= {
        "path": schedule.path.lstrip("/"),
        "headers": "\n".join(f"{name}: {value}" for name, value in schedule.headers.items()),
        "body": schedule.body_template,
        "catch_up_minutes": schedule.catch_up_seconds // 60,
        "cadence": said.get("schedule_type", "interval"),
        "cron_expression": said.get("cron_expression", ""),
        "timezone": said.get("timezone") or schedule.team.timezone,
    }
    if seconds := said.get("interval_seconds"):
        size = next(size for size in (86_400, 3600, 60, 1) if seconds % size == 0)
        shown |= {"every": seconds // size, "unit": str(size)}
    return shown
