-- Whoever keeps the rules in memory reads one row before each use. The row becomes visible with the rules themselves, so
-- nobody keeps old rules under a new number; the sequence gives no number twice, also after a transaction was undone.
-- Uses are counted without it, but for the last one: then the rule is over.
CREATE SEQUENCE promotions_rulechanges_number;
INSERT INTO promotions_rulechanges (id, number) VALUES (1, nextval('promotions_rulechanges_number'));

CREATE FUNCTION note_change_of_rules() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO promotions_rulechanges (id, number) VALUES (1, nextval('promotions_rulechanges_number'))
        ON CONFLICT (id) DO UPDATE SET number = excluded.number;
    RETURN NULL;
END $$;
CREATE TRIGGER promotions_pricerule_changed
    AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF seller_id, name, pricing, scope, apply_at, priority, status, active_from,
        active_until, requires_redemption, expires_at, max_uses ON promotions_pricerule
    FOR EACH STATEMENT EXECUTE FUNCTION note_change_of_rules();
CREATE TRIGGER promotions_pricerule_used_up AFTER UPDATE OF uses ON promotions_pricerule
    FOR EACH ROW WHEN (NEW.uses = NEW.max_uses) EXECUTE FUNCTION note_change_of_rules();

-- The quota of a code counts its redemptions, under the lock of the rule.
CREATE FUNCTION refuse_redemption_beyond_the_quota() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    quota integer;
BEGIN
    SELECT max_uses INTO quota FROM promotions_pricerule WHERE id = NEW.rule_id FOR NO KEY UPDATE;
    IF quota <= (SELECT count(*) FROM promotions_redemption WHERE rule_id = NEW.rule_id) THEN
        RAISE EXCEPTION 'the promotion % is used up', NEW.rule_id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promotions_redemption_within_quota BEFORE INSERT ON promotions_redemption
    FOR EACH ROW EXECUTE FUNCTION refuse_redemption_beyond_the_quota();

-- The quota of any other rule counts the calls that it made cheaper. A quota may be lowered below what was used.
CREATE FUNCTION refuse_use_beyond_the_quota() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the promotion % is used up', NEW.id USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER promotions_pricerule_within_quota BEFORE UPDATE OF uses ON promotions_pricerule
    FOR EACH ROW WHEN (NEW.uses > OLD.uses AND NEW.uses > NEW.max_uses) EXECUTE FUNCTION refuse_use_beyond_the_quota();

-- An allowance is what it was granted as. It is used, never given back, and may end at another time.
CREATE FUNCTION keep_allowance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.used >= OLD.used
       AND (NEW.id, NEW.wallet_id, NEW.enrollment_id, NEW.name, NEW.metric, NEW.included, NEW.funded_by, NEW.starts_at, NEW.key)
         = (OLD.id, OLD.wallet_id, OLD.enrollment_id, OLD.name, OLD.metric, OLD.included, OLD.funded_by, OLD.starts_at, OLD.key) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the allowance % is fixed: end it and grant another one', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE TRIGGER promotions_allowance_kept BEFORE UPDATE OR DELETE ON promotions_allowance
    FOR EACH ROW EXECUTE FUNCTION keep_allowance();
