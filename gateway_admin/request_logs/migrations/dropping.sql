-- As before, but days are compared as texts: PostgreSQL may look at any table's name before it looks whose partition it is,
-- and the tables of long values are called by numbers (pg_toast_87082049) that are no dates.
CREATE OR REPLACE FUNCTION request_log_drop_days(p_of text, p_before date) RETURNS SETOF text
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
       AND right(c.relname, 8) < to_char(p_before, 'YYYYMMDD')
     ORDER BY c.relname
  LOOP
    EXECUTE format('DROP TABLE public.%I', name);
    RETURN NEXT name;
  END LOOP;
  EXECUTE format('DELETE FROM public.%I WHERE id < %L', p_of || '_rest',
                 public.request_log_bound(p_before::timestamp AT TIME ZONE 'UTC'));
END $$;
