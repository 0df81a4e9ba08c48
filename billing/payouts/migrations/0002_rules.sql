-- What sellers were told and paid is never rewritten. States go forward only.

CREATE OR REPLACE FUNCTION payouts_guard_invoice() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    step text := OLD.state || ' > ' || NEW.state;
BEGIN
    IF (NEW.id, NEW.seller_id, NEW.currency, NEW.period, NEW.sequence, NEW.opening, NEW.paid_out, NEW.earned,
        NEW.generated_at, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.seller_id, OLD.currency, OLD.period, OLD.sequence, OLD.opening, OLD.paid_out, OLD.earned,
        OLD.generated_at, OLD.created_at)
       OR (NEW.adjusted <> OLD.adjusted AND step <> 'disputed > resolved')
       OR (NEW.transaction_id IS DISTINCT FROM OLD.transaction_id
           AND step NOT IN ('generated > finalized', 'resolved > finalized')) THEN
        RAISE EXCEPTION 'an invoice is not rewritten: void it, or adjust the next one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF step NOT IN ('generated > disputed', 'generated > finalized', 'generated > voided', 'disputed > resolved',
                    'disputed > voided', 'resolved > finalized', 'resolved > voided', 'finalized > funds_released') THEN
        RAISE EXCEPTION 'an invoice does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payouts_invoice_forward_only BEFORE UPDATE ON payouts_invoice
    FOR EACH ROW EXECUTE FUNCTION payouts_guard_invoice();
CREATE TRIGGER payouts_invoice_never_deleted BEFORE DELETE ON payouts_invoice
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION payouts_guard_new_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT state FROM payouts_invoice WHERE id = NEW.invoice_id) <> 'generated' THEN
        RAISE EXCEPTION 'an invoice takes no more lines' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payouts_invoiceline_of_a_new_invoice BEFORE INSERT ON payouts_invoiceline
    FOR EACH ROW EXECUTE FUNCTION payouts_guard_new_line();
CREATE TRIGGER payouts_invoiceline_append_only BEFORE UPDATE OR DELETE ON payouts_invoiceline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER payouts_invoicenote_append_only BEFORE UPDATE OR DELETE ON payouts_invoicenote
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An adjustment's amount, invoice and booking are each written once. Only a voided invoice lets go of it.
CREATE OR REPLACE FUNCTION payouts_guard_adjustment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.seller_id, NEW.currency, NEW.kind, NEW.cause, NEW.note, NEW.service_id, NEW.period, NEW.credited,
        NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.seller_id, OLD.currency, OLD.kind, OLD.cause, OLD.note, OLD.service_id, OLD.period, OLD.credited,
        OLD.created_at)
       OR (OLD.amount IS NOT NULL AND NEW.amount IS DISTINCT FROM OLD.amount)
       OR (OLD.transaction_id IS NOT NULL AND NEW.transaction_id IS DISTINCT FROM OLD.transaction_id)
       OR (OLD.invoice_id IS NOT NULL AND NEW.invoice_id IS DISTINCT FROM OLD.invoice_id
           AND NOT (NEW.invoice_id IS NULL
                    AND (SELECT state FROM payouts_invoice WHERE id = OLD.invoice_id) = 'voided')) THEN
        RAISE EXCEPTION 'an adjustment is not rewritten: enter another one'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payouts_adjustment_written_once BEFORE UPDATE ON payouts_adjustment
    FOR EACH ROW EXECUTE FUNCTION payouts_guard_adjustment();
CREATE TRIGGER payouts_adjustment_never_deleted BEFORE DELETE ON payouts_adjustment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

CREATE OR REPLACE FUNCTION payouts_guard_payout() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.seller_id, NEW.currency, NEW.amount, NEW.origin, NEW.processor_account, NEW.transaction_id,
        NEW.requested_at, NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.seller_id, OLD.currency, OLD.amount, OLD.origin, OLD.processor_account, OLD.transaction_id,
        OLD.requested_at, OLD.created_at)
       OR (OLD.transfer <> '' AND NEW.transfer <> OLD.transfer)
       OR (OLD.reversal_id IS NOT NULL AND NEW.reversal_id IS DISTINCT FROM OLD.reversal_id) THEN
        RAISE EXCEPTION 'a payout is not rewritten' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND OLD.state || ' > ' || NEW.state NOT IN (
        'pending > sent', 'pending > failed', 'sent > reversing', 'reversing > reversed', 'reversing > kept') THEN
        RAISE EXCEPTION 'a payout does not go from % to %', OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER payouts_payout_forward_only BEFORE UPDATE ON payouts_payout
    FOR EACH ROW EXECUTE FUNCTION payouts_guard_payout();
CREATE TRIGGER payouts_payout_never_deleted BEFORE DELETE ON payouts_payout
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- The price of a month that is on an invoice stays what it was.
CREATE OR REPLACE FUNCTION payouts_guard_term() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM payouts_invoiceline l
                WHERE l.service_id = OLD.service_id AND l.period >= OLD.from_period) THEN
        RAISE EXCEPTION 'the payout price of a month that is on an invoice does not change'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE TRIGGER payouts_term_holds BEFORE UPDATE OR DELETE ON payouts_payoutterm
    FOR EACH ROW EXECUTE FUNCTION payouts_guard_term();

-- What every transaction moved into the accounts of sellers; for the verifier.
CREATE VIEW payouts_movement AS
    SELECT e.transaction_id, a.id AS account_id,
           sum(CASE WHEN e.credit_id = a.id THEN e.amount ELSE -e.amount END) AS moved
      FROM ledger_entry e JOIN ledger_account a ON a.id IN (e.credit_id, e.debit_id) AND a.kind = 'seller_payable'
     GROUP BY 1, 2;
