-- +goose Up
-- Time that people gave to organizations. What an organization confirmed outlives its person as a number without one.
CREATE TABLE hours (
  id           TEXT PRIMARY KEY, -- tec
  account      TEXT REFERENCES account (id) ON DELETE CASCADE, -- per; NULL: nobody's
  organization TEXT NOT NULL,    -- per
  cause        TEXT UNIQUE,      -- per; NULL: somebody wrote it
  day          TEXT NOT NULL,    -- per
  minutes      BIGINT NOT NULL,  -- per
  state        TEXT NOT NULL,    -- per
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX hours_account ON hours (account, day) WHERE account IS NOT NULL;
CREATE INDEX hours_organization ON hours (organization, state, day);
