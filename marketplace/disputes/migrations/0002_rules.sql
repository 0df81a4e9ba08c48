-- A dispute that ended stays as it ended; only what each side has seen changes. States go forward only.
CREATE OR REPLACE FUNCTION disputes_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.team_id, NEW.seller_id, NEW.service_id, NEW.wallet_id, NEW.charge_id, NEW.opened_by_id,
        NEW.opened_at, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.team_id, OLD.seller_id, OLD.service_id, OLD.wallet_id, OLD.charge_id, OLD.opened_by_id,
        OLD.opened_at, OLD.created_at)
       OR (NEW.state <> OLD.state AND OLD.state || ' > ' || NEW.state NOT IN (
            'open > answered', 'open > resolved', 'open > rejected', 'open > withdrawn',
            'answered > resolved', 'answered > rejected', 'answered > withdrawn'))
       OR (OLD.state NOT IN ('open', 'answered')
           AND (NEW.credited, NEW.transaction_id, NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM
               (OLD.credited, OLD.transaction_id, OLD.ended_at, OLD.ended_by_id)) THEN
        RAISE EXCEPTION 'a dispute is not rewritten' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER disputes_dispute_forward_only BEFORE UPDATE ON disputes_dispute
    FOR EACH ROW EXECUTE FUNCTION disputes_guard();
CREATE TRIGGER disputes_dispute_never_deleted BEFORE DELETE ON disputes_dispute
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER disputes_disputemessage_append_only BEFORE UPDATE OR DELETE ON disputes_disputemessage
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- Never more goes back than was charged. The wallet's lock makes those who credit a charge wait for each other.
CREATE OR REPLACE FUNCTION disputes_guard_credit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(credited) FROM disputes_dispute WHERE charge_id = NEW.charge_id)
       > (SELECT charged FROM rating_charge WHERE event_id = NEW.charge_id) THEN
        RAISE EXCEPTION 'more would go back than was charged' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER disputes_dispute_credit AFTER INSERT OR UPDATE OF credited ON disputes_dispute
    FOR EACH ROW WHEN (NEW.credited > 0) EXECUTE FUNCTION disputes_guard_credit();
