-- Wallet rows change with every batch; room on the page keeps the new version beside the old one (HOT).
ALTER TABLE wallets_wallet SET (fillfactor = 50);
ALTER TABLE wallets_lease SET (fillfactor = 70);

CREATE TRIGGER wallets_walletentry_append_only BEFORE UPDATE OR DELETE ON wallets_walletentry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER wallets_walletentry_never_emptied BEFORE TRUNCATE ON wallets_walletentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The leases. docs/algorithms/wallets.md explains each function. Two orders hold everywhere, so nothing deadlocks:
-- the wallet's row before its leases, and within one statement rows by id.
-- They run with the rights of their owner: the gateway's role needs EXECUTE on them and no right on any table.
-- SQLSTATE of refusals: P0002 no such row, 55000 the lease has ended, 22023 an argument that makes no sense.

-- Open or extend a lease. Grants p_wanted when the wallet can bear it, else all it can bear, else (less than
-- p_minimum) nothing. `spendable` is what the wallet could bear after the grant.
CREATE OR REPLACE FUNCTION lease_draw(
    p_lease uuid, p_wallet uuid, p_gateway text, p_incarnation uuid,
    p_minimum numeric, p_wanted numeric, p_ttl_seconds integer
) RETURNS TABLE (granted numeric, spendable numeric)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lease wallets_lease;
BEGIN
    -- NaN is greater than every number, so the bound refuses it.
    IF p_minimum IS NULL OR p_wanted IS NULL OR NOT (0 <= p_minimum AND p_minimum <= p_wanted AND p_wanted < 1e18)
       OR scale(trim_scale(p_minimum)) > 12 OR NOT coalesce(p_ttl_seconds > 0, false) THEN
        RAISE EXCEPTION 'give 0 <= minimum <= wanted < 1e18, a minimum of at most 12 decimal places, and a time to live above 0'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    p_wanted := trunc(p_wanted, 12);
    SELECT w.settled - w.usage - w.held + w.credit_limit INTO lease_draw.spendable
      FROM wallets_wallet w WHERE w.id = p_wallet FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no wallet %', p_wallet USING ERRCODE = 'no_data_found';
    END IF;
    SELECT * INTO lease FROM wallets_lease l WHERE l.id = p_lease FOR NO KEY UPDATE;
    IF FOUND AND (lease.wallet_id, lease.gateway_id, lease.incarnation) IS DISTINCT FROM (p_wallet, p_gateway::varchar, p_incarnation) THEN
        RAISE EXCEPTION 'the lease % belongs to another wallet or process', p_lease USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF lease.state IN ('retired', 'fenced') THEN
        RAISE EXCEPTION 'the lease % has ended: open another one', p_lease
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    granted := CASE WHEN lease_draw.spendable >= p_wanted THEN p_wanted
                    WHEN lease_draw.spendable >= p_minimum THEN lease_draw.spendable
                    ELSE 0 END;
    lease_draw.spendable := lease_draw.spendable - granted;
    IF granted > 0 THEN
        UPDATE wallets_wallet w SET held = w.held + granted WHERE w.id = p_wallet;
        INSERT INTO wallets_lease AS l (id, wallet_id, gateway_id, incarnation, amount, state, opened_at, expires_at)
             VALUES (p_lease, p_wallet, p_gateway, p_incarnation, granted, 'open', now(), now() + make_interval(secs => p_ttl_seconds))
        ON CONFLICT (id) DO UPDATE
                SET amount = l.amount + excluded.amount, state = 'open', expires_at = excluded.expires_at;
    END IF;
    RETURN NEXT;
END $$;

-- Give back money that no call holds. Returns what the lease has left; a lease with nothing left closes (and opens
-- again with the next draw).
CREATE OR REPLACE FUNCTION lease_return(p_lease uuid, p_amount numeric) RETURNS numeric
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lease wallets_lease;
BEGIN
    SELECT * INTO lease FROM wallets_lease l WHERE l.id = p_lease;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'there is no lease %', p_lease USING ERRCODE = 'no_data_found';
    END IF;
    PERFORM FROM wallets_wallet w WHERE w.id = lease.wallet_id FOR NO KEY UPDATE;
    SELECT * INTO lease FROM wallets_lease l WHERE l.id = p_lease FOR NO KEY UPDATE;
    IF lease.state <> 'open' THEN
        RAISE EXCEPTION 'the lease % has ended: there is nothing to give back', p_lease
            USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    IF p_amount IS NULL OR NOT (0 < p_amount AND p_amount <= lease.amount) OR scale(trim_scale(p_amount)) > 12 THEN
        RAISE EXCEPTION 'the lease % has %: give back more than 0 and at most that', p_lease, lease.amount
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    UPDATE wallets_wallet w SET held = w.held - p_amount WHERE w.id = lease.wallet_id;
    UPDATE wallets_lease l
       SET amount = l.amount - p_amount, state = CASE WHEN l.amount = p_amount THEN 'closed' ELSE 'open' END
     WHERE l.id = p_lease;
    RETURN lease.amount - p_amount;
END $$;

-- Say that a process lives. Returns its leases that hold money; one that is missing has ended, and its money is gone.
-- Empty leases are left to run out and close; the next draw opens them again.
CREATE OR REPLACE FUNCTION lease_renew(p_gateway text, p_incarnation uuid, p_ttl_seconds integer) RETURNS SETOF uuid
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH mine AS (
        SELECT l.id FROM wallets_lease l
         WHERE l.gateway_id = p_gateway AND l.incarnation = p_incarnation AND l.state = 'open' AND l.amount > 0
         ORDER BY l.id FOR NO KEY UPDATE
    )
    UPDATE wallets_lease l SET expires_at = now() + make_interval(secs => p_ttl_seconds)
      FROM mine WHERE l.id = mine.id RETURNING l.id
$$;

-- Retire what earlier lives of this gateway left. Call it when their spool is in the usage inbox, to the last event.
CREATE OR REPLACE FUNCTION lease_retire(p_gateway text, p_incarnation_to_keep uuid) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    WITH old AS (
        SELECT l.id FROM wallets_lease l
         WHERE l.gateway_id = p_gateway AND l.incarnation <> p_incarnation_to_keep AND l.state = 'open'
         ORDER BY l.id FOR NO KEY UPDATE
    ), retired AS (
        UPDATE wallets_lease l SET state = 'retired' FROM old WHERE l.id = old.id RETURNING 1
    )
    SELECT count(*)::integer FROM retired
$$;

REVOKE ALL ON FUNCTION lease_draw, lease_return, lease_renew, lease_retire FROM PUBLIC;
