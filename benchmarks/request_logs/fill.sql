-- Half of the rows are the first team's; one in fifty failed, one in a thousand is slow.
INSERT INTO request_logs_requestlog (
  id, call_id, team_id, started_at, api_key_id, session, method, path, primitives, alias, routing_key, service_id,
  enrollment_id, channel, gateway_id, outcome, status, upstream_status, latency_ms, upstream_ms, ttfb_ms, request_bytes,
  response_bytes, usage, error_source, error_type, has_event, origin, origin_id)
SELECT
  id, id, (%(teams)s::uuid[])[CASE WHEN n %% 2 = 0 THEN 1 ELSE 1 + n / 2 %% cardinality(%(teams)s::uuid[]) END],
  at, md5('key' || n %% 10)::uuid, CASE WHEN n %% 3 = 0 THEN 'session-' || n / 3 %% 5000 ELSE '' END, 'POST',
  '/p/acme/service-' || n %% 40 || '/v1/chat/completions', 'p',
  CASE WHEN n %% 7 = 0 THEN 'a/alias-' || n / 7 %% 20 ELSE '' END, '{"model": "aurora-large"}',
  md5('service' || n %% 40)::uuid, NULL, 'default', 'gateway-1', 'completed',
  CASE WHEN n %% 50 = 0 THEN (ARRAY[500, 502, 429, 402, 404])[1 + n / 50 %% 5] ELSE 200 END, 200,
  CASE WHEN n %% 1000 = 0 THEN 9000 ELSE 100 + n %% 900 END, 90 + n %% 900, 30, 700, 2400,
  '{"input_tokens": 812, "output_tokens": 240}',
  CASE WHEN n %% 50 <> 0 THEN '' ELSE (ARRAY['upstream', 'upstream', 'limit', 'money', 'client'])[1 + n / 50 %% 5] END,
  CASE WHEN n %% 50 <> 0 THEN '' ELSE 'status' END, true,
  CASE WHEN n %% 500 = 1 THEN 'schedule' ELSE 'call' END, CASE WHEN n %% 500 = 1 THEN md5('run' || n)::uuid END
FROM (
  SELECT
    n, at,
    overlay(
      overlay(md5(n::text) PLACING left(replace(request_log_bound(at)::text, '-', ''), 12) FROM 1) PLACING '7' FROM 13
    )::uuid AS id
  FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n,
       LATERAL (SELECT %(start)s::timestamptz + n * %(step)s::interval AS at) AS moment
) AS made
