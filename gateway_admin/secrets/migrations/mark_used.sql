-- The gateway tells which secrets were used. It may call this and may not write the table.
CREATE FUNCTION secrets_mark_used(p_teams uuid[], p_names text[]) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  UPDATE secrets_secret AS s SET last_used_at = now()
  FROM unnest(p_teams, p_names) AS used(team_id, name)
  WHERE s.team_id = used.team_id AND s.name = used.name
    AND (s.last_used_at IS NULL OR s.last_used_at < now() - interval '1 minute')
$$;
