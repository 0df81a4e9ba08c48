-- A queue: rows come and go all day, so it is vacuumed by count and not by share.
ALTER TABLE rating_usageinbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);
ALTER TABLE rating_periodusage SET (fillfactor = 70);

-- The gateway hands its events over. Parallel arrays, one element an event; payloads are JSON text. Returns how many
-- were new. When the call has committed, all of them are PostgreSQL's, and the spool may forget them.
CREATE OR REPLACE FUNCTION usage_inbox_insert(
    p_gateway text, p_events uuid[], p_wallets uuid[], p_leases uuid[], p_payloads text[]
) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH arrived AS (
        INSERT INTO rating_usageinbox (event_id, gateway_id, wallet_id, lease_id, payload, received_at)
        SELECT each.event_id, p_gateway, each.wallet_id, each.lease_id, each.payload, clock_timestamp()
          FROM unnest(p_events, p_wallets, p_leases, p_payloads) AS each (event_id, wallet_id, lease_id, payload)
         ORDER BY each.event_id
        ON CONFLICT DO NOTHING RETURNING 1
    )
    SELECT count(*)::integer FROM arrived
$$;

-- A charge is written once. The one change there is: an unpriced charge gets its price, and is fixed from then on.
CREATE OR REPLACE FUNCTION refuse_change_of_charge() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.state = 'unpriced' AND NEW.state = 'charged'
       AND (NEW.event_id, NEW.wallet_id, NEW.team_id, NEW.service_id, NEW.enrollment_id, NEW.usage, NEW.hold, NEW.channel,
            NEW.outcome, NEW.period, NEW.started_at, NEW.finished_at, NEW.created_at) IS NOT DISTINCT FROM
           (OLD.event_id, OLD.wallet_id, OLD.team_id, OLD.service_id, OLD.enrollment_id, OLD.usage, OLD.hold, OLD.channel,
            OLD.outcome, OLD.period, OLD.started_at, OLD.finished_at, OLD.created_at) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'rating_charge is append-only: post an adjustment instead'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER rating_charge_append_only BEFORE UPDATE OR DELETE ON rating_charge
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_charge();
CREATE TRIGGER rating_charge_never_emptied BEFORE TRUNCATE ON rating_charge
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Sum of two usages, metric by metric. A loop: half the time of grouping both sides in SQL.
CREATE OR REPLACE FUNCTION metrics_sum(p_left jsonb, p_right jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    metric text;
    quantity text;
BEGIN
    FOR metric, quantity IN SELECT * FROM jsonb_each_text(p_right) LOOP
        p_left := jsonb_set(
            p_left, ARRAY[metric], to_jsonb((coalesce((p_left ->> metric)::numeric, 0) + quantity::numeric)::text));
    END LOOP;
    RETURN p_left;
END $$;

-- The end of leases. Wallets are locked first, in id order, in a statement of its own: what follows sees what their
-- last holder committed.

-- Let go of what retired leases still hold, once none of their events waits in the inbox. Returns how many ended.
CREATE OR REPLACE FUNCTION lease_release_retired(p_limit integer) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ending uuid[];
BEGIN
    SELECT array_agg(id) INTO ending FROM (
        SELECT l.id FROM wallets_lease l
         WHERE l.state = 'retired' AND NOT EXISTS (SELECT FROM rating_usageinbox i WHERE i.lease_id = l.id)
         LIMIT p_limit
    ) AS retired;
    RETURN lease_end(ending, 'closed');
END $$;

-- Fence leases whose process was not heard of for p_grace_seconds after they ran out. Their later events are charged
-- only as far as the wallet's floor allows. Time when PostgreSQL was down does not count, and what is in the inbox is
-- settled first. Returns how many ended.
CREATE OR REPLACE FUNCTION lease_fence_expired(p_grace_seconds integer, p_limit integer) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ending uuid[];
BEGIN
    IF pg_postmaster_start_time() > now() - make_interval(secs => p_grace_seconds) THEN
        RETURN 0;
    END IF;
    SELECT array_agg(id) INTO ending FROM (
        SELECT l.id FROM wallets_lease l
         WHERE l.state = 'open' AND l.expires_at < now() - make_interval(secs => p_grace_seconds)
           AND NOT EXISTS (SELECT FROM rating_usageinbox i WHERE i.lease_id = l.id)
         LIMIT p_limit
    ) AS expired;
    RETURN lease_end(ending, 'fenced');
END $$;

-- End leases and give what they hold back to their wallets. A lease that was renewed or drawn on meanwhile stays.
CREATE OR REPLACE FUNCTION lease_end(p_leases uuid[], p_state text) RETURNS integer
LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    PERFORM FROM wallets_wallet w
      WHERE w.id IN (SELECT l.wallet_id FROM wallets_lease l WHERE l.id = ANY (p_leases))
      ORDER BY w.id FOR NO KEY UPDATE;
    WITH ending AS (
        SELECT l.id, l.wallet_id, l.amount FROM wallets_lease l
         WHERE l.id = ANY (p_leases)
           AND (l.state = 'retired' AND p_state = 'closed' OR l.state = 'open' AND p_state = 'fenced' AND l.expires_at < now())
           AND NOT EXISTS (SELECT FROM rating_usageinbox i WHERE i.lease_id = l.id)
         ORDER BY l.id FOR NO KEY UPDATE
    ), closed AS (
        UPDATE wallets_lease l SET state = CASE WHEN l.amount = 0 THEN 'closed' ELSE p_state END, amount = 0
          FROM ending WHERE l.id = ending.id RETURNING 1
    ), freed AS (
        UPDATE wallets_wallet w SET held = w.held - sums.amount
          FROM (SELECT wallet_id, sum(amount) AS amount FROM ending GROUP BY wallet_id) AS sums
         WHERE w.id = sums.wallet_id RETURNING 1
    )
    SELECT count(*) INTO ended FROM closed;
    RETURN ended;
END $$;

REVOKE ALL ON FUNCTION usage_inbox_insert, lease_release_retired, lease_fence_expired, lease_end FROM PUBLIC;
