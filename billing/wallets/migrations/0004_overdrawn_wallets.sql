-- An overdraft only ever shrinks by itself: when money comes in, when a call gives back what was set aside for it, or
-- when the credit limit rises. It grows only where a statement says so, which the taking back of payments alone does.
CREATE FUNCTION shrink_overdraft() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.overdrawn := least(NEW.overdrawn, greatest(NEW.usage + NEW.held - NEW.credit_limit - NEW.settled, 0));
    RETURN NEW;
END $$;

-- The condition keeps the function away from the wallets of the settlement, which are hardly ever overdrawn.
CREATE TRIGGER wallets_wallet_overdraft BEFORE UPDATE ON wallets_wallet
    FOR EACH ROW WHEN (NEW.overdrawn > 0) EXECUTE FUNCTION shrink_overdraft();
