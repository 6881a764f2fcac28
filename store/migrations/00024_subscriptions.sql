-- +goose Up

-- Whoever wants to be told by mail what is new: what a search finds, or what fits a profile.
CREATE TABLE subscription (
  id      TEXT PRIMARY KEY,     -- tec
  account TEXT REFERENCES account (id) ON DELETE CASCADE, -- per
  email   TEXT NOT NULL,        -- per; empty with an account
  secret  TEXT NOT NULL UNIQUE, -- tec; hash of the token with which it is ended
  next    BIGINT NOT NULL,      -- tec; when news are looked for, 0 until the address is confirmed
  created BIGINT NOT NULL,      -- tec
  version BIGINT NOT NULL,      -- tec
  doc     TEXT   NOT NULL       -- sen
);
CREATE INDEX subscription_account ON subscription (account) WHERE account IS NOT NULL;
CREATE INDEX subscription_email ON subscription (email) WHERE email <> '';
CREATE INDEX subscription_next ON subscription (next) WHERE next > 0;

-- Since when search finds an opportunity; 0 for what was there before anybody asked.
ALTER TABLE search ADD COLUMN appeared BIGINT NOT NULL DEFAULT 0; -- pub
