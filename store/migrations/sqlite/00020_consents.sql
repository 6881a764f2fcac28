-- +goose Up
-- What people agreed to is a list of consents with their proof; before there was one permission, to be invited on behalf of partners, and
-- the agreement to use sensitive wishes. Licenses say until when they hold.
ALTER TABLE profile ADD COLUMN reach BIGINT NOT NULL DEFAULT 0; -- tec; which switches are on, as bits
CREATE INDEX profile_reach ON profile (reach) WHERE reach > 0;

UPDATE profile SET
  doc = json_set(json_remove(doc, '$.InviteUntil', '$.InviteAsked'),
    '$.Consents', json((
      SELECT json_group_array(json(consent)) FROM (
        SELECT json_object('Purpose', 'art9-angaben', 'Text', '', 'Given', json_extract(doc, '$.Updated'),
          'Until', '0001-01-01T00:00:00Z', 'Withdrawn', '0001-01-01T00:00:00Z', 'Asked', json('false')) AS consent
        WHERE json_extract(doc, '$.Sensitive')
        UNION ALL
        SELECT json_object('Purpose', 'by-partner-instances', 'Text', '',
          'Given', strftime('%Y-%m-%dT%H:%M:%SZ', json_extract(doc, '$.InviteUntil'), '-1 year'),
          'Until', json_extract(doc, '$.InviteUntil'), 'Withdrawn', '0001-01-01T00:00:00Z',
          'Asked', json(CASE WHEN json_extract(doc, '$.InviteAsked') THEN 'true' ELSE 'false' END))
        WHERE due > 0))),
    '$.Licenses', json((
      SELECT json_group_array(json_object('Code', value, 'Until', '')) FROM json_each(doc, '$.Licenses') WHERE value IS NOT NULL))),
  reach = CASE WHEN due > 0 THEN 8 ELSE 0 END;
