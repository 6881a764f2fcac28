-- +goose Up

-- What takes place again and again, and which events are one of it.
CREATE TABLE series (
  id           TEXT PRIMARY KEY, -- tec
  organization TEXT NOT NULL REFERENCES organization (id), -- pub
  due          BIGINT NOT NULL,  -- tec; when a timer has to look at it next, 0: never
  version      BIGINT NOT NULL,  -- tec
  doc          TEXT   NOT NULL   -- org
);
CREATE INDEX series_due ON series (due, id) WHERE due > 0;
CREATE INDEX series_organization ON series (organization);
ALTER TABLE occasion ADD COLUMN series TEXT; -- pub; id of an own one, IRI of another's, NULL without one
CREATE INDEX occasion_series ON occasion (series, starts) WHERE series IS NOT NULL;
