-- +goose Up
-- Whom a directed request of a partner was shown to here. It never leaves this instance.
CREATE TABLE invitation (
  id          TEXT PRIMARY KEY, -- tec
  account     TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,     -- per
  opportunity TEXT NOT NULL REFERENCES opportunity (id) ON DELETE CASCADE, -- per
  secret      TEXT NOT NULL UNIQUE, -- tec; hash of the token with which no more of the kind are wished
  state       TEXT NOT NULL,    -- per
  created     BIGINT NOT NULL,  -- per
  ended       BIGINT NOT NULL,  -- tec; when it was answered or lapsed, 0 while it is open
  version     BIGINT NOT NULL,  -- tec
  doc         TEXT   NOT NULL,  -- per
  UNIQUE (account, opportunity)
);
CREATE INDEX invitation_opportunity ON invitation (opportunity);
CREATE INDEX invitation_ended ON invitation (ended) WHERE ended > 0;

-- Directed requests, own ones and copies, are few and counted by the month.
CREATE INDEX opportunity_directed ON opportunity (submitted) WHERE visibility = 'anfrage';

-- When a timer looks at what the person allowed; 0 for never, and then nothing is allowed.
ALTER TABLE profile ADD COLUMN due BIGINT NOT NULL DEFAULT 0; -- tec
CREATE INDEX profile_due ON profile (due) WHERE due > 0;
