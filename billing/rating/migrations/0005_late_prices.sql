-- As before: a charge is written once, and an unpriced one gets its price once. When the statement of its month is
-- closed by then, it counts in the month that is open, which is a later one.
CREATE OR REPLACE FUNCTION refuse_change_of_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'unpriced' AND NEW.state = 'charged' AND NEW.period >= OLD.period
       AND (NEW.event_id, NEW.wallet_id, NEW.team_id, NEW.service_id, NEW.enrollment_id, NEW.api_key_id, NEW.price_id,
            NEW.usage, NEW.hold, NEW.channel, NEW.outcome, NEW.status, NEW.started_at, NEW.finished_at, NEW.created_at)
           IS NOT DISTINCT FROM
           (OLD.event_id, OLD.wallet_id, OLD.team_id, OLD.service_id, OLD.enrollment_id, OLD.api_key_id, OLD.price_id,
            OLD.usage, OLD.hold, OLD.channel, OLD.outcome, OLD.status, OLD.started_at, OLD.finished_at, OLD.created_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rating_charge is append-only: post an adjustment instead'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
