"""Signatures against vectors that AWS's own library (botocore 1.44) made for the same requests and the same minute."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.transforming.sigv4 import Credentials, sign

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY, SECRET = "AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}

VECTORS = [
    ("POST", "https://bedrock-runtime.us-east-1.amazonaws.com/model/anthropic.claude-3-haiku-20240307-v1%3A0/invoke",
     JSON, b'{"max_tokens": 5}', "bedrock", "us-east-1", "",
     "content-type;host;x-amz-date", "65adc89f99e40be9afa0c8a71bb51d2aad763690b58a98b559b3ffeb80e02efc"),
    ("GET", "https://ec2.eu-west-1.amazonaws.com/?Version=2016-11-15&Action=DescribeRegions&Filter=a%20b",
     {}, b"", "ec2", "eu-west-1", "the-token",
     "host;x-amz-date;x-amz-security-token", "68b1783c0cf01366d8b5d53b40b6d780d5d06dd75198764516d415c91a4b3797"),
    ("PUT", "https://bucket.s3.us-east-1.amazonaws.com/a%20b/c~d.txt?x-id=PutObject",
     {"content-type": "text/plain"}, b"hello", "s3", "us-east-1", "",
     "content-type;host;x-amz-content-sha256;x-amz-date",
     "3902665ee190430ef6d8b4fbdcec3381433b42bd46ec1f6c014524ece0989ec7"),
    ("POST", "https://sns.us-east-1.amazonaws.com:8443/", FORM, b"Action=Publish&Message=hi", "sns", "us-east-1", "",
     "content-type;host;x-amz-date", "5e9d93f0be0a316f650cedd4826c29c3253f144493be0d657088985cd65367e3"),
]  # fmt: skip


class TestASignature:
    @pytest.mark.parametrize(
        ("method", "url", "headers", "body", "service", "region", "token", "names", "signature"), VECTORS
    )
    def test_is_the_one_that_the_library_makes(
        self, method, url, headers, body, service, region, token, names, signature
    ):
        added = sign(
            method=method, url=url, headers=headers, body=body, credentials=Credentials(KEY, SECRET, token),
            region=region, service=service, now=NOON,
        )  # fmt: skip
        assert added["authorization"] == (
            f"AWS4-HMAC-SHA256 Credential={KEY}/20260301/{region}/{service}/aws4_request, "
            f"SignedHeaders={names}, Signature={signature}"
        )
        assert added["x-amz-date"] == "20260301T120000Z"

    def test_is_the_published_one_of_the_test_suite(self):
        # get-vanilla of AWS's signature test suite
        added = sign(
            method="GET", url="https://example.amazonaws.com/", headers={}, body=b"",
            credentials=Credentials("AKIDEXAMPLE", SECRET), region="us-east-1", service="service",
            now=datetime(2015, 8, 30, 12, 36, tzinfo=UTC),
        )  # fmt: skip
        assert added["authorization"].endswith("=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31")

    def test_shows_no_secret_in_its_credentials(self):
        assert SECRET not in repr(Credentials(KEY, SECRET, "token"))
