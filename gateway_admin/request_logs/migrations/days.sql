-- Partitions: made ahead, dropped when their time is over. They run with their owner's rights: the application owns no table.

-- The smallest id of a moment.
CREATE FUNCTION request_log_bound(p_at timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM p_at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

-- The moment of an id.
CREATE FUNCTION request_log_moment(p_id uuid) RETURNS timestamptz LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT to_timestamp(('x' || left(replace(p_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
$$;

-- Make a day's partitions of rows and bodies. What has come for that day already moves there. Returns whether they are new.
CREATE FUNCTION request_log_make_day(p_day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  of text;
  made boolean := false;
  name text;
  first uuid := public.request_log_bound(p_day::timestamp AT TIME ZONE 'UTC');
  next uuid := public.request_log_bound((p_day + 1)::timestamp AT TIME ZONE 'UTC');
BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('request_log_make_day'));
  FOREACH of IN ARRAY ARRAY['request_logs_requestlog', 'request_logs_keptbodies'] LOOP
    name := of || '_' || to_char(p_day, 'YYYYMMDD');
    CONTINUE WHEN to_regclass('public.' || name) IS NOT NULL;
    EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, of);
    EXECUTE format('LOCK TABLE public.%I IN ACCESS EXCLUSIVE MODE', of || '_rest');
    EXECUTE format(
      'WITH moved AS (DELETE FROM public.%I WHERE id >= %L AND id < %L RETURNING *) INSERT INTO public.%I SELECT * FROM moved',
      of || '_rest', first, next, name);
    EXECUTE format('ALTER TABLE public.%I ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)', of, name, first, next);
    made := true;
  END LOOP;
  RETURN made;
END $$;

-- Drop the partitions of days before p_day: of 'request_logs_requestlog' or 'request_logs_keptbodies'. Returns their names.
CREATE FUNCTION request_log_drop_days(p_of text, p_before date) RETURNS SETOF text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  name text;
BEGIN
  IF p_of NOT IN ('request_logs_requestlog', 'request_logs_keptbodies') THEN
    RAISE EXCEPTION 'There are no days of %', p_of;
  END IF;
  FOR name IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
     WHERE i.inhparent = ('public.' || p_of)::regclass AND c.relname ~ '_[0-9]{8}$'
       AND to_date(right(c.relname, 8), 'YYYYMMDD') < p_before
     ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN NEXT name;
  END LOOP;
  EXECUTE format('DELETE FROM public.%I WHERE id < %L', p_of || '_rest',
                 public.request_log_bound(p_before::timestamp AT TIME ZONE 'UTC'));
END $$;

REVOKE ALL ON FUNCTION request_log_make_day, request_log_drop_days FROM PUBLIC;
