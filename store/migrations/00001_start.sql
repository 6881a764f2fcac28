-- +goose Up

-- One text for both engines, in the types of PostgreSQL; migrate.go says what SQLite reads instead.
--
-- Times are milliseconds since 1970 UTC, 0 for none. Truth values are 0 and 1. A column "doc" holds a noun as JSON; the other
-- columns of its table repeat what is searched, joined or unique. The word behind each column is its data class (domain.md §0).

CREATE TABLE meta (
  key   TEXT PRIMARY KEY, -- tec
  value TEXT NOT NULL     -- tec
);

-- changes numbers the transactions that change what search finds; SQLite only.
INSERT INTO meta (key, value) VALUES ('changes', '1');

-- Locked by every change on PostgreSQL, so that a change which met others too often can run alone. Always empty.
CREATE TABLE turnstile (
  id BIGINT PRIMARY KEY -- tec
);

CREATE TABLE instance (
  id      BIGINT PRIMARY KEY, -- tec; always 1
  version BIGINT NOT NULL,    -- tec
  doc     TEXT   NOT NULL     -- pub
);

-- Short codes are never used twice, so they stay when what they named is gone.
CREATE TABLE code (
  code TEXT PRIMARY KEY, -- pub
  noun TEXT NOT NULL,    -- tec
  id   TEXT NOT NULL     -- tec
);

CREATE TABLE account (
  id           TEXT PRIMARY KEY, -- tec
  email        TEXT UNIQUE,      -- per; NULL for none
  username     TEXT UNIQUE,      -- per; NULL for none
  created      BIGINT NOT NULL,  -- tec
  delete_after BIGINT NOT NULL,  -- tec
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- per
);
CREATE INDEX account_delete ON account (delete_after) WHERE delete_after > 0;

CREATE TABLE account_role (
  account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE, -- per
  role    TEXT NOT NULL,                                           -- org
  PRIMARY KEY (account, role)
);
CREATE INDEX account_role_role ON account_role (role);

CREATE TABLE profile (
  account TEXT PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE, -- per
  version BIGINT NOT NULL, -- tec
  doc     TEXT   NOT NULL  -- sen
);

CREATE TABLE token (
  hash    TEXT PRIMARY KEY, -- tec
  purpose TEXT NOT NULL,    -- tec
  subject TEXT NOT NULL,    -- tec
  email   TEXT NOT NULL,    -- per
  expires BIGINT NOT NULL,  -- tec
  doc     TEXT NOT NULL     -- per
);
CREATE INDEX token_subject ON token (subject, purpose);
CREATE INDEX token_email ON token (email);
CREATE INDEX token_expires ON token (expires);

CREATE TABLE session (
  hash      TEXT PRIMARY KEY, -- tec
  account   TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE, -- per
  created   BIGINT NOT NULL, -- tec
  last_used BIGINT NOT NULL, -- tec
  verified  BIGINT NOT NULL, -- tec
  staff     BIGINT NOT NULL  -- tec
);
CREATE INDEX session_account ON session (account);
CREATE INDEX session_last_used ON session (last_used);

CREATE TABLE organization (
  id       TEXT PRIMARY KEY,     -- tec
  code     TEXT NOT NULL UNIQUE, -- pub
  handle   TEXT NOT NULL,        -- pub
  origin   TEXT NOT NULL,        -- pub
  iri      TEXT UNIQUE,          -- pub; NULL for own ones
  state    TEXT NOT NULL,        -- pub
  name     TEXT NOT NULL,        -- pub; folded, for lists and the filter
  updated  BIGINT NOT NULL,      -- pub
  version  BIGINT NOT NULL,      -- tec
  doc      TEXT   NOT NULL       -- org
);
CREATE UNIQUE INDEX organization_handle ON organization (handle) WHERE origin = '';
CREATE INDEX organization_state ON organization (state, name, id);
CREATE INDEX organization_origin ON organization (origin) WHERE origin <> '';

CREATE TABLE membership (
  account      TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,      -- per
  organization TEXT NOT NULL REFERENCES organization (id) ON DELETE CASCADE, -- org
  role         TEXT NOT NULL,   -- org
  since        BIGINT NOT NULL, -- org
  PRIMARY KEY (account, organization)
);
CREATE INDEX membership_organization ON membership (organization);

CREATE TABLE opportunity (
  id           TEXT PRIMARY KEY,     -- tec
  code         TEXT NOT NULL UNIQUE, -- pub
  organization TEXT NOT NULL REFERENCES organization (id), -- pub
  origin       TEXT NOT NULL,        -- pub
  iri          TEXT UNIQUE,          -- pub; NULL for own ones
  state        TEXT NOT NULL,        -- pub
  visibility   TEXT NOT NULL,        -- pub
  fingerprint  TEXT NOT NULL,        -- tec
  submitted    BIGINT NOT NULL,      -- org
  published    BIGINT NOT NULL,      -- pub
  changed      BIGINT NOT NULL,      -- pub; time of the version: updated, else published
  due          BIGINT NOT NULL,      -- tec; when a timer looks at it, 0 for never
  version      BIGINT NOT NULL,      -- tec
  doc          TEXT   NOT NULL       -- org
);
CREATE INDEX opportunity_organization ON opportunity (organization);
CREATE INDEX opportunity_origin ON opportunity (origin, visibility) WHERE origin <> '';
CREATE INDEX opportunity_state ON opportunity (state, submitted, id);
CREATE INDEX opportunity_count ON opportunity (state, origin);
CREATE INDEX opportunity_changed ON opportunity (changed, id) WHERE origin = '';
CREATE INDEX opportunity_fingerprint ON opportunity (fingerprint);
CREATE INDEX opportunity_due ON opportunity (due) WHERE due > 0;

CREATE TABLE match_request (
  id           TEXT PRIMARY KEY,     -- tec
  number       TEXT NOT NULL UNIQUE, -- per
  opportunity  TEXT NOT NULL,        -- per
  organization TEXT NOT NULL,        -- per
  host         TEXT NOT NULL,        -- per; the other instance, empty when both sides are here
  account      TEXT NOT NULL,        -- per
  email        TEXT NOT NULL,        -- per
  secret       TEXT UNIQUE,          -- tec; NULL for none, like the following
  person       TEXT UNIQUE,          -- per
  offer        TEXT UNIQUE,          -- tec
  accept       TEXT UNIQUE,          -- tec; id of our Accept or IRI of theirs
  agreement    TEXT UNIQUE,          -- tec
  remote       TEXT NOT NULL,        -- per; IRI of who wrote from another server
  note         TEXT NOT NULL,        -- per; IRI of what they wrote
  state        TEXT NOT NULL,        -- per
  final        BIGINT NOT NULL,      -- per
  answer       BIGINT NOT NULL,      -- per; when the organization should act next, 0 for never
  due          BIGINT NOT NULL,      -- tec; when a timer looks at it, 0 for never
  escalated    BIGINT NOT NULL,      -- per
  created      BIGINT NOT NULL,      -- per
  version      BIGINT NOT NULL,      -- tec
  doc          TEXT   NOT NULL       -- per
);
CREATE INDEX match_request_opportunity ON match_request (opportunity, created, id);
CREATE INDEX match_request_organization ON match_request (organization, final, answer);
CREATE INDEX match_request_account ON match_request (account, created) WHERE account <> '';
CREATE INDEX match_request_email ON match_request (email, opportunity) WHERE email <> '';
CREATE INDEX match_request_host ON match_request (host) WHERE host <> '';
CREATE INDEX match_request_remote ON match_request (remote, opportunity) WHERE remote <> '';
CREATE INDEX match_request_note ON match_request (note) WHERE note <> '';
CREATE INDEX match_request_state ON match_request (state);
CREATE INDEX match_request_due ON match_request (due) WHERE due > 0;
CREATE INDEX match_request_escalated ON match_request (escalated) WHERE escalated > 0;

CREATE TABLE announcement (
  id           TEXT PRIMARY KEY,     -- tec
  code         TEXT NOT NULL UNIQUE, -- pub
  organization TEXT NOT NULL REFERENCES organization (id), -- pub
  state        TEXT NOT NULL,        -- pub
  published    BIGINT NOT NULL,      -- pub
  version      BIGINT NOT NULL,      -- tec
  doc          TEXT   NOT NULL       -- pub
);
CREATE INDEX announcement_organization ON announcement (organization, published);
CREATE INDEX announcement_published ON announcement (published) WHERE state = 'published';

CREATE TABLE reaction (
  id      TEXT PRIMARY KEY, -- tec
  subject TEXT NOT NULL,    -- pub
  kind    TEXT NOT NULL,    -- pub
  actor   TEXT NOT NULL,    -- per
  iri     TEXT NOT NULL,    -- tec
  shown   BIGINT NOT NULL,  -- org
  at      BIGINT NOT NULL,  -- tec
  doc     TEXT NOT NULL,    -- per
  UNIQUE (actor, iri)
);
CREATE INDEX reaction_subject ON reaction (subject, kind, at);
CREATE INDEX reaction_waiting ON reaction (at) WHERE kind = 'reply' AND shown = 0;

CREATE TABLE partner (
  host    TEXT PRIMARY KEY, -- org
  state   TEXT NOT NULL,    -- org
  shown   BIGINT NOT NULL,  -- org; its content is shown and found now
  version BIGINT NOT NULL,  -- tec
  doc     TEXT   NOT NULL   -- org
);

CREATE TABLE audit (
  n      BIGSERIAL PRIMARY KEY, -- tec
  at     BIGINT NOT NULL, -- tec
  account TEXT NOT NULL,  -- per
  object TEXT NOT NULL,   -- org
  person TEXT NOT NULL,   -- per
  doc    TEXT NOT NULL    -- per
);
CREATE INDEX audit_at ON audit (at);
CREATE INDEX audit_object ON audit (object) WHERE object <> '';
CREATE INDEX audit_person ON audit (person) WHERE person <> '';

-- Results of forms that were sent already.
CREATE TABLE once (
  key TEXT PRIMARY KEY, -- tec
  at  BIGINT NOT NULL,  -- tec
  doc TEXT NOT NULL     -- tec
);
CREATE INDEX once_at ON once (at);

-- What stays of something deleted: the hash of its id.
CREATE TABLE tombstone (
  hash TEXT PRIMARY KEY, -- tec
  noun TEXT NOT NULL,    -- tec
  at   BIGINT NOT NULL,  -- tec
  own  BIGINT NOT NULL   -- tec; a public thing of this instance: kept for ever
);
CREATE INDEX tombstone_at ON tombstone (at) WHERE own = 0;

-- Places read from imported files, replaced file by file.
CREATE TABLE place (
  source TEXT NOT NULL,   -- tec
  n      BIGINT NOT NULL, -- tec
  doc    TEXT NOT NULL,   -- tec
  PRIMARY KEY (source, n)
);

-- Queues. state: waiting, done, parked, dropped. next is when the row may be tried; leasing a row moves it on, so
-- a lease that nobody completes ends by itself. epoch grows with every lease; only its holder can complete it. tries counts leases without
-- any report, failures the reported ones.

CREATE TABLE event (
  n        BIGSERIAL PRIMARY KEY, -- tec
  id       TEXT NOT NULL UNIQUE, -- tec
  audience TEXT NOT NULL,   -- tec
  kind     TEXT NOT NULL,   -- tec
  subject  TEXT NOT NULL,   -- tec
  at       BIGINT NOT NULL, -- tec
  address  TEXT NOT NULL,   -- per; mail to one person: where it goes
  doc      TEXT NOT NULL,   -- per
  state    TEXT NOT NULL,   -- tec
  next     BIGINT NOT NULL, -- tec
  owner    TEXT NOT NULL,   -- tec
  epoch    BIGINT NOT NULL, -- tec
  tries    BIGINT NOT NULL, -- tec
  failures BIGINT NOT NULL, -- tec
  error    TEXT NOT NULL,   -- tec
  ended    BIGINT NOT NULL  -- tec
);
CREATE INDEX event_next ON event (audience, next, n) WHERE state = 'waiting';
CREATE INDEX event_state ON event (audience, state, n);
CREATE INDEX event_address ON event (address, at) WHERE address <> '';
CREATE INDEX event_subject ON event (subject);
CREATE INDEX event_ended ON event (ended) WHERE ended > 0;

CREATE TABLE job (
  n        BIGSERIAL PRIMARY KEY, -- tec
  queue    TEXT NOT NULL,   -- tec
  key      TEXT NOT NULL,   -- tec
  doc      TEXT NOT NULL,   -- per
  state    TEXT NOT NULL,   -- tec
  next     BIGINT NOT NULL, -- tec
  owner    TEXT NOT NULL,   -- tec
  epoch    BIGINT NOT NULL, -- tec
  tries    BIGINT NOT NULL, -- tec
  failures BIGINT NOT NULL, -- tec
  error    TEXT NOT NULL,   -- tec
  ended    BIGINT NOT NULL, -- tec
  UNIQUE (queue, key)
);
CREATE INDEX job_next ON job (queue, next, n) WHERE state = 'waiting';

CREATE TABLE payload (
  n        BIGSERIAL PRIMARY KEY, -- tec
  activity TEXT NOT NULL UNIQUE, -- tec
  signer   TEXT NOT NULL,   -- tec
  object   TEXT NOT NULL,   -- tec
  subject  TEXT NOT NULL,   -- tec
  kind     TEXT NOT NULL,   -- tec
  private  BIGINT NOT NULL, -- tec
  bytes    BYTEA NOT NULL,  -- per
  sha256   TEXT NOT NULL,   -- tec
  created  BIGINT NOT NULL  -- tec
);
CREATE INDEX payload_subject ON payload (subject) WHERE subject <> '';

CREATE TABLE delivery (
  n        BIGSERIAL PRIMARY KEY, -- tec
  payload  BIGINT NOT NULL REFERENCES payload (n) ON DELETE CASCADE, -- tec
  host     TEXT NOT NULL,   -- tec
  inbox    TEXT NOT NULL,   -- per
  lane     TEXT NOT NULL,   -- tec
  signer   TEXT NOT NULL,   -- tec; signer, object and kind are those of the payload
  object   TEXT NOT NULL,   -- tec
  kind     TEXT NOT NULL,   -- tec
  created  BIGINT NOT NULL, -- tec
  state    TEXT NOT NULL,   -- tec
  next     BIGINT NOT NULL, -- tec
  owner    TEXT NOT NULL,   -- tec
  epoch    BIGINT NOT NULL, -- tec
  tries    BIGINT NOT NULL, -- tec
  failures BIGINT NOT NULL, -- tec
  class    TEXT NOT NULL,   -- tec; of the last error
  error    TEXT NOT NULL,   -- tec
  ended    BIGINT NOT NULL  -- tec
);
CREATE INDEX delivery_lane ON delivery (host, lane, next, n) WHERE state = 'waiting';
CREATE INDEX delivery_object ON delivery (object, inbox, n);
CREATE INDEX delivery_inbox ON delivery (inbox) WHERE state = 'waiting';
CREATE INDEX delivery_signer ON delivery (signer);
CREATE INDEX delivery_payload ON delivery (payload, inbox);
CREATE INDEX delivery_state ON delivery (state, host, n);
CREATE INDEX delivery_ended ON delivery (ended) WHERE ended > 0;

-- One row per host and lane that has deliveries; next is when somebody may look for the next one.
CREATE TABLE lane (
  host TEXT NOT NULL,   -- tec
  lane TEXT NOT NULL,   -- tec
  next BIGINT NOT NULL, -- tec
  busy BIGINT NOT NULL, -- tec; one of its deliveries is in flight
  PRIMARY KEY (host, lane)
);
CREATE INDEX lane_next ON lane (next);

-- Lanes that got something new. Rows are only added here by who puts a delivery, so that publishing never meets delivering.
CREATE TABLE lane_hint (
  n    BIGSERIAL PRIMARY KEY, -- tec
  host TEXT NOT NULL, -- tec
  lane TEXT NOT NULL  -- tec
);

-- Every inbox that an object went to, for its Delete.
CREATE TABLE recipient (
  object TEXT NOT NULL,   -- tec
  inbox  TEXT NOT NULL,   -- per
  host   TEXT NOT NULL,   -- tec
  since  BIGINT NOT NULL, -- tec
  PRIMARY KEY (object, inbox)
);

CREATE TABLE peer (
  host         TEXT PRIMARY KEY, -- tec
  standing     TEXT NOT NULL,    -- org
  open         BIGINT NOT NULL,  -- tec; the breaker is open
  probe        BIGINT NOT NULL,  -- tec; next try while it is open
  failures     BIGINT NOT NULL,  -- tec
  last_success BIGINT NOT NULL,  -- tec
  last_failure BIGINT NOT NULL,  -- tec
  seen         BIGINT NOT NULL,  -- tec; last contact in either direction
  doc          TEXT NOT NULL     -- tec
);
CREATE INDEX peer_seen ON peer (seen);

CREATE TABLE remote_actor (
  iri     TEXT PRIMARY KEY, -- per
  host    TEXT NOT NULL,    -- tec
  gone    BIGINT NOT NULL,  -- tec
  fetched BIGINT NOT NULL,  -- tec
  first   BIGINT NOT NULL,  -- tec; known since
  doc     TEXT NOT NULL     -- per
);
CREATE INDEX remote_actor_host ON remote_actor (host, first);
CREATE INDEX remote_actor_fetched ON remote_actor (fetched);

CREATE TABLE remote_key (
  id    TEXT PRIMARY KEY, -- tec
  actor TEXT NOT NULL REFERENCES remote_actor (iri) ON DELETE CASCADE -- per
);
CREATE INDEX remote_key_actor ON remote_key (actor);

CREATE TABLE actor_key (
  owner    TEXT NOT NULL,   -- tec
  fragment TEXT NOT NULL,   -- tec
  secret   BYTEA NOT NULL,  -- tec; encrypted PKCS#8
  public   TEXT NOT NULL,   -- pub; PEM
  created  BIGINT NOT NULL, -- tec
  retired  BIGINT NOT NULL, -- tec
  PRIMARY KEY (owner, fragment)
);
CREATE INDEX actor_key_retired ON actor_key (retired) WHERE retired > 0;

CREATE TABLE follower (
  owner  TEXT NOT NULL,   -- tec; local actor
  actor  TEXT NOT NULL,   -- per
  host   TEXT NOT NULL,   -- tec
  inbox  TEXT NOT NULL,   -- per
  shared TEXT NOT NULL,   -- tec; shared inbox, empty for none
  follow TEXT NOT NULL,   -- tec
  state  TEXT NOT NULL,   -- tec
  since  BIGINT NOT NULL, -- tec
  PRIMARY KEY (owner, actor)
);
CREATE INDEX follower_actor ON follower (actor);
CREATE INDEX follower_inbox ON follower (inbox);
CREATE INDEX follower_shared ON follower (shared);
CREATE INDEX follower_host ON follower (host);
CREATE INDEX follower_follow ON follower (follow);

-- Activities that had their effect: hash of actor and id, and of the bytes.
CREATE TABLE seen (
  hash   BYTEA PRIMARY KEY, -- tec
  sha256 BYTEA NOT NULL,    -- tec
  at     BIGINT NOT NULL    -- tec
);
CREATE INDEX seen_at ON seen (at);

-- Deletes and Undos that came before what they are about: hash of actor and object.
CREATE TABLE remembered (
  hash BYTEA PRIMARY KEY, -- tec
  at   BIGINT NOT NULL    -- tec
);
CREATE INDEX remembered_at ON remembered (at);

-- Documents of copies as they were read.
CREATE TABLE raw_document (
  iri     TEXT PRIMARY KEY, -- pub
  subject TEXT NOT NULL,    -- tec; id of the copy
  bytes   BYTEA NOT NULL,   -- pub
  at      BIGINT NOT NULL   -- tec
);
CREATE INDEX raw_document_subject ON raw_document (subject);

-- Names that others, or our own notes in a conversation, use for one of our things.
CREATE TABLE alias (
  iri     TEXT PRIMARY KEY, -- per
  subject TEXT NOT NULL,    -- tec
  at      BIGINT NOT NULL   -- tec
);
CREATE INDEX alias_subject ON alias (subject);
CREATE INDEX alias_at ON alias (at);

-- What search needs of every public opportunity; see search.go. changed is the number of the transaction that wrote the row.
CREATE TABLE search (
  n           BIGSERIAL PRIMARY KEY, -- tec
  opportunity TEXT NOT NULL UNIQUE,  -- pub
  changed     BIGINT NOT NULL,       -- tec
  gone        BIGINT NOT NULL,       -- tec; time since when it is not public any more, 0 while it is
  words       TEXT NOT NULL,         -- tec; hash of its words, to leave them alone when they did not change
  doc         TEXT NOT NULL          -- pub
);
CREATE INDEX search_changed ON search (changed);
CREATE INDEX search_gone ON search (gone) WHERE gone > 0;

-- The words an opportunity is found by, analysed: see analyse.go.
CREATE TABLE search_words (
  n     BIGINT PRIMARY KEY REFERENCES search (n) ON DELETE CASCADE, -- tec
  words TEXT NOT NULL -- pub
);
