-- The gateway tells which keys were used. It may call this and may not write the table.
CREATE FUNCTION api_keys_mark_used(p_ids uuid[]) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  UPDATE api_keys_apikey SET last_used_at = now()
  WHERE id = ANY(p_ids) AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')
$$;
