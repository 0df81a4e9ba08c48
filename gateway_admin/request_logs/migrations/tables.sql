-- Rows and bodies, each partitioned by the day of its id: the first 48 bits of an id are milliseconds since 1970.

CREATE TABLE request_logs_requestlog (
  id uuid PRIMARY KEY,
  call_id uuid NOT NULL,
  team_id uuid NOT NULL,
  started_at timestamptz NOT NULL,
  api_key_id uuid,
  user_id uuid,
  origin varchar(16) NOT NULL DEFAULT 'call',
  origin_id uuid,
  session varchar(100) NOT NULL DEFAULT '',
  method varchar(32) NOT NULL,
  path varchar(500) NOT NULL,
  primitives varchar(16) NOT NULL DEFAULT '',
  alias varchar(80) NOT NULL DEFAULT '',
  routing_key jsonb,
  service_id uuid,
  enrollment_id uuid,
  channel text NOT NULL DEFAULT '',
  gateway_id text NOT NULL DEFAULT '',
  role varchar(16) NOT NULL DEFAULT 'primary',
  outcome varchar(16) NOT NULL DEFAULT '',
  status smallint NOT NULL DEFAULT 0,
  upstream_status smallint,
  latency_ms double precision NOT NULL DEFAULT 0,
  upstream_ms double precision,
  ttfb_ms double precision,
  request_bytes bigint NOT NULL DEFAULT 0,
  response_bytes bigint NOT NULL DEFAULT 0,
  usage jsonb NOT NULL DEFAULT '{}',
  flags jsonb NOT NULL DEFAULT '[]',
  memo varchar(8) NOT NULL DEFAULT '',
  memo_age_seconds integer,
  stages jsonb NOT NULL DEFAULT '{}',
  error_source varchar(8) NOT NULL DEFAULT '',
  error_type varchar(64) NOT NULL DEFAULT '',
  error_message varchar(500) NOT NULL DEFAULT '',
  log varchar(9) NOT NULL DEFAULT 'none',
  has_event boolean NOT NULL DEFAULT false,
  is_told boolean NOT NULL DEFAULT false,
  forgotten_at timestamptz,
  CONSTRAINT request_log_words_are_known CHECK (
    error_source IN ('', 'client', 'gateway', 'upstream', 'money', 'limit') AND log IN ('none', 'truncated', 'complete'))
) PARTITION BY RANGE (id);

-- Every list is a team's, newest first. The others begin with what a filter names.
CREATE INDEX request_log_of_team ON request_logs_requestlog (team_id, id DESC);
CREATE INDEX request_log_of_service ON request_logs_requestlog (team_id, service_id, id DESC) WHERE service_id IS NOT NULL;
CREATE INDEX request_log_of_enrollment ON request_logs_requestlog (team_id, enrollment_id, id DESC) WHERE enrollment_id IS NOT NULL;
CREATE INDEX request_log_of_key ON request_logs_requestlog (team_id, api_key_id, id DESC) WHERE api_key_id IS NOT NULL;
CREATE INDEX request_log_errors ON request_logs_requestlog (team_id, id DESC) WHERE error_source <> '';
CREATE INDEX request_log_of_alias ON request_logs_requestlog (team_id, alias, id DESC) WHERE alias <> '';
CREATE INDEX request_log_of_session ON request_logs_requestlog (team_id, session, id DESC) WHERE session <> '';
CREATE INDEX request_log_of_run ON request_logs_requestlog (origin_id) WHERE origin_id IS NOT NULL;
CREATE INDEX request_log_parts ON request_logs_requestlog (call_id) WHERE call_id <> id;
-- Sellers see how often their services fail, of all customers together.
CREATE INDEX request_log_failures ON request_logs_requestlog (service_id, id DESC) WHERE error_source = 'upstream';

CREATE TABLE request_logs_keptbodies (
  id uuid PRIMARY KEY,
  team_id uuid NOT NULL,
  query text NOT NULL DEFAULT '',
  request_headers jsonb NOT NULL DEFAULT '{}',
  response_headers jsonb NOT NULL DEFAULT '{}',
  request_body bytea NOT NULL DEFAULT '',
  request_size bigint NOT NULL DEFAULT 0,
  request_is_cut boolean NOT NULL DEFAULT false,
  request_parts smallint NOT NULL DEFAULT 0,
  request_object varchar(200) NOT NULL DEFAULT '',
  request_why_not varchar(200) NOT NULL DEFAULT '',
  response_body bytea NOT NULL DEFAULT '',
  response_size bigint NOT NULL DEFAULT 0,
  response_is_cut boolean NOT NULL DEFAULT false,
  response_parts smallint NOT NULL DEFAULT 0,
  response_object varchar(200) NOT NULL DEFAULT '',
  response_why_not varchar(200) NOT NULL DEFAULT ''
) PARTITION BY RANGE (id);
CREATE INDEX kept_bodies_of_team ON request_logs_keptbodies (team_id, id);
-- What has an object must lose it before the row goes; what has parts waits to be put together.
CREATE INDEX kept_bodies_with_objects ON request_logs_keptbodies (id) WHERE request_object <> '' OR response_object <> '';
CREATE INDEX kept_bodies_in_parts ON request_logs_keptbodies (id)
  WHERE (request_parts > 0 AND request_object = '') OR (response_parts > 0 AND response_object = '');

-- What comes on a day without a partition: a clock that is wrong, or a job that has not run for a week.
CREATE TABLE request_logs_requestlog_rest PARTITION OF request_logs_requestlog DEFAULT;
CREATE TABLE request_logs_keptbodies_rest PARTITION OF request_logs_keptbodies DEFAULT;
