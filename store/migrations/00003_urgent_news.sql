-- +goose Up

-- Urgent calls stand first on the first page until their end.
ALTER TABLE announcement ADD COLUMN urgent TEXT NOT NULL DEFAULT ''; -- pub
CREATE INDEX announcement_urgent ON announcement (urgent) WHERE urgent <> '' AND state = 'published';
