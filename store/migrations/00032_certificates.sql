-- +goose Up
-- What organizations confirm that people did. One that its person deleted keeps nothing but its place in the status list.
CREATE TABLE certificate (
  id           TEXT PRIMARY KEY, -- per
  account      TEXT REFERENCES account (id) ON DELETE CASCADE, -- per; NULL: nobody's
  organization TEXT,             -- per
  code         TEXT UNIQUE,      -- per
  asked        BIGINT NOT NULL,  -- per
  status       BIGINT UNIQUE,    -- tec; NULL: not issued
  revoked      BIGINT NOT NULL,  -- tec
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX certificate_account ON certificate (account, asked) WHERE account IS NOT NULL;
CREATE INDEX certificate_organization ON certificate (organization, asked) WHERE organization IS NOT NULL;
