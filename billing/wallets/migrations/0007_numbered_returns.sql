-- As before, but a process numbers the returns of a lease upwards and repeats one whose answer was lost: what has
-- arrived already changes nothing. Without a number (gateways of before) each call is a return of its own.
CREATE FUNCTION lease_return(p_lease uuid, p_amount numeric, p_number integer DEFAULT NULL) RETURNS numeric
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
    IF p_number <= lease.last_return THEN
        RETURN lease.amount;
    END IF;
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
       SET amount = l.amount - p_amount, state = CASE WHEN l.amount = p_amount THEN 'closed' ELSE 'open' END,
           last_return = coalesce(p_number, l.last_return)
     WHERE l.id = p_lease;
    RETURN lease.amount - p_amount;
END $$;
REVOKE ALL ON FUNCTION lease_return(uuid, numeric, integer) FROM PUBLIC;

-- A function with another argument is another function: whoever may call the old one may call this one.
DO $$
DECLARE
    caller regrole;
BEGIN
    FOR caller IN
        SELECT old.grantee FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) AS old
         WHERE p.oid = 'lease_return(uuid, numeric)'::regprocedure AND old.grantee NOT IN (p.proowner, 0)
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION lease_return(uuid, numeric, integer) TO %s', caller);
    END LOOP;
END $$;
DROP FUNCTION lease_return(uuid, numeric);
