-- +goose Up

-- How many places are left at a shift, so that matching can read free shifts without their documents.
ALTER TABLE shift ADD COLUMN free BIGINT; -- pub; NULL: it does not take place
UPDATE shift SET free = greatest(0, (doc::jsonb ->> 'Capacity')::bigint - (doc::jsonb ->> 'Taken')::bigint) WHERE doc::jsonb ->> 'State' = 'planned';
DROP INDEX shift_opportunity;
CREATE INDEX shift_times ON shift (opportunity, starts, ends, free);

-- Where a copy says exactly that it is, so that many of one partner at one point are noticed.
ALTER TABLE opportunity ADD COLUMN point TEXT NOT NULL DEFAULT ''; -- pub; latitude and longitude; empty: own ones, and those that are known by their district
UPDATE opportunity SET point = to_char((doc::jsonb #>> '{Places,0,Point,Lat}')::numeric, 'FM9990.00000') || ',' || to_char((doc::jsonb #>> '{Places,0,Point,Lon}')::numeric, 'FM9990.00000')
  WHERE origin <> '' AND (doc::jsonb #>> '{Places,0,Exact}')::boolean;
CREATE INDEX opportunity_point ON opportunity (origin, point, fingerprint) WHERE point <> '';
