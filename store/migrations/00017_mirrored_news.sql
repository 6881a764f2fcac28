-- +goose Up

-- News of partners are kept like their opportunities, and partners copy ours and our events from the same list.
ALTER TABLE announcement ADD COLUMN origin TEXT NOT NULL DEFAULT ''; -- pub
ALTER TABLE announcement ADD COLUMN iri TEXT; -- pub; NULL for own ones
ALTER TABLE announcement ADD COLUMN changed BIGINT NOT NULL DEFAULT 0; -- pub; time of the version: updated, else published
UPDATE announcement SET changed = published;
CREATE UNIQUE INDEX announcement_iri ON announcement (iri);
CREATE INDEX announcement_origin ON announcement (origin, published) WHERE origin <> '';
CREATE INDEX announcement_changed ON announcement (changed, id) WHERE origin = '' AND state = 'published';
CREATE INDEX announcement_queued ON announcement (published) WHERE state = 'queued';

ALTER TABLE occasion ADD COLUMN changed BIGINT NOT NULL DEFAULT 0; -- pub; time of the version: updated, else published
UPDATE occasion SET changed = published;
CREATE INDEX occasion_changed ON occasion (changed, id) WHERE origin = '';
