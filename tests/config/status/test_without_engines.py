"""The status page with every engine away, in a process that never had any."""

from __future__ import annotations

import os
import subprocess
import sys

from config.embedded.engines import free_port
from tests.architecture.house import ROOT

ASK = """
import django
django.setup()
from django.conf import settings
from django.test import Client
client = Client(raise_request_exception=False)
client.cookies[settings.SESSION_COOKIE_NAME] = "of-somebody-who-is-logged-in"
for path in ("/status", "/status.json", "/terms"):
    answer = client.get(path)
    print(path, answer.status_code, settings.SESSION_COOKIE_NAME in answer.cookies)
    print(answer.content.decode())
"""


def test_says_so_to_who_is_logged_in_and_leaves_them_logged_in():
    nowhere = free_port()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.dev",
        "DATABASE_URL": f"postgresql://nobody@127.0.0.1:{nowhere}/nothing",
        "REDIS_URL": f"redis://127.0.0.1:{nowhere}/0",
        "GATEWAY_INTERNAL_URL": f"http://127.0.0.1:{nowhere}",
        "ALLOWED_HOSTS": "testserver",
    }

    asked = subprocess.run([sys.executable, "-c", ASK], env=environment, cwd=ROOT, capture_output=True, text=True)

    assert "/status 200 False" in asked.stdout, asked.stdout + asked.stderr
    assert '{"name": "database", "status": "down"}' in asked.stdout
    assert '{"name": "gateway", "status": "down"}' in asked.stdout
    assert "/status.json 200 False" in asked.stdout
