-- Who asked whom about what stays; threads are never deleted, and their lines never change.
CREATE OR REPLACE FUNCTION conversations_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.kind, NEW.team_id, NEW.seller_id, NEW.service_id, NEW.subject, NEW.opened_by_id, NEW.opened_at,
        NEW.created_at) IS DISTINCT FROM
       (OLD.id, OLD.kind, OLD.team_id, OLD.seller_id, OLD.service_id, OLD.subject, OLD.opened_by_id, OLD.opened_at,
        OLD.created_at) OR NEW.changed_at < OLD.changed_at THEN
        RAISE EXCEPTION 'a conversation is not rewritten' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conversations_conversation_stays BEFORE UPDATE ON conversations_conversation
    FOR EACH ROW EXECUTE FUNCTION conversations_guard();
CREATE TRIGGER conversations_conversation_never_deleted BEFORE DELETE ON conversations_conversation
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER conversations_message_append_only BEFORE UPDATE OR DELETE ON conversations_message
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER conversations_attachment_append_only BEFORE UPDATE OR DELETE ON conversations_attachment
    FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- A line is written by one of the sides of its thread.
CREATE OR REPLACE FUNCTION conversations_guard_message() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM conversations_conversation c WHERE c.id = NEW.conversation_id AND (
            (NEW.side = 'asker' AND NEW.team_id = c.team_id)
            OR (NEW.side = 'seller' AND NEW.team_id = c.seller_id)
            OR (NEW.side = 'operator' AND c.kind = 'ticket'))) THEN
        RAISE EXCEPTION 'nobody else writes in a conversation' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER conversations_message_of_a_side BEFORE INSERT ON conversations_message
    FOR EACH ROW EXECUTE FUNCTION conversations_guard_message();

-- What the sidebar shows: threads with news, disputes among them, counted to a limit. Partial indexes hold the candidates.
CREATE OR REPLACE FUNCTION unread_threads(reader uuid, most integer) RETURNS integer LANGUAGE sql STABLE AS $$
    SELECT count(*)::integer FROM (
        SELECT 1 FROM (
            SELECT 1 FROM conversations_conversation
             WHERE team_id = reader AND asker_news_at IS NOT NULL
               AND (asker_seen_at IS NULL OR asker_news_at > asker_seen_at)
            UNION ALL
            SELECT 1 FROM conversations_conversation
             WHERE seller_id = reader AND seller_news_at IS NOT NULL
               AND (seller_seen_at IS NULL OR seller_news_at > seller_seen_at)
            UNION ALL
            SELECT 1 FROM disputes_dispute d
             WHERE d.team_id = reader AND (d.customer_seen_at IS NULL OR d.changed_at > d.customer_seen_at)
               AND EXISTS (SELECT FROM disputes_disputemessage m WHERE m.dispute_id = d.id AND m.side <> 'customer'
                              AND (d.customer_seen_at IS NULL OR m.sent_at > d.customer_seen_at))
            UNION ALL
            SELECT 1 FROM disputes_dispute d
             WHERE d.seller_id = reader AND (d.seller_seen_at IS NULL OR d.changed_at > d.seller_seen_at)
               AND EXISTS (SELECT FROM disputes_disputemessage m WHERE m.dispute_id = d.id AND m.side <> 'seller'
                              AND (d.seller_seen_at IS NULL OR m.sent_at > d.seller_seen_at))
        ) unread LIMIT most
    ) counted
$$;
