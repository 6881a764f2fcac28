package federation

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"

	"seestern/engagement"
	"seestern/store"
)

// Archive is an organization in a file that it can take along (FEP-6fcd): its actor and everything that its outbox shows, on one page. It holds what is public.
// Keys stay, because they belong to this server; requests and who signed up, because they are other people's; and who follows, because a
// Move asks them. Organizations upload no media.
func (s *Service) Archive(ctx context.Context, id engagement.ID) ([]byte, error) {
	var org engagement.Organization
	var links []string
	var published []Doc
	err := s.store.View(ctx, func(tx *store.Tx) (err error) {
		if org, err = tx.Organization(id); err != nil {
			return err
		}
		if !org.Local() {
			return hidden("organization", id)
		}
		if links, err = s.attestationIDs(tx, org); err != nil {
			return err
		}
		published, err = s.everythingPublished(tx, org, maxArchivedNews)
		return err
	})
	if err != nil {
		return nil, err
	}
	key, err := s.publicKey(ctx, s.Base.OrganizationID(org))
	if err != nil {
		return nil, err
	}
	actor, err := s.Codec.Organization(org, key, false, links...)
	if err != nil {
		return nil, err
	}
	newestFirst(published)
	outbox := Doc{"id": s.Base.OrganizationID(org) + "/outbox", "type": "OrderedCollection", "totalItems": len(published), "orderedItems": published}
	var file bytes.Buffer
	w := tar.NewWriter(&file)
	put := func(name string, content []byte) error {
		h := tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: int64(len(content)), ModTime: s.now()}
		if content == nil {
			h.Typeflag, h.Mode = tar.TypeDir, 0o700
		}
		if err := w.WriteHeader(&h); err != nil {
			return err
		}
		_, err := w.Write(content)
		return err
	}
	if err := put("manifest.yml", s.manifest(org)); err != nil {
		return nil, err
	}
	if err := put("activitypub/", nil); err != nil {
		return nil, err
	}
	for _, part := range []struct {
		name string
		doc  Doc
	}{{"actor.json", actor}, {"outbox.json", outbox}} {
		text, err := whole(part.doc)
		if err != nil {
			return nil, fmt.Errorf("archive of %s: %w", org.Handle, err)
		}
		if err := put("activitypub/"+part.name, text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

// maxArchivedNews is more than an organization will ever have.
const maxArchivedNews = 100_000

// whole is a document as it goes out, however long it is.
func whole(d Doc) ([]byte, error) {
	m, _ := finish("", d).(map[string]any)
	body, err := encode(m)
	if err != nil {
		return nil, err
	}
	return inContext(body), nil
}

// manifest says what is in the archive. Strings are written as JSON, which YAML reads as well.
func (s *Service) manifest(org engagement.Organization) []byte {
	const spec = "https://codeberg.org/fediverse/fep/src/branch/main/fep/6fcd/fep-6fcd.md"
	return fmt.Appendf(nil, `ubc-version: 0.1
meta:
  created: %s
  createdBy:
    controller: %q
    client:
      name: "Seestern"
      url: %q
contents:
  manifest.yml:
    url: %s#manifest-file
  activitypub:
    contents:
      actor.json:
        url: https://www.w3.org/TR/activitypub/#actor-objects
      outbox.json:
        url: https://www.w3.org/TR/activitystreams-core/#collections
`, s.now().UTC().Format("2006-01-02"), s.Base.OrganizationID(org), s.config.Homepage, spec)
}
