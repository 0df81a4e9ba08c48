from __future__ import annotations

import pytest

from marketplace.catalog.files.addresses import check_scheme
from marketplace.catalog.files.problems import Findings


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("websocket", "wss://up.example"), ("websocket", "https://up.example"), ("grpc", "grpcs://up.example:443"),
        ("grpc", "http://up.example"), ("http", "https://up.example"), ("http", "${ secrets.URL }"),
        ("websocket", "{{ params.url }}"), ("smtp", "smtp://up.example"), ("s3", "s3://bucket"),
    ],
)  # fmt: skip
def test_addresses_that_fit_the_way_of_calling(method, address):
    found = Findings()
    check_scheme(method, address, found)
    assert not found.problems


@pytest.mark.parametrize(
    ("method", "address", "words"),
    [
        ("http", "wss://up.example", "needs access_method websocket"),
        ("http", "grpc://up.example", "needs access_method grpc"),
        ("grpc", "ws://up.example", "needs access_method websocket"),
        ("websocket", "smtp://up.example", "has an address of wss://, ws://, https://, http://"),
        ("grpc", "resp://200", "has an address of grpcs://"),
    ],
)
def test_addresses_that_do_not(method, address, words):
    found = Findings()
    check_scheme(method, address, found)
    assert words in str(found.problems)
