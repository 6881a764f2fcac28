-- What the filters of the directory find is counted without reading the organizations.

-- +goose Up
CREATE INDEX organization_directory ON organization (state, kind, place, areas, origin, name);
