package federation

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"seestern/engagement"
)

// audience says which servers may read a document. The zero value is nobody.
type audience struct {
	identity bool     // everybody, in every mode but "off": without it nobody could verify a signature
	public   bool     // everybody, as far as the mode admits them
	partners bool     // partners
	host     string   // this one server, because it takes part in a conversation
	hosts    []string // these partners, because they were asked
}

// reader is the server that asks. Rights to read are rights of servers: a signature proves the host, and whose key of that host it
// is does not matter.
type reader struct {
	service *Service
	request *http.Request
	mode    engagement.Code
	signed  bool
	claim   Signed
	host    string // whose key the signature names; true once it is proven
	partner bool   // host is a partner now
	full    bool   // and understands this protocol: what is for partners only is not for mere followers of the instance
}

// reader finds out who asks, as far as that needs no key. In mode "off" there is nothing, and suspended servers are refused whatever
// they ask for.
func (s *Service) reader(r *http.Request) (reader, error) {
	who := reader{service: s, request: r, signed: len(r.Header.Values("Signature")) > 0}
	i, err := s.instance(r.Context())
	if err == nil && !i.Federates() {
		err = errOff
	}
	who.mode = i.Mode
	if err != nil || !who.signed {
		return who, err
	}
	if who.claim, err = s.verifier.claim(r, nil); err != nil {
		return who, nil // a stranger, whoever it is
	}
	host := HostOf(who.claim.keyID)
	h, err := s.lookAt(r.Context(), host)
	if err == nil && h.blocked() {
		err = suspended(host)
	}
	if len(h.partner.Suspects) > 0 { // it may be somebody else by now
		who.signed = false
		return who, err
	}
	who.host = host
	who.partner = active(h.partner)
	who.full = who.partner && full(h.partner)
	return who, err
}

// errOff is the answer to everything in mode "off".
var errOff = fmt.Errorf("federation is off: %w", engagement.ErrNotFound)

// active says whether content is exchanged with a partner now.
func active(p engagement.Partner) bool {
	return p.State == engagement.PartnerActive && p.Level != "gesperrt"
}

// ignore is err unless it is (or wraps) the given one.
func ignore(err, ignored error) error {
	if errors.Is(err, ignored) {
		return nil
	}
	return err
}

// admit refuses a reader that is not of the audience. Where only some may read, everybody else gets what an unknown id gets.
func (who reader) admit(ctx context.Context, a audience) error {
	switch {
	case a.identity, a.public && who.mode == "open":
		return nil
	case a.public && !who.signed:
		return ErrUnsigned
	case a.public && who.partner, a.partners && who.full, a.host != "" && a.host == who.host, who.full && slices.Contains(a.hosts, who.host):
		return who.prove(ctx)
	}
	return fmt.Errorf("not for %q: %w", who.host, engagement.ErrNotFound)
}

// prove verifies the signature. One that is wrong is answered like a stranger's, so that nobody can try out which ids exist.
func (who reader) prove(ctx context.Context) error {
	_, err := who.service.verifier.check(ctx, who.claim, WithoutFragment(who.claim.keyID))
	if errors.Is(err, ErrSignature) {
		return fmt.Errorf("%w: %s", engagement.ErrNotFound, err.Error())
	}
	return err
}

// isPartner reports whether the reader has proven to be a partner; for what partners see more of than others.
func (who reader) isPartner(ctx context.Context) (bool, error) {
	if !who.full {
		return false, nil
	}
	err := who.prove(ctx)
	return err == nil, err
}

// getsShortForm says whether the reader sees of an actor only what its signatures are verified with: in mode "partners" everybody
// who is none.
func (who reader) getsShortForm(ctx context.Context) (bool, error) {
	if who.mode != "partners" {
		return false, nil
	}
	known, err := who.isPartner(ctx)
	return !known, err
}
