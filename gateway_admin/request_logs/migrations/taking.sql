-- What gateways hand over. They may call these two functions and have no right on the tables.

-- The letters that a path begins with: "/l/m/a/llm/x" -> "lma".
CREATE FUNCTION request_log_primitives(p_path text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT left(replace(coalesce(substring(p_path FROM '^/((?:[lmftrd]/)*[abcgep])(?:/|$)'), ''), '/', ''), 16)
$$;

-- Rows of attempts, from their usage events. A row that was told from the client's side keeps what it says.
CREATE FUNCTION request_log_take_attempts(p_events text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO request_logs_requestlog AS known (
    id, call_id, team_id, started_at, api_key_id, user_id, origin, origin_id, session, method, path, primitives, routing_key,
    service_id, enrollment_id, channel, gateway_id, role, outcome, status, upstream_status, latency_ms, upstream_ms, ttfb_ms,
    request_bytes, response_bytes, usage, flags, error_source, error_type, log, has_event)
  SELECT DISTINCT ON (e.event_id)
    e.event_id, coalesce(e.parent_id, e.event_id), e.team_id, request_log_moment(e.event_id), e.api_key_id, e.user_id,
    coalesce(e.origin, 'call'), e.origin_id, left(coalesce(e.session, ''), 100), left(e.method, 32),
    left(regexp_replace(e.path, '(svcpass_|svcrun_)[0-9A-Za-z_.-]{4,}', '\1***', 'g'), 500), request_log_primitives(e.path),
    e.routing_key, e.service_id, e.enrollment_id, coalesce(e.channel, ''), coalesce(e.gateway_id, ''), coalesce(e.role, 'primary'),
    coalesce(e.outcome, ''), least(e.status, 999), nullif(least(e.status, 999), 0), coalesce(e.latency_ms, 0), e.upstream_ms,
    e.ttfb_ms, coalesce(e.request_bytes, 0), coalesce(e.response_bytes, 0), coalesce(e.usage, '{}'), coalesce(e.flags, '[]'),
    CASE WHEN e.status >= 400 OR e.outcome <> 'completed' THEN 'upstream' ELSE '' END,
    CASE WHEN e.status >= 400 THEN 'status_' || least(e.status, 999) WHEN e.outcome <> 'completed' THEN e.outcome ELSE '' END,
    CASE WHEN e.log IN ('truncated', 'complete') THEN e.log ELSE 'none' END, true
  FROM unnest(p_events) AS each(text), jsonb_to_record(each.text::jsonb) AS e(
    event_id uuid, parent_id uuid, team_id uuid, api_key_id uuid, user_id uuid, origin text, origin_id uuid, session text,
    method text, path text, routing_key jsonb, service_id uuid, enrollment_id uuid, channel text, gateway_id text, role text,
    outcome text, status integer, latency_ms double precision, upstream_ms double precision, ttfb_ms double precision,
    request_bytes bigint, response_bytes bigint, usage jsonb, flags jsonb, log text)
  ORDER BY e.event_id
  ON CONFLICT (id) DO UPDATE SET
    service_id = EXCLUDED.service_id, enrollment_id = EXCLUDED.enrollment_id, channel = EXCLUDED.channel, role = EXCLUDED.role,
    outcome = EXCLUDED.outcome, upstream_status = EXCLUDED.upstream_status, upstream_ms = EXCLUDED.upstream_ms,
    ttfb_ms = coalesce(known.ttfb_ms, EXCLUDED.ttfb_ms), response_bytes = greatest(known.response_bytes, EXCLUDED.response_bytes),
    usage = EXCLUDED.usage, flags = EXCLUDED.flags, has_event = true,
    error_source = CASE WHEN known.error_source = '' AND known.status = 0 THEN EXCLUDED.error_source ELSE known.error_source END,
    error_type = CASE WHEN known.error_type = '' AND known.status = 0 THEN EXCLUDED.error_type ELSE known.error_type END
  WHERE NOT known.has_event
$$;

-- Rows of calls as their clients saw them, and parts of large bodies. Bodies of a call that was forgotten do not come back.
CREATE FUNCTION request_log_take_calls(p_records text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
  INSERT INTO request_logs_requestlog AS known (
    id, call_id, team_id, started_at, api_key_id, user_id, origin, origin_id, session, method, path, primitives, alias, routing_key,
    service_id, enrollment_id, channel, gateway_id, status, latency_ms, ttfb_ms, request_bytes, response_bytes, memo,
    memo_age_seconds, stages, error_source, error_type, error_message, log, is_told)
  SELECT DISTINCT ON (c.id)
    c.id, c.id, c.team_id, request_log_moment(c.id), c.api_key_id, c.user_id, coalesce(c.origin, 'call'), c.origin_id,
    left(coalesce(c.session, ''), 100), left(c.method, 32), left(c.path, 500), request_log_primitives(c.path),
    left(coalesce(c.alias, ''), 80), c.routing_key, c.service_id, c.enrollment_id, coalesce(c.channel, ''),
    coalesce(c.gateway_id, ''), coalesce(c.status, 0), coalesce(c.latency_ms, 0), c.ttfb_ms, coalesce(c.request_bytes, 0),
    coalesce(c.response_bytes, 0), left(coalesce(c.memo, ''), 8), c.memo_age_seconds, coalesce(c.stages, '{}'),
    CASE WHEN coalesce(c.error_source, '') <> '' THEN c.error_source WHEN c.status >= 400 THEN 'upstream' ELSE '' END,
    CASE WHEN coalesce(c.error_type, '') <> '' THEN left(c.error_type, 64) WHEN c.status >= 400 THEN 'status_' || c.status ELSE '' END,
    left(coalesce(c.error_message, ''), 500), coalesce(c.log, 'none'), true
  FROM unnest(p_records) AS each(text), jsonb_to_record(each.text::jsonb) AS c(
    id uuid, team_id uuid, api_key_id uuid, user_id uuid, origin text, origin_id uuid, session text, method text, path text,
    alias text, routing_key jsonb, service_id uuid, enrollment_id uuid, channel text, gateway_id text, status integer,
    latency_ms double precision, ttfb_ms double precision, request_bytes bigint, response_bytes bigint, memo text,
    memo_age_seconds integer, stages jsonb, error_source text, error_type text, error_message text, log text)
  WHERE c.id IS NOT NULL
  ORDER BY c.id
  ON CONFLICT (id) DO UPDATE SET
    alias = EXCLUDED.alias, user_id = coalesce(known.user_id, EXCLUDED.user_id),
    service_id = coalesce(known.service_id, EXCLUDED.service_id), enrollment_id = coalesce(known.enrollment_id, EXCLUDED.enrollment_id),
    status = CASE WHEN EXCLUDED.status > 0 THEN EXCLUDED.status ELSE known.status END,
    latency_ms = EXCLUDED.latency_ms, ttfb_ms = coalesce(EXCLUDED.ttfb_ms, known.ttfb_ms),
    response_bytes = greatest(known.response_bytes, EXCLUDED.response_bytes), memo = EXCLUDED.memo,
    memo_age_seconds = EXCLUDED.memo_age_seconds, stages = EXCLUDED.stages,
    error_source = CASE WHEN EXCLUDED.status > 0 THEN EXCLUDED.error_source ELSE known.error_source END,
    error_type = CASE WHEN EXCLUDED.status > 0 THEN EXCLUDED.error_type ELSE known.error_type END,
    error_message = EXCLUDED.error_message, log = EXCLUDED.log, is_told = true
  WHERE NOT known.is_told;

  INSERT INTO request_logs_keptbodies (
    id, team_id, query, request_headers, response_headers, request_body, request_size, request_is_cut, request_parts,
    request_why_not, response_body, response_size, response_is_cut, response_parts, response_why_not)
  SELECT DISTINCT ON (c.id)
    c.id, c.team_id, coalesce(c.kept ->> 'query', ''), coalesce(c.kept -> 'request_headers', '{}'),
    coalesce(c.kept -> 'response_headers', '{}'),
    decode(coalesce(asked ->> 'bytes', ''), 'base64'), coalesce((asked ->> 'size')::bigint, 0),
    coalesce((asked ->> 'is_cut')::boolean, false), coalesce((asked ->> 'parts')::smallint, 0), left(coalesce(asked ->> 'why_not', ''), 200),
    decode(coalesce(answered ->> 'bytes', ''), 'base64'), coalesce((answered ->> 'size')::bigint, 0),
    coalesce((answered ->> 'is_cut')::boolean, false), coalesce((answered ->> 'parts')::smallint, 0),
    left(coalesce(answered ->> 'why_not', ''), 200)
  FROM unnest(p_records) AS each(text), jsonb_to_record(each.text::jsonb) AS c(id uuid, team_id uuid, kept jsonb),
       LATERAL (SELECT c.kept -> 'request' AS asked, c.kept -> 'response' AS answered) AS sides
  WHERE c.id IS NOT NULL AND c.kept IS NOT NULL
    AND NOT EXISTS (SELECT FROM request_logs_requestlog AS row WHERE row.id = c.id AND row.forgotten_at IS NOT NULL)
  ORDER BY c.id
  ON CONFLICT DO NOTHING;

  INSERT INTO request_logs_bodypart (log_id, side, number, bytes, received_at)
  SELECT p.log_id, p.side, p.number, decode(p.bytes, 'base64'), clock_timestamp()
  FROM unnest(p_records) AS each(text), jsonb_to_record(each.text::jsonb) AS p(log_id uuid, side text, number smallint, bytes text)
  WHERE p.log_id IS NOT NULL
    AND NOT EXISTS (SELECT FROM request_logs_requestlog AS row WHERE row.id = p.log_id AND row.forgotten_at IS NOT NULL)
    AND NOT EXISTS (SELECT FROM request_logs_keptbodies AS kept WHERE kept.id = p.log_id
                      AND CASE p.side WHEN 'request' THEN kept.request_object ELSE kept.response_object END <> '')
  ORDER BY p.log_id, p.side, p.number
  ON CONFLICT DO NOTHING
$$;

REVOKE ALL ON FUNCTION request_log_take_attempts, request_log_take_calls FROM PUBLIC;
