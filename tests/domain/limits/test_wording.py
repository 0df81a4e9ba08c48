"""Limits as a customer reads them before calling."""

from __future__ import annotations

from domain.limits.wording import told


class TestTold:
    def test_names_every_limit_and_constraint(self):
        config = {
            "customer_rate_limit": {"limit": 1000, "unit": "requests", "window": "minute", "burst_limit": 50},
            "channel_rate_limit": {"limit": 5, "unit": "concurrent"},
            "rate_limit_refs": ["tpd"],
            "constraints": {"daily_quota": 10_000, "uptime_sla_percent": 99.9, "input_languages": ["en", "de"],
                            "ip_whitelist_required": True},
        }  # fmt: skip
        limits = {"tpd": {"name": "tpd", "limit": 7, "unit": "input_tokens", "window": "day"}}
        assert told(config, limits) == (
            ("Limit", "5 calls at the same time for all customers"),
            ("Limit", "1,000 requests a minute, 50 at once for each customer"),
            ("Limit", "7 input tokens a day for all of the provider's services"),
            ("Daily quota", "10,000"),
            ("Ip whitelist required", "yes"),
            ("Input languages", "en, de"),
            ("Uptime sla percent", "99.9"),
        )

    def test_says_nothing_where_there_is_nothing(self):
        assert told({"base_url": "https://a.example"}, {}) == ()
