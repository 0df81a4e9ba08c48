-- Events as gateways ship them, one JSON text each. Returns how many were new. A gateway writes the ids first, and they are
-- taken from their places; with any other order of members the text is read, but for the zero character that it cannot hold.
CREATE FUNCTION usage_inbox_take(p_gateway text, p_events text[]) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT coalesce(usage_inbox_insert(
        p_gateway,
        array_agg((CASE WHEN placed THEN substr(event, 14, 36) ELSE members ->> 'event_id' END)::uuid),
        array_agg((CASE WHEN placed THEN substr(event, 65, 36) ELSE members ->> 'wallet_id' END)::uuid),
        array_agg((CASE WHEN NOT placed THEN members ->> 'lease_id'
                        WHEN substr(event, 114, 1) = '"' THEN substr(event, 115, 36) END)::uuid),
        array_agg(event)), 0)
      FROM unnest(p_events) AS each (event)
     CROSS JOIN LATERAL (
        SELECT event LIKE '{"event_id":"____________________________________",'
                          '"wallet_id":"____________________________________","lease_id":%'
      ) AS ids (placed)
     CROSS JOIN LATERAL (
        SELECT CASE WHEN NOT placed THEN replace(event, '\u0000', '\ufffd')::json END
      ) AS read (members)
$$;
REVOKE ALL ON FUNCTION usage_inbox_take FROM PUBLIC;
