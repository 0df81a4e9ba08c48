-- A price version is what a charge was computed with. It never changes.
CREATE TRIGGER prices_priceversion_append_only BEFORE UPDATE OR DELETE ON prices_priceversion
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
