-- A version of a plan never changes: who subscribed to it keeps what they read.
CREATE FUNCTION refuse_change_of_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE'
       OR (NEW.id, NEW.service_id, NEW.key, NEW.version, NEW.name, NEW.description, NEW.currency, NEW.fee, NEW.metric,
           NEW.quantity)
          IS DISTINCT FROM
          (OLD.id, OLD.service_id, OLD.key, OLD.version, OLD.name, OLD.description, OLD.currency, OLD.fee, OLD.metric,
           OLD.quantity)
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
    THEN
        RAISE EXCEPTION 'a plan is never changed: withdraw it and offer another version'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER subscriptions_plan_never_changes BEFORE UPDATE OR DELETE ON subscriptions_plan
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_plan();

CREATE TRIGGER subscriptions_fee_append_only BEFORE UPDATE OR DELETE ON subscriptions_fee
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER subscriptions_fee_never_emptied BEFORE TRUNCATE ON subscriptions_fee
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Nobody is in a period that was not paid: when the transaction commits, its fee is there, for that very time.
CREATE FUNCTION check_period_is_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM subscriptions_fee f
         WHERE f.subscription_id = NEW.id AND f.kind = 'period' AND f.number = NEW.number
           AND f.starts_at = NEW.starts_at AND f.ends_at = NEW.ends_at
    ) THEN
        RAISE EXCEPTION 'period % of subscription % is not paid', NEW.number, NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER subscriptions_period_is_paid
    AFTER INSERT OR UPDATE OF number, starts_at, ends_at ON subscriptions_subscription
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_period_is_paid();
