-- The next lanes are read in their order, instead of sorting all that are due.

-- +goose Up
DROP INDEX lane_next;
CREATE INDEX lane_next ON lane (next, host, lane);
