-- States are passed in one order. What was agreed when a row was written stays; a reference to the processor or to the
-- books is filled in once. The trigger is given the order of the states and the names of these columns.
CREATE FUNCTION payment_moves_forward() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    states text[] := string_to_array(TG_ARGV[0], ',');
    fixed text[] := string_to_array(TG_ARGV[1], ',');
    once text[] := string_to_array(TG_ARGV[2], ',');
    old_row jsonb := to_jsonb(OLD);
    new_row jsonb := to_jsonb(NEW);
    name text;
BEGIN
    IF array_position(states, NEW.state::text) < array_position(states, OLD.state::text) THEN
        RAISE EXCEPTION '% does not go back from % to %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    FOREACH name IN ARRAY fixed || once LOOP
        IF old_row -> name IS DISTINCT FROM new_row -> name
           AND NOT (name = ANY (once) AND old_row ->> name IS NULL) THEN
            RAISE EXCEPTION '%.% does not change any more', TG_TABLE_NAME, name
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END LOOP;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_topup_forward BEFORE UPDATE ON payments_topup FOR EACH ROW
    EXECUTE FUNCTION payment_moves_forward(
        'pending,action_required,processing,failed,canceled,succeeded',
        'wallet_id,kind,amount,request_key,card_id', 'page_id,payment_id,transaction_id,received');
CREATE TRIGGER payments_refund_forward BEFORE UPDATE ON payments_refund FOR EACH ROW
    EXECUTE FUNCTION payment_moves_forward(
        'pending,succeeded,canceled,failed',
        'top_up_id,amount,request_key,transaction_id,is_external', 'refund_id,reversal_id');
CREATE TRIGGER payments_chargeback_forward BEFORE UPDATE ON payments_chargeback FOR EACH ROW
    EXECUTE FUNCTION payment_moves_forward(
        'open,won,lost', 'top_up_id,dispute_id,amount,transaction_id', 'reversal_id');

CREATE TRIGGER payments_topup_kept BEFORE DELETE ON payments_topup
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_refund_kept BEFORE DELETE ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_chargeback_kept BEFORE DELETE ON payments_chargeback
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_topup_never_emptied BEFORE TRUNCATE ON payments_topup
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_refund_never_emptied BEFORE TRUNCATE ON payments_refund
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payments_chargeback_never_emptied BEFORE TRUNCATE ON payments_chargeback
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- No more goes back to a card than came from it. The wallet's lock is held by everybody who writes refunds.
CREATE FUNCTION refund_is_within_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    received numeric;
    refunded numeric;
BEGIN
    SELECT t.received INTO received FROM payments_topup t WHERE t.id = NEW.top_up_id;
    SELECT coalesce(sum(r.amount), 0) INTO refunded FROM payments_refund r
     WHERE r.top_up_id = NEW.top_up_id AND r.state IN ('pending', 'succeeded');
    IF NOT coalesce(refunded + NEW.amount <= received, false) THEN
        RAISE EXCEPTION 'a refund of % is more than what is left of the payment', NEW.amount
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER payments_refund_within BEFORE INSERT ON payments_refund
    FOR EACH ROW EXECUTE FUNCTION refund_is_within_payment();
