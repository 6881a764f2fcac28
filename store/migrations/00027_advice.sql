-- +goose Up
-- Cases of the volunteer center.
CREATE TABLE advice (
  id       TEXT PRIMARY KEY, -- tec
  account  TEXT NOT NULL,    -- per; empty: none
  email    TEXT NOT NULL,    -- per; empty: none
  received BIGINT NOT NULL,  -- tec
  ended    BIGINT NOT NULL,  -- tec; 0: not yet
  version  BIGINT NOT NULL,  -- tec
  doc      TEXT   NOT NULL   -- per
);
CREATE INDEX advice_open ON advice (received) WHERE ended = 0;
CREATE INDEX advice_ended ON advice (ended) WHERE ended > 0;
CREATE INDEX advice_account ON advice (account) WHERE account <> '';
CREATE INDEX advice_email ON advice (email) WHERE email <> '';
