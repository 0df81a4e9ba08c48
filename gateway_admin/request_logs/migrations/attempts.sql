-- Attempts as the gateway ships them: usage events, one JSON text a line. Usage first; then what the log shows of it, when
-- p_log asks for it. Returns whether the log has them: what keeps it from taking them keeps no charge from being made.
CREATE FUNCTION attempts_take(p_gateway text, p_events text, p_log boolean) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    events text[] := string_to_array(p_events, E'\n');
BEGIN
    PERFORM usage_inbox_take(p_gateway, events);
    IF NOT p_log THEN
        RETURN false;
    END IF;
    BEGIN
        PERFORM request_log_take_attempts(events);
    EXCEPTION WHEN OTHERS THEN
        RETURN false;
    END;
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION attempts_take FROM PUBLIC;
