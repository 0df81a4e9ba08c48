-- Rows are changed all through their hour.
ALTER TABLE rating_hourlyusage SET (fillfactor = 70);
ALTER TABLE rating_hourlysales SET (fillfactor = 70);

-- As before: a charge is written once, and an unpriced one gets its price once.
CREATE OR REPLACE FUNCTION refuse_change_of_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'unpriced' AND NEW.state = 'charged' AND NEW.period >= OLD.period
       AND (NEW.event_id, NEW.wallet_id, NEW.team_id, NEW.service_id, NEW.enrollment_id, NEW.api_key_id, NEW.price_id,
            NEW.usage, NEW.hold, NEW.channel, NEW.alias, NEW.outcome, NEW.status, NEW.started_at, NEW.finished_at,
            NEW.created_at)
           IS NOT DISTINCT FROM
           (OLD.event_id, OLD.wallet_id, OLD.team_id, OLD.service_id, OLD.enrollment_id, OLD.api_key_id, OLD.price_id,
            OLD.usage, OLD.hold, OLD.channel, OLD.alias, OLD.outcome, OLD.status, OLD.started_at, OLD.finished_at,
            OLD.created_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rating_charge is append-only: post an adjustment instead'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- A number that no other transaction has until this one ends: who writes the hours of services writes rows of its own.
-- When all are taken, it waits for the first.
CREATE OR REPLACE FUNCTION hourly_sales_slot() RETURNS integer LANGUAGE plpgsql AS $$
BEGIN
    FOR slot IN 0..63 LOOP
        IF pg_try_advisory_xact_lock(hashtext('hourly_sales'), slot) THEN
            RETURN slot;
        END IF;
    END LOOP;
    PERFORM pg_advisory_xact_lock(hashtext('hourly_sales'), 0);
    RETURN 0;
END $$;

-- The hour of the clocks of a place in which a moment falls.
CREATE OR REPLACE FUNCTION clock_hour(p_moment timestamptz, p_zone text) RETURNS timestamptz LANGUAGE sql STABLE AS $$
    SELECT p_moment - make_interval(mins => extract(minute FROM p_moment AT TIME ZONE p_zone)::integer,
                                    secs => extract(second FROM p_moment AT TIME ZONE p_zone)::double precision)
$$;

-- The hours of a wallet anew from its charges, under its lock. Returns how many rows there are.
CREATE OR REPLACE FUNCTION hourly_usage_recount(p_wallet uuid) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    zone text;
    counted bigint;
BEGIN
    SELECT time_zone INTO zone FROM wallets_wallet WHERE id = p_wallet FOR NO KEY UPDATE;
    DELETE FROM rating_hourlyusage WHERE wallet_id = p_wallet;
    INSERT INTO rating_hourlyusage
           (wallet_id, starts_at, period, service_id, channel, api_key_id, alias, requests, failures, charged)
    SELECT wallet_id, clock_hour(finished_at, zone), period, service_id, channel, api_key_id, alias,
           count(*) FILTER (WHERE is_billable), count(*) FILTER (WHERE NOT is_billable), sum(charged)
      FROM (SELECT *, outcome IN ('completed', 'interrupted') AND status BETWEEN 1 AND 399 AS is_billable
              FROM rating_charge WHERE wallet_id = p_wallet AND state = 'charged') AS charges
     GROUP BY 1, 2, 3, 4, 5, 6, 7;
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN counted;
END $$;

-- The hours of all services anew, while nobody else writes any. p_testers: the name of the team that nobody earns by.
CREATE OR REPLACE FUNCTION hourly_sales_recount(p_testers text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    counted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('hourly_sales'), slot) FROM generate_series(0, 63) AS slot;
    DELETE FROM rating_hourlysales;
    INSERT INTO rating_hourlysales (service_id, starts_at, period, currency, slot, requests, failures, paid)
    SELECT c.service_id, date_trunc('hour', c.finished_at, 'UTC'), c.period, w.currency, 0,
           count(*) FILTER (WHERE is_billable), count(*) FILTER (WHERE NOT is_billable), sum(c.charged + a.lent)
      FROM (SELECT *, outcome IN ('completed', 'interrupted') AND status BETWEEN 1 AND 399 AS is_billable
              FROM rating_charge WHERE state = 'charged') AS c
      JOIN wallets_wallet w ON w.id = c.wallet_id
      JOIN teams_team t ON t.id = c.team_id AND t.name <> p_testers
     CROSS JOIN LATERAL (
           SELECT coalesce(sum(amount), 0) AS lent
             FROM jsonb_to_recordset(c.adjustments) AS each (kind text, amount numeric, funded_by text)
            WHERE kind = 'promotion' AND funded_by = 'platform'
     ) AS a
     GROUP BY 1, 2, 3, 4;
    GET DIAGNOSTICS counted = ROW_COUNT;
    RETURN counted;
END $$;
