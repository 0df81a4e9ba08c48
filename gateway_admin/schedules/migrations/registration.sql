-- What gateways may do with calls for later and with answers that are kept. They have no right on the tables.

-- The same name with the same call is the same registration; another call under a name that is taken is refused.
CREATE FUNCTION schedule_register(
  p_id uuid, p_team uuid, p_user uuid, p_api_key uuid, p_kind text, p_name text, p_method text, p_path text,
  p_headers jsonb, p_body bytea, p_schedule jsonb, p_due_at timestamptz, p_digest text
) RETURNS TABLE (id uuid, due_at timestamptz, is_new boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
  known schedules_schedule%ROWTYPE;
BEGIN
  IF (SELECT count(*) FROM schedules_schedule WHERE team_id = p_team AND state IN ('draft', 'active', 'paused')) >= 1000 THEN
    RAISE EXCEPTION 'A team has at most 1000 calls for later.' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  INSERT INTO schedules_schedule (id, created_at, updated_at, team_id, created_by_id, api_key_id, kind, state, name, method,
                                  path, headers, body, schedule, due_at, digest)
  VALUES (p_id, now(), now(), p_team, (SELECT u.id FROM users_user AS u WHERE u.id = p_user),
          (SELECT k.id FROM api_keys_apikey AS k WHERE k.id = p_api_key),
          p_kind, 'active', p_name, p_method, p_path, p_headers, p_body, p_schedule, p_due_at, p_digest)
  ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN QUERY SELECT p_id, p_due_at, true;
    RETURN;
  END IF;
  SELECT * INTO known FROM schedules_schedule WHERE team_id = p_team AND name = p_name AND state <> 'cancelled';
  IF NOT FOUND OR known.digest <> p_digest THEN
    RAISE EXCEPTION 'The name is taken.' USING ERRCODE = 'unique_violation';
  END IF;
  RETURN QUERY SELECT known.id, known.due_at, false;
END $$;

CREATE FUNCTION task_start(p_team uuid, p_broadcast text, p_ids uuid[], p_names text[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  INSERT INTO schedules_taskanswer (id, team_id, broadcast, name, created_at)
  SELECT task.id, p_team, left(p_broadcast, 64), left(task.name, 64), now()
  FROM unnest(p_ids, p_names) AS task(id, name)
$$;

CREATE FUNCTION task_finish(p_id uuid, p_answer jsonb) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  UPDATE schedules_taskanswer SET answer = p_answer, finished_at = now() WHERE id = p_id AND finished_at IS NULL
$$;

-- A task whose gateway ended before it did is lost: no call takes longer than ten minutes.
CREATE FUNCTION task_read(p_team uuid, p_id uuid) RETURNS jsonb
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT jsonb_build_object(
    'task_id', id, 'broadcast', broadcast, 'name', name, 'created_at', created_at, 'result', answer,
    'status', CASE WHEN finished_at IS NOT NULL THEN 'done'
                   WHEN created_at < now() - interval '15 minutes' THEN 'lost'
                   ELSE 'running' END)
  FROM schedules_taskanswer WHERE id = p_id AND team_id = p_team
$$;

REVOKE ALL ON FUNCTION schedule_register, task_start, task_finish, task_read FROM PUBLIC;
