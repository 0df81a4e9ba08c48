-- A team that has an owner keeps one, whatever changes its memberships.
CREATE FUNCTION team_keeps_an_owner() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- those who take two owners out at the same moment come one after the other
  PERFORM 1 FROM teams_team WHERE id = OLD.team_id FOR UPDATE;
  IF FOUND AND NOT EXISTS (SELECT 1 FROM teams_membership WHERE team_id = OLD.team_id AND role = 'owner') THEN
    RAISE EXCEPTION 'team % has no owner left', OLD.team_id USING ERRCODE = 'check_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER team_keeps_an_owner AFTER UPDATE OR DELETE ON teams_membership
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.role = 'owner')
  EXECUTE FUNCTION team_keeps_an_owner();
