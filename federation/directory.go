package federation

import (
	"context"
	"fmt"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"seestern/engagement"
	"seestern/store"
)

// served wraps a handler of discovery: nothing of it exists in mode "off".
func (s *Service) served(h func(w http.ResponseWriter, r *http.Request, i engagement.Instance) error) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		i, err := s.instance(r.Context())
		if err != nil {
			return err
		}
		if !i.Federates() {
			return errOff
		}
		return h(w, r, i)
	}
}

// getFinger answers WebFinger. Who is not public does not exist.
func (s *Service) getFinger(w http.ResponseWriter, r *http.Request, i engagement.Instance) error {
	resource := r.FormValue("resource")
	if resource == "" {
		return malformed("WebFinger without resource")
	}
	asked, ok := s.ReadResource(resource)
	if !ok {
		return fmt.Errorf("resource %q: %w", resource, engagement.ErrNotFound)
	}
	var found JRD
	switch {
	case asked.Handle == s.InstanceHandle(), asked.IRI == s.Base.Actor(), asked.IRI == s.page("/"), asked.IRI == s.Base.String():
		found = s.InstanceFinger()
	default:
		var err error
		if found, err = s.fingered(r.Context(), asked); err != nil {
			return err
		}
	}
	body, err := found.Bytes()
	if err != nil {
		return err
	}
	return s.write(w, r, answer{body: body, mediaType: JRDType, public: true})
}

// fingered is the public organization, board or person that somebody asks for by handle, id or page.
func (s *Service) fingered(ctx context.Context, asked Finger) (found JRD, err error) {
	err = s.store.View(ctx, func(tx *store.Tx) error {
		o, err := s.fingeredOrganization(tx, asked)
		if err == nil && o.Local() && o.State == engagement.OrganizationActive {
			found = s.OrganizationFinger(o)
			return nil
		}
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		b, err := s.fingeredBoard(tx, asked)
		if err == nil && b.State == engagement.BoardActive {
			found = s.BoardFinger(b)
			return nil
		}
		if ignore(err, engagement.ErrNotFound) != nil {
			return err
		}
		p, err := s.fingeredPresence(tx, asked)
		if err == nil && !p.Open() {
			err = hidden("public presence", p.ID)
		}
		if err == nil {
			found = s.PresenceFinger(p)
		}
		return err
	})
	return found, err
}

func (s *Service) fingeredOrganization(tx *store.Tx, asked Finger) (engagement.Organization, error) {
	id, isID := s.Base.ParseID(asked.IRI)
	switch {
	case asked.Handle != "":
		return tx.OrganizationByHandle(asked.Handle)
	case isID && id.Kind == KindOrganization && id.Part == "" && id.Fragment == "":
		return tx.Organization(engagement.ID(id.Key))
	}
	// pages end with the short code and a readable part
	code, _, _ := strings.Cut(path.Base(asked.IRI), "-")
	o, err := tx.OrganizationByCode(code)
	if err == nil && s.page(s.Pages.Organization(o)) != asked.IRI {
		err = engagement.ErrNotFound
	}
	return o, err
}

func (s *Service) fingeredBoard(tx *store.Tx, asked Finger) (engagement.Board, error) {
	id, isID := s.Base.ParseID(asked.IRI)
	switch {
	case asked.Handle != "":
		return tx.BoardByHandle(asked.Handle)
	case isID && id.Kind == KindBoard && id.Part == "" && id.Fragment == "":
		return tx.Board(engagement.ID(id.Key))
	}
	b, err := tx.BoardByHandle(path.Base(asked.IRI))
	if err == nil && s.page(s.Pages.Board(b)) != asked.IRI {
		err = engagement.ErrNotFound
	}
	return b, err
}

func (s *Service) fingeredPresence(tx *store.Tx, asked Finger) (engagement.Presence, error) {
	id, isID := s.Base.ParseID(asked.IRI)
	switch {
	case asked.Handle != "":
		return tx.PresenceByHandle(asked.Handle)
	case isID && id.Kind == KindPerson && id.Part == "" && id.Fragment == "":
		return tx.Presence(engagement.ID(id.Key))
	}
	p, err := tx.PresenceByHandle(path.Base(asked.IRI))
	if err == nil && s.page(s.Pages.Presence(p)) != asked.IRI {
		err = engagement.ErrNotFound
	}
	return p, err
}

func (s *Service) getHostMeta(w http.ResponseWriter, r *http.Request, _ engagement.Instance) error {
	return s.write(w, r, answer{body: s.HostMeta(), mediaType: XRDType, public: true})
}

func (s *Service) getNodeInfoIndex(w http.ResponseWriter, r *http.Request, _ engagement.Instance) error {
	body, err := s.NodeInfoIndex().Bytes()
	if err != nil {
		return err
	}
	return s.write(w, r, answer{body: body, mediaType: "application/json", public: true})
}

func (s *Service) getNodeInfo(w http.ResponseWriter, r *http.Request, i engagement.Instance) error {
	version := mux.Vars(r)["version"]
	use, err := s.usage(r.Context(), i)
	if err != nil {
		return err
	}
	body, err := s.NodeInfo(version, i, use)
	if err != nil {
		return err
	}
	return s.write(w, r, answer{body: body, mediaType: NodeInfoType(version), public: true})
}

func (s *Service) usage(ctx context.Context, i engagement.Instance) (Usage, error) {
	u := Usage{Version: s.config.Version, Repository: s.config.Repository, Homepage: s.config.Homepage, Registration: i.Started()}
	if parts := strings.Split(u.Version, "."); s.config.HideVersion && len(parts) > 2 {
		u.Version = strings.Join(parts[:2], ".")
	}
	err := s.store.View(ctx, func(tx *store.Tx) error {
		opportunities, err := tx.CountShared(true)
		if err != nil {
			return err
		}
		announcements, err := tx.CountAnnouncements(time.Time{})
		u.Posts = opportunities + announcements
		return err
	})
	return u, err
}
