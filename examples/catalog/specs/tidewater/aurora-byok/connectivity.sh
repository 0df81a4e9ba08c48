#!/bin/bash
# Answers 0 when the service works. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY and MODEL.
set -euo pipefail

answer=$(curl --fail-with-body -sS "${SERVICE_BASE_URL}/chat/completions" \
  -H "Authorization: Bearer ${UNITYSVC_API_KEY}" \
  -H "Content-Type: application/json" \
  -d "{\"model\": \"${MODEL:-aurora-mini}\", \"max_tokens\": 4, \"messages\": [{\"role\": \"user\", \"content\": \"ping\"}]}")
echo "$answer"
grep -q '"choices"' <<<"$answer"
