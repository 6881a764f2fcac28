-- +goose Up
-- Who may act for whom, as people with accounts of their own grant it.
CREATE TABLE helper_link (
  id       TEXT   PRIMARY KEY, -- tec
  person   TEXT   NOT NULL REFERENCES account (id) ON DELETE CASCADE, -- per; for whom is acted
  helper   TEXT   REFERENCES account (id) ON DELETE CASCADE, -- per; empty: nobody has the name that was given
  asked    BIGINT NOT NULL,    -- tec
  accepted BIGINT NOT NULL,    -- tec; 0: not yet
  version  BIGINT NOT NULL,    -- tec
  doc      TEXT   NOT NULL     -- per
);
CREATE INDEX helper_link_person ON helper_link (person);
CREATE INDEX helper_link_helper ON helper_link (helper) WHERE helper IS NOT NULL;
CREATE INDEX helper_link_asked ON helper_link (asked) WHERE accepted = 0;
