-- +goose Up
CREATE TABLE attestation (
  id           TEXT PRIMARY KEY,                                           -- pub
  organization TEXT   NOT NULL REFERENCES organization (id) ON DELETE CASCADE, -- pub
  iri          TEXT,            -- pub; of copies
  stated       BIGINT NOT NULL, -- pub
  version      BIGINT NOT NULL, -- tec
  doc          TEXT   NOT NULL  -- pub
);
CREATE INDEX attestation_organization ON attestation (organization, stated);
CREATE UNIQUE INDEX attestation_iri ON attestation (organization, iri);
