#!/bin/bash
# Publish a line and read the topic. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY.
set -euo pipefail

curl --fail-with-body -sS "${SERVICE_BASE_URL}" -H "Authorization: Bearer ${UNITYSVC_API_KEY}" -d "the build is green"
curl --fail-with-body -sS "${SERVICE_BASE_URL}/json" -H "Authorization: Bearer ${UNITYSVC_API_KEY}"
