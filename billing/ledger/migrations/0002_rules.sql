-- Books are only ever added to. The trigger stops mistakes; the rights of the application's role stop the rest
-- (docs/algorithms/wallets.md, "Rights").
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: post a reversal or an adjustment instead', TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

CREATE TRIGGER ledger_transaction_append_only BEFORE UPDATE OR DELETE ON ledger_transaction
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_transaction_never_emptied BEFORE TRUNCATE ON ledger_transaction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_append_only BEFORE UPDATE OR DELETE ON ledger_entry
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_entry_never_emptied BEFORE TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER ledger_account_append_only BEFORE UPDATE OR DELETE ON ledger_account
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- An entry between accounts of two currencies cannot be written.
ALTER TABLE ledger_account ADD CONSTRAINT ledger_account_currency UNIQUE (id, currency);
ALTER TABLE ledger_entry
    ADD CONSTRAINT ledger_entry_debit_currency FOREIGN KEY (debit_id, currency) REFERENCES ledger_account (id, currency),
    ADD CONSTRAINT ledger_entry_credit_currency FOREIGN KEY (credit_id, currency) REFERENCES ledger_account (id, currency);
