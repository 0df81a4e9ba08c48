-- How many calls for later a team may have, and the registration of one by a gateway.

-- Whoever adds one asks first: until the end of the transaction nobody else adds one for the same team.
CREATE FUNCTION schedule_has_room(p_team uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('schedules'), hashtext(p_team::text));
  RETURN (SELECT count(*) FROM schedules_schedule WHERE team_id = p_team AND state IN ('draft', 'active', 'paused'))
         < coalesce((SELECT most FROM schedules_schedulequota WHERE team_id = p_team), 1000);
END $$;

-- The same name with the same call is the same registration, also for a team that has no room for another one.
CREATE OR REPLACE FUNCTION schedule_register(
  p_id uuid, p_team uuid, p_user uuid, p_api_key uuid, p_kind text, p_name text, p_method text, p_path text,
  p_headers jsonb, p_body bytea, p_schedule jsonb, p_due_at timestamptz, p_digest text
) RETURNS TABLE (id uuid, due_at timestamptz, is_new boolean) LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public AS $$
#variable_conflict use_column
DECLARE
  has_room boolean := schedule_has_room(p_team);
  known schedules_schedule%ROWTYPE;
BEGIN
  IF p_name <> '' THEN
    SELECT * INTO known FROM schedules_schedule WHERE team_id = p_team AND name = p_name AND state <> 'cancelled';
    IF FOUND AND known.digest <> p_digest THEN
      RAISE EXCEPTION 'The name is taken.' USING ERRCODE = 'unique_violation';
    ELSIF FOUND THEN
      RETURN QUERY SELECT known.id, known.due_at, false;
      RETURN;
    END IF;
  END IF;
  IF NOT has_room THEN
    RAISE EXCEPTION 'The team has as many calls for later as it may have.' USING ERRCODE = 'program_limit_exceeded';
  END IF;
  INSERT INTO schedules_schedule (id, created_at, updated_at, team_id, created_by_id, api_key_id, kind, state, name, method,
                                  path, headers, body, schedule, due_at, digest, catch_up, catch_up_seconds)
  VALUES (p_id, now(), now(), p_team, (SELECT u.id FROM users_user AS u WHERE u.id = p_user),
          (SELECT k.id FROM api_keys_apikey AS k WHERE k.id = p_api_key),
          p_kind, 'active', p_name, p_method, p_path, p_headers, p_body, p_schedule, p_due_at, p_digest,
          CASE WHEN p_kind = 'delayed' THEN 'latest' ELSE 'skip' END,
          CASE WHEN p_kind = 'delayed' THEN 86400 ELSE 3600 END);
  RETURN QUERY SELECT p_id, p_due_at, true;
END $$;

REVOKE ALL ON FUNCTION schedule_has_room FROM PUBLIC;

-- A run that has ended stays as it ended, and no run is moved to another time. Only the answer may be forgotten, and a
-- run of which nothing was known may turn out to have ended.
CREATE FUNCTION schedule_run_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.schedule_id <> OLD.schedule_id OR NEW.due_at <> OLD.due_at OR NEW.id <> OLD.id THEN
    RAISE EXCEPTION 'A run belongs to its schedule and its time.' USING ERRCODE = 'check_violation';
  END IF;
  IF OLD.state IN ('done', 'failed', 'refused', 'skipped', 'cancelled') AND NEW.state <> OLD.state THEN
    RAISE EXCEPTION 'A run that has ended stays as it ended.' USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER schedule_run_stays BEFORE UPDATE ON schedules_run FOR EACH ROW EXECUTE FUNCTION schedule_run_stays();
