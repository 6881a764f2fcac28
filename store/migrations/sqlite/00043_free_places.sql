-- +goose Up

-- How many places are left at a shift, so that matching can read free shifts without their documents.
ALTER TABLE shift ADD COLUMN free BIGINT; -- pub; NULL: it does not take place
UPDATE shift SET free = max(0, json_extract(doc, '$.Capacity') - json_extract(doc, '$.Taken')) WHERE json_extract(doc, '$.State') = 'planned';
DROP INDEX shift_opportunity;
CREATE INDEX shift_times ON shift (opportunity, starts, ends, free);
