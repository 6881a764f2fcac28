-- +goose Up
-- How often something of moderation happened in a year, without whom it concerned: reports are erased, these numbers stay.
CREATE TABLE tally (
  year BIGINT NOT NULL, -- pub
  what TEXT   NOT NULL, -- pub
  code TEXT   NOT NULL, -- pub
  n    BIGINT NOT NULL, -- pub
  PRIMARY KEY (year, what, code)
);

-- Whose account a moderator suspended.
ALTER TABLE report ADD COLUMN person TEXT NOT NULL DEFAULT ''; -- per
CREATE INDEX report_person ON report (person) WHERE person <> '';
