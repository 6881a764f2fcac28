-- +goose Up

-- How many places are left at a shift, so that matching can read free shifts without their documents.
ALTER TABLE shift ADD COLUMN free BIGINT; -- pub; NULL: it does not take place
UPDATE shift SET free = max(0, json_extract(doc, '$.Capacity') - json_extract(doc, '$.Taken')) WHERE json_extract(doc, '$.State') = 'planned';
DROP INDEX shift_opportunity;
CREATE INDEX shift_times ON shift (opportunity, starts, ends, free);

-- Where a copy says exactly that it is, so that many of one partner at one point are noticed.
ALTER TABLE opportunity ADD COLUMN point TEXT NOT NULL DEFAULT ''; -- pub; latitude and longitude; empty: own ones, and those that are known by their district
UPDATE opportunity SET point = printf('%.5f,%.5f', json_extract(doc, '$.Places[0].Point.Lat'), json_extract(doc, '$.Places[0].Point.Lon'))
  WHERE origin <> '' AND json_extract(doc, '$.Places[0].Exact');
CREATE INDEX opportunity_point ON opportunity (origin, point, fingerprint) WHERE point <> '';
