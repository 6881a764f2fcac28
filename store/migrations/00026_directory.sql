-- +goose Up

-- What the directory of organizations filters by. It is filled when the search is written anew, at the next start.
ALTER TABLE organization ADD COLUMN kind TEXT NOT NULL DEFAULT '';  -- pub
ALTER TABLE organization ADD COLUMN place TEXT NOT NULL DEFAULT ''; -- pub; public locality
ALTER TABLE organization ADD COLUMN areas TEXT NOT NULL DEFAULT ''; -- pub; " a b "
