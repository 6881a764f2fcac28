-- +goose Up
CREATE TABLE occasion (
  id           TEXT PRIMARY KEY,     -- tec
  code         TEXT NOT NULL UNIQUE, -- pub
  organization TEXT REFERENCES organization (id), -- pub; NULL for copies
  origin       TEXT NOT NULL,        -- pub
  iri          TEXT UNIQUE,          -- pub; NULL for own ones
  author       TEXT NOT NULL,        -- pub; actor, of copies
  state        TEXT NOT NULL,        -- pub
  kind         TEXT NOT NULL,        -- pub
  starts       BIGINT NOT NULL,      -- pub
  ends         BIGINT NOT NULL,      -- pub
  lat          BIGINT,               -- pub; of the public place in millionths of a degree, NULL without one
  lon          BIGINT,               -- pub
  published    BIGINT NOT NULL,      -- pub
  version      BIGINT NOT NULL,      -- tec
  doc          TEXT NOT NULL         -- org
);
CREATE INDEX occasion_organization ON occasion (organization, starts);
CREATE INDEX occasion_origin ON occasion (origin) WHERE origin <> '';
CREATE INDEX occasion_author ON occasion (author) WHERE author <> '';
CREATE INDEX occasion_queued ON occasion (published) WHERE state = 'queued';
CREATE INDEX occasion_starts ON occasion (starts, id) WHERE state IN ('scheduled', 'postponed', 'canceled');
CREATE INDEX occasion_ends ON occasion (ends);

-- Who comes to an occasion.
CREATE TABLE sign_up (
  id       TEXT PRIMARY KEY, -- tec
  occasion TEXT NOT NULL REFERENCES occasion (id) ON DELETE CASCADE, -- org
  account  TEXT REFERENCES account (id) ON DELETE CASCADE, -- per; NULL without
  actor    TEXT NOT NULL,    -- per; of another server
  secret   TEXT NOT NULL UNIQUE, -- tec; hash of the token of its link
  state    TEXT NOT NULL,    -- org
  created  BIGINT NOT NULL,  -- tec
  version  BIGINT NOT NULL,  -- tec
  doc      TEXT NOT NULL     -- per
);
CREATE INDEX sign_up_occasion ON sign_up (occasion, created);
CREATE INDEX sign_up_account ON sign_up (account);
CREATE INDEX sign_up_actor ON sign_up (actor) WHERE actor <> '';
CREATE INDEX sign_up_unconfirmed ON sign_up (created) WHERE state = 'unconfirmed';

-- Actors on other servers whose events are shown here.
CREATE TABLE followed (
  actor   TEXT PRIMARY KEY, -- pub
  host    TEXT NOT NULL,    -- pub
  follow  TEXT NOT NULL UNIQUE, -- tec; id of our Follow
  state   TEXT NOT NULL,    -- org
  version BIGINT NOT NULL,  -- tec
  doc     TEXT NOT NULL     -- org
);
CREATE INDEX followed_host ON followed (host);
