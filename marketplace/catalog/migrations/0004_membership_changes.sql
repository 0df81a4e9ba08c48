-- Who joined and who left a group is only ever added to.
CREATE TRIGGER catalog_membershipchange_append_only BEFORE UPDATE OR DELETE ON catalog_membershipchange
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
