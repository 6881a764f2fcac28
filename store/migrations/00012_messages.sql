-- +goose Up

-- What people on other servers wrote to one of our actors. It lives no longer than what is known of its author.
CREATE TABLE message (
  id           TEXT PRIMARY KEY, -- tec
  organization TEXT NOT NULL,    -- per; empty: for moderators
  actor        TEXT NOT NULL REFERENCES remote_actor (iri) ON DELETE CASCADE, -- per
  note         TEXT NOT NULL,    -- per; IRI
  received     BIGINT NOT NULL,  -- per
  last         BIGINT NOT NULL,  -- tec; received or answered
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX message_organization ON message (organization, received);
CREATE INDEX message_note ON message (actor, note);
CREATE INDEX message_last ON message (last);
