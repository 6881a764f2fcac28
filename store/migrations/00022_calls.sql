-- +goose Up
-- What people of this instance are asked. Whom, stands in invitation.
CREATE TABLE call (
  id           TEXT PRIMARY KEY, -- tec
  opportunity  TEXT NOT NULL REFERENCES opportunity (id) ON DELETE CASCADE, -- org
  organization TEXT NOT NULL,    -- org
  way          TEXT NOT NULL,    -- org; the switch that lets people be reached
  created      BIGINT NOT NULL,  -- org
  ended        BIGINT NOT NULL,  -- org; 0 while it runs
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX call_opportunity ON call (opportunity);
CREATE INDEX call_organization ON call (organization);
CREATE INDEX call_way ON call (way, created);
CREATE INDEX call_ended ON call (ended);

-- How many people something fits, as somebody asked, and whose anonymous cards they may have seen.
CREATE TABLE lookup (
  id           TEXT PRIMARY KEY, -- tec
  organization TEXT NOT NULL,    -- org
  account      TEXT NOT NULL,    -- per
  question     TEXT NOT NULL,    -- tec; hash of what was asked on that day
  at           BIGINT NOT NULL,  -- org
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX lookup_question ON lookup (question);
CREATE INDEX lookup_account ON lookup (account, at);
CREATE INDEX lookup_organization ON lookup (organization, at);
CREATE INDEX lookup_at ON lookup (at);

CREATE TABLE lookup_shown (
  account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE, -- per
  lookup  TEXT NOT NULL REFERENCES lookup (id) ON DELETE CASCADE,  -- tec
  PRIMARY KEY (account, lookup)
);
CREATE INDEX lookup_shown_lookup ON lookup_shown (lookup);
