-- +goose Up
CREATE TABLE help_offer (
  id           TEXT PRIMARY KEY,     -- tec
  code         TEXT NOT NULL UNIQUE, -- pub
  organization TEXT NOT NULL REFERENCES organization (id), -- pub
  account      TEXT NOT NULL,        -- per; the volunteer, empty for an organization's own and for copies
  origin       TEXT NOT NULL,        -- pub
  iri          TEXT UNIQUE,          -- pub; NULL for own ones
  state        TEXT NOT NULL,        -- pub
  visibility   TEXT NOT NULL,        -- pub
  submitted    BIGINT NOT NULL,      -- org
  published    BIGINT NOT NULL,      -- pub
  changed      BIGINT NOT NULL,      -- pub; time of the version: updated, else published
  due          BIGINT NOT NULL,      -- tec; when a timer looks at it, 0 for never
  version      BIGINT NOT NULL,      -- tec
  doc          TEXT   NOT NULL       -- per
);
CREATE INDEX help_offer_organization ON help_offer (organization);
CREATE INDEX help_offer_account ON help_offer (account) WHERE account <> '';
CREATE INDEX help_offer_origin ON help_offer (origin, visibility) WHERE origin <> '';
CREATE INDEX help_offer_state ON help_offer (state, submitted, id);
CREATE INDEX help_offer_live ON help_offer (changed, id) WHERE state = 'published';
CREATE INDEX help_offer_changed ON help_offer (changed, id) WHERE origin = '';
CREATE INDEX help_offer_due ON help_offer (due) WHERE due > 0;

-- In whose name the help offer is published that an organization answers. The column opportunity names the help offer then.
ALTER TABLE match_request ADD COLUMN center TEXT NOT NULL DEFAULT ''; -- per
CREATE INDEX match_request_center ON match_request (center, created) WHERE center <> '';
