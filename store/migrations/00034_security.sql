-- +goose Up
-- What else than a password protects accounts, and with what they are used.
CREATE TABLE second_factor (
  account TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE, -- per
  version BIGINT NOT NULL, -- tec
  doc     TEXT   NOT NULL  -- per; the secret in it is sealed
);

ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT ''; -- per

-- The file with everything about a person, for a day.
CREATE TABLE export (
  account TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE, -- per
  due     BIGINT NOT NULL, -- tec; when it is erased
  waits   BIGINT NOT NULL, -- tec; 1: it has to be made
  file    BYTEA  NOT NULL, -- per; sealed
  version BIGINT NOT NULL, -- tec
  doc     TEXT   NOT NULL  -- per
);
CREATE INDEX export_due ON export (due);
