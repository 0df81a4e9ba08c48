-- Files stay as the messages that they hang on.
CREATE TRIGGER disputes_disputeattachment_append_only BEFORE UPDATE OR DELETE ON disputes_disputeattachment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
