-- +goose Up

-- The actor of another instance that asks. One may have several requests: an organization that asks for others, or an account of
-- other software. Column person is left to our own pseudonymous persons, of which there is one for each request.
ALTER TABLE match_request ADD COLUMN asker TEXT NOT NULL DEFAULT ''; -- per
UPDATE match_request SET asker = person, person = NULL WHERE person LIKE '%://%';
CREATE INDEX match_request_asker ON match_request (asker) WHERE asker <> '';
