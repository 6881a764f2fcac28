-- +goose Up
CREATE TABLE report (
  id       TEXT PRIMARY KEY,     -- tec
  number   TEXT NOT NULL UNIQUE, -- per
  object   TEXT NOT NULL,        -- org
  waits    BIGINT NOT NULL,      -- org; somebody has to decide
  urgent   BIGINT NOT NULL,      -- sen
  account  TEXT NOT NULL,        -- per
  email    TEXT NOT NULL,        -- per
  secret   TEXT NOT NULL UNIQUE, -- tec; of the reporter's page
  author   TEXT UNIQUE,          -- tec; of the author's page; NULL for none
  received BIGINT NOT NULL,      -- tec
  ended    BIGINT NOT NULL,      -- tec; last decision, 0 for none
  version  BIGINT NOT NULL,      -- tec
  doc      TEXT   NOT NULL       -- sen
);
CREATE INDEX report_waits ON report (urgent, received) WHERE waits = 1;
CREATE INDEX report_object ON report (object, received);
CREATE INDEX report_account ON report (account) WHERE account <> '';
CREATE INDEX report_email ON report (email) WHERE email <> '';
CREATE INDEX report_ended ON report (ended) WHERE ended > 0;

-- Who on another server does not want to have to do with one of our actors.
CREATE TABLE block (
  owner    TEXT NOT NULL,   -- tec; local actor
  actor    TEXT NOT NULL REFERENCES remote_actor (iri) ON DELETE CASCADE, -- per
  activity TEXT NOT NULL,   -- tec
  at       BIGINT NOT NULL, -- tec
  PRIMARY KEY (actor, owner)
);
