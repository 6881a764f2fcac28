-- +goose Up

-- Volunteers who want to be public. What has ended keeps its id and the hash of its handle, and nothing else.
CREATE TABLE presence (
  id      TEXT PRIMARY KEY,     -- pub
  account TEXT NOT NULL,        -- per; empty once it has ended
  handle  TEXT NOT NULL UNIQUE, -- tec; hash
  version BIGINT NOT NULL,      -- tec
  doc     TEXT   NOT NULL       -- per
);
CREATE UNIQUE INDEX presence_account ON presence (account) WHERE account <> '';
