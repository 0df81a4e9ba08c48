#!/bin/bash
# Answers 0 when the service works. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY and MODEL.
set -euo pipefail

answer=$(curl --fail-with-body -sS "${SERVICE_BASE_URL}/images/generations" \
  -H "Authorization: Bearer ${UNITYSVC_API_KEY}" \
  -H "Content-Type: application/json" \
  -d "{\"model\": \"${MODEL:-prism-1}\", \"prompt\": \"a blue square\", \"n\": 1}")
grep -q '"b64_json"' <<<"$answer"
