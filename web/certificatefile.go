package web

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"time"

	"seestern/engagement"
	"seestern/store"
)

// certificatePDF is the paper as a file; nil if the font lacks letters that it needs.
func (s *Server) certificatePDF(r *Request, p certificatePaper) ([]byte, error) {
	f := r.format()
	organization := ""
	for _, line := range p.Lines {
		for _, value := range line.Values {
			if !Printable(value) {
				return nil, nil
			}
		}
		if line.Key == "certificate.organization" {
			organization = line.Values[0]
		}
	}
	lang := "de-DE"
	if r.Language.Lang == "en" {
		lang = "en"
	}
	title := f.code("certificate_type", p.Type)
	doc := NewPDF(title, organization, lang, p.Issued)
	if site := s.instance.Load().Name; Printable(site) {
		doc.Text("P", "", 10, site)
	}
	doc.Space(8)
	doc.Text("H1", "B", 24, title)
	doc.Space(6)
	for _, line := range p.Lines {
		doc.Text("P", "B", 11, f.t(line.Key))
		for _, value := range line.Values {
			doc.Text("P", "", 13, value)
		}
		doc.Space(3.5)
	}
	doc.Space(2)
	doc.Rule()
	doc.Space(4)
	day, err := f.day(p.Issued)
	if err != nil {
		return nil, err
	}
	doc.Text("P", "", 11, f.t("certificate.confirmed", "name", organization, "day", day))
	if p.Level != "" {
		doc.Text("P", "", 11, f.t("certificate.level", "x", f.code("attestation_level", p.Level)))
	}
	if p.Note {
		doc.Text("P", "", 11, f.t("certificate.note"))
	}
	doc.Space(8)
	doc.QR(p.QR, 35, f.t("qr.title", "x", p.Address), f.t("certificate.check.how"), p.Address, f.t("certificate.code", "x", p.Code))
	return doc.Bytes()
}

func (s *Server) certificateFile(w *Response, r *Request) error {
	c, _, err := s.ownCertificate(r)
	if err != nil {
		return err
	}
	if c.State != engagement.CertificateIssued {
		return engagement.ErrNotFound
	}
	p, err := s.certificatePaper(r, c)
	if err != nil {
		return err
	}
	file, err := s.certificatePDF(r, p)
	if err != nil {
		return err
	}
	if file == nil {
		return engagement.ErrNotFound
	}
	return w.File("application/pdf", "nachweis.pdf", file)
}

// signs says whether this instance can sign files so that others can check them: its key is public.
func (s *Server) signs() bool { return s.options.Network.Sign != nil && s.wireID("", "") != "" }

// credentialType is the media type of a signed credential.
const credentialType = "application/vc+jwt"

// credentialFile is a certificate as an Open Badges 3.0 credential with the signature of this instance.
func (s *Server) credentialFile(w *Response, r *Request) error {
	c, _, err := s.ownCertificate(r)
	if err != nil {
		return err
	}
	if c.State != engagement.CertificateIssued || !s.signs() {
		return engagement.ErrNotFound
	}
	return s.signed(w, r, "nachweis.jwt", s.credential(r, c))
}

// signed answers with claims under the signature of this instance.
func (s *Server) signed(w *Response, r *Request, name string, claims map[string]any) error {
	text, err := json.Marshal(claims)
	if err != nil {
		return err
	}
	file, err := s.options.Network.Sign(r.Context(), text)
	if err != nil {
		return err
	}
	return w.File(credentialType, name, file)
}

// credential is a certificate in the words of Open Badges 3.0, with the claims of a JWT beside it. The organization is its issuer; the instance,
// which shows the organization to others, signs.
func (s *Server) credential(r *Request, c engagement.Certificate) map[string]any {
	f := r.format()
	id, issuer, since := "urn:uuid:"+string(c.ID), s.wireID(store.NounOrganization, c.Organization), c.Issued.UTC().Truncate(time.Second)
	narrative := f.t("certificate.confirmed.short")
	if c.Hours && c.Minutes > 0 {
		narrative += " " + f.t("certificate.hours", "x", f.hours(c.Minutes))
	}
	achievement := map[string]any{
		"id": id + "#achievement", "type": []string{"Achievement"}, "achievementType": "CommunityService", "name": c.Role,
		"description": c.Role, "criteria": map[string]any{"narrative": narrative},
	}
	if c.Tasks != "" {
		achievement["description"] = c.Tasks
	}
	var tags []string
	for _, skill := range c.Skills {
		tags = append(tags, f.code("skill", skill))
	}
	for _, group := range c.Groups {
		tags = append(tags, f.code("target_group", group))
	}
	if tags != nil {
		achievement["tag"] = tags
	}
	list := s.statusListID((c.Status-1)/engagement.StatusListSize + 1)
	index := strconv.Itoa((c.Status - 1) % engagement.StatusListSize)
	return map[string]any{
		"@context": []string{"https://www.w3.org/ns/credentials/v2", "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"},
		"type":     []string{"VerifiableCredential", "OpenBadgeCredential"}, "id": id, "name": f.code("certificate_type", c.Type),
		"issuer":    map[string]any{"id": issuer, "type": []string{"Profile"}, "name": c.Issuer},
		"validFrom": since.Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"type":              []string{"AchievementSubject"},
			"identifier":        []any{map[string]any{"type": "IdentityObject", "hashed": false, "identityHash": c.Name, "identityType": "name"}},
			"activityStartDate": string(c.From) + "T00:00:00Z", "activityEndDate": string(c.Until) + "T00:00:00Z",
			"achievement": achievement,
		},
		"credentialStatus": map[string]any{
			"id": list + "#" + index, "type": "BitstringStatusListEntry", "statusPurpose": "revocation", "statusListIndex": index, "statusListCredential": list,
		},
		"iss": issuer, "jti": id, "nbf": since.Unix(),
	}
}

func (s *Server) statusListID(n int) string {
	return s.base.String() + certificateCheck + "status/" + strconv.Itoa(n)
}

// statusList says which certificates were revoked, by their numbers alone (W3C Bitstring Status List).
func (s *Server) statusList(w *Response, r *Request) error {
	n, _ := strconv.Atoi(r.Var("list")) // digits
	first := (n-1)*engagement.StatusListSize + 1
	var revoked []int
	var next int
	err := s.store.View(r.Context(), func(tx *store.Tx) (err error) {
		if next, err = tx.NextStatus(); err != nil {
			return err
		}
		revoked, err = tx.RevokedStatuses(first, first+engagement.StatusListSize-1)
		return err
	})
	if err != nil {
		return err
	}
	if first >= next || !s.signs() {
		return engagement.ErrNotFound
	}
	bits := make([]byte, engagement.StatusListSize/8)
	for _, status := range revoked {
		i := status - first
		bits[i/8] |= 0x80 >> (i % 8)
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write(bits) // into memory
	if err := z.Close(); err != nil {
		return err
	}
	id, issuer, since := s.statusListID(n), s.wireID("", ""), r.Now.UTC().Truncate(time.Second)
	return s.signed(w, r, "", map[string]any{
		"@context": []string{"https://www.w3.org/ns/credentials/v2"}, "id": id, "type": []string{"VerifiableCredential", "BitstringStatusListCredential"},
		"issuer": issuer, "validFrom": since.Format(time.RFC3339),
		"credentialSubject": map[string]any{
			"id": id + "#list", "type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": "u" + base64.RawURLEncoding.EncodeToString(packed.Bytes()),
		},
		"iss": issuer, "jti": id, "nbf": since.Unix(),
	})
}
