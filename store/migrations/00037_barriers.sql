-- +goose Up
-- What somebody could not do on the pages.
CREATE TABLE barrier (
  id       TEXT   PRIMARY KEY,     -- tec
  secret   TEXT   NOT NULL UNIQUE, -- tec; of the page with the answer
  email    TEXT   NOT NULL,        -- per; empty: none
  received BIGINT NOT NULL,        -- tec
  answered BIGINT NOT NULL,        -- tec; 0: not yet
  version  BIGINT NOT NULL,        -- tec
  doc      TEXT   NOT NULL         -- per
);
CREATE INDEX barrier_open ON barrier (received) WHERE answered = 0;
CREATE INDEX barrier_answered ON barrier (answered) WHERE answered > 0;
CREATE INDEX barrier_email ON barrier (email) WHERE email <> '';
