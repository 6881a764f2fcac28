-- +goose Up

-- When people help, by which rule that is planned, and who comes.
CREATE TABLE shift_series (
  id          TEXT PRIMARY KEY, -- tec
  opportunity TEXT NOT NULL REFERENCES opportunity (id) ON DELETE CASCADE, -- pub
  due         BIGINT NOT NULL,  -- tec; when a timer has to look at it next, 0: never
  version     BIGINT NOT NULL,  -- tec
  doc         TEXT   NOT NULL   -- org
);
CREATE INDEX shift_series_due ON shift_series (due, id) WHERE due > 0;
CREATE INDEX shift_series_opportunity ON shift_series (opportunity);

CREATE TABLE shift (
  id           TEXT PRIMARY KEY, -- tec
  series       TEXT NOT NULL,    -- tec; empty: none
  opportunity  TEXT NOT NULL REFERENCES opportunity (id) ON DELETE CASCADE, -- pub
  organization TEXT NOT NULL,    -- pub
  starts       BIGINT NOT NULL,  -- pub
  ends         BIGINT NOT NULL,  -- pub
  due          BIGINT NOT NULL,  -- tec; when a timer has to look at it next, 0: never
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- org
);
CREATE INDEX shift_opportunity ON shift (opportunity, starts, id);
CREATE INDEX shift_organization ON shift (organization, starts, id);
CREATE INDEX shift_series_of ON shift (series, starts) WHERE series <> '';
CREATE INDEX shift_ends ON shift (ends);
CREATE INDEX shift_due ON shift (due, id) WHERE due > 0;

CREATE TABLE shift_sign_up (
  id      TEXT PRIMARY KEY,     -- tec
  shift   TEXT NOT NULL REFERENCES shift (id) ON DELETE CASCADE,         -- per
  request TEXT NOT NULL REFERENCES match_request (id) ON DELETE CASCADE, -- per
  account TEXT NOT NULL,        -- per; empty: without account here
  secret  TEXT NOT NULL UNIQUE, -- tec; hash of the token with which mails about shifts are ended
  created BIGINT NOT NULL,      -- per
  version BIGINT NOT NULL,      -- tec
  doc     TEXT   NOT NULL       -- per
);
CREATE INDEX shift_sign_up_shift ON shift_sign_up (shift, created, id);
CREATE INDEX shift_sign_up_request ON shift_sign_up (request, created, id);
CREATE INDEX shift_sign_up_account ON shift_sign_up (account, created, id) WHERE account <> '';

-- The secret addresses of people's own calendars.
CREATE TABLE calendar_feed (
  account TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE, -- per
  secret  TEXT NOT NULL UNIQUE, -- tec; hash of the token in the address
  version BIGINT NOT NULL,      -- tec
  doc     TEXT   NOT NULL       -- per
);
