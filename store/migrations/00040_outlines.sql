-- +goose Up

-- Layers of outlines that maps show, and the borders of each. South, west, north and east are in 1e-5 degrees.
CREATE TABLE outline_layer (
  layer TEXT PRIMARY KEY, -- tec
  doc   TEXT NOT NULL     -- pub
);
CREATE TABLE outline (
  layer  TEXT NOT NULL,   -- tec
  line   BIGINT NOT NULL, -- tec
  south  BIGINT NOT NULL, -- pub
  west   BIGINT NOT NULL, -- pub
  north  BIGINT NOT NULL, -- pub
  east   BIGINT NOT NULL, -- pub
  points TEXT NOT NULL,   -- pub
  PRIMARY KEY (layer, line)
);
