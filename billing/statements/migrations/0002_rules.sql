-- A statement is frozen when it is written: its lines with it, its files when they are rendered, once.
-- The trigger stops mistakes; the rights of the application's role stop the rest (docs/algorithms/wallets.md, "Rights").
CREATE TRIGGER statements_statement_frozen BEFORE UPDATE OR DELETE ON statements_statement
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_statement_never_emptied BEFORE TRUNCATE ON statements_statement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_statementline_frozen BEFORE UPDATE OR DELETE ON statements_statementline
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_statementline_never_emptied BEFORE TRUNCATE ON statements_statementline
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_statementfile_frozen BEFORE UPDATE OR DELETE ON statements_statementfile
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER statements_statementfile_never_emptied BEFORE TRUNCATE ON statements_statementfile
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- At the commit a statement is the sum of its lines. So none can be added later.
CREATE FUNCTION statement_is_the_sum_of_its_lines() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    v_statement uuid := CASE TG_TABLE_NAME WHEN 'statements_statement' THEN to_jsonb(NEW) ->> 'id'
                                           ELSE to_jsonb(NEW) ->> 'statement_id' END;
BEGIN
    IF EXISTS (
        SELECT FROM statements_statement s
          CROSS JOIN LATERAL (
              SELECT coalesce(sum(net), 0) AS net, coalesce(sum(listed), 0) AS listed, coalesce(sum(covered), 0) AS covered,
                     coalesce(sum(discounted), 0) AS discounted, count(*) AS number
                FROM statements_statementline WHERE statement_id = s.id
          ) l
         WHERE s.id = v_statement
           AND (s.usage, s.listed, s.covered, s.discounted, s.line_count) IS DISTINCT FROM
               (l.net, l.listed, l.covered, l.discounted, l.number)
    ) THEN
        RAISE EXCEPTION 'the statement % is not the sum of its lines: what is missing goes on the next one', v_statement
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER statements_statement_sum AFTER INSERT ON statements_statement
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statement_is_the_sum_of_its_lines();
CREATE CONSTRAINT TRIGGER statements_statementline_sum AFTER INSERT ON statements_statementline
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION statement_is_the_sum_of_its_lines();

-- The bytes are what the hash says.
ALTER TABLE statements_statementfile ADD CONSTRAINT statement_file_is_what_its_hash_says
    CHECK (sha256 = encode(sha256(content), 'hex') AND size = length(content) AND size > 0);
-- They are compressed already, or small.
ALTER TABLE statements_statementfile ALTER COLUMN content SET STORAGE EXTERNAL;
