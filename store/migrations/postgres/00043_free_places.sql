-- +goose Up

-- How many places are left at a shift, so that matching can read free shifts without their documents.
ALTER TABLE shift ADD COLUMN free BIGINT; -- pub; NULL: it does not take place
UPDATE shift SET free = greatest(0, (doc::jsonb ->> 'Capacity')::bigint - (doc::jsonb ->> 'Taken')::bigint) WHERE doc::jsonb ->> 'State' = 'planned';
DROP INDEX shift_opportunity;
CREATE INDEX shift_times ON shift (opportunity, starts, ends, free);
