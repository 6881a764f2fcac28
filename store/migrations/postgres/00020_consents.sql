-- +goose Up
-- What people agreed to is a list of consents with their proof; before there was one permission, to be invited on behalf of partners, and
-- the agreement to use sensitive wishes. Licenses say until when they hold.
ALTER TABLE profile ADD COLUMN reach BIGINT NOT NULL DEFAULT 0; -- tec; which switches are on, as bits
CREATE INDEX profile_reach ON profile (reach) WHERE reach > 0;

UPDATE profile SET
  doc = (doc::jsonb - 'InviteUntil' - 'InviteAsked' || jsonb_build_object(
    'Consents',
      CASE WHEN (doc::jsonb ->> 'Sensitive')::boolean THEN jsonb_build_array(jsonb_build_object(
        'Purpose', 'art9-angaben', 'Text', '', 'Given', doc::jsonb -> 'Updated',
        'Until', '0001-01-01T00:00:00Z', 'Withdrawn', '0001-01-01T00:00:00Z', 'Asked', FALSE)) ELSE '[]'::jsonb END
      || CASE WHEN due > 0 THEN jsonb_build_array(jsonb_build_object(
        'Purpose', 'by-partner-instances', 'Text', '',
        'Given', to_char((doc::jsonb ->> 'InviteUntil')::timestamptz AT TIME ZONE 'UTC' - INTERVAL '1 year', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'Until', doc::jsonb -> 'InviteUntil', 'Withdrawn', '0001-01-01T00:00:00Z',
        'Asked', COALESCE((doc::jsonb ->> 'InviteAsked')::boolean, FALSE))) ELSE '[]'::jsonb END,
    'Licenses', (
      SELECT COALESCE(jsonb_agg(jsonb_build_object('Code', value, 'Until', '')), '[]'::jsonb)
      FROM jsonb_array_elements_text(CASE jsonb_typeof(doc::jsonb -> 'Licenses') WHEN 'array' THEN doc::jsonb -> 'Licenses' ELSE '[]'::jsonb END)))
  )::text,
  reach = CASE WHEN due > 0 THEN 8 ELSE 0 END;
