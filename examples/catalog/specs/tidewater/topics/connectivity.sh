#!/bin/bash
# Answers 0 when the service works. Needs SERVICE_BASE_URL and UNITYSVC_API_KEY.
set -euo pipefail

answer=$(curl --fail-with-body -sS "${SERVICE_BASE_URL}" -H "Authorization: Bearer ${UNITYSVC_API_KEY}" -d "connectivity test")
echo "$answer"
grep -q '"message"' <<<"$answer"
