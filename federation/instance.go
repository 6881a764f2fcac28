package federation

import (
	"crypto/ed25519"
	"html"
	"strings"

	"seestern/engagement"
)

// Instance is the actor of this instance. It connects instances and signs what we retrieve; its summary sends people who want to
// follow somebody to the organizations. Keys for vouching are shown if there are any.
func (c Codec) Instance(i engagement.Instance, key PublicKey, vouching ...PublicKey) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	var assertions []Doc
	for _, k := range vouching {
		public, ok := k.Key.(ed25519.PublicKey)
		if !ok {
			return nil, errKeyType
		}
		assertions = append(assertions, Doc{"id": k.ID, "type": "Multikey", "controller": k.Owner, "publicKeyMultibase": EncodeMultikey(public)})
	}
	organizations := c.page(c.Pages.Organizations())
	w := c.Words("")
	id, name := c.Base.Actor(), c.InstanceHandle()
	d := Doc{
		"id": id, "type": "Application", "preferredUsername": name, "webfinger": c.Base.acct(name), "name": i.Name,
		"summary": "<p>" + html.EscapeString(w.text("wire.instance")) + " " + link(organizations, "nofollow noopener", hostAndPath(organizations)) + "</p>",
		"url":     c.page("/"), "inbox": c.Base.Inbox(), "outbox": id + "/outbox",
		"followers": c.Base.instanceFollowers(), "following": id + "/following",
		"endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown,
		"manuallyApprovesFollowers": true, "discoverable": false, "indexable": false, "published": stamp(i.Created),
		"attachment": []Doc{}, "tag": []Doc{},
		"implements": append(implements[:len(implements):len(implements)], Doc{"href": capabilityRFC9421, "name": "RFC 9421"}),
		"streams":    []string{c.Base.Opportunities()}, "location": region(i), "seestern:regions": i.Regions,
	}
	if len(assertions) > 0 {
		d["assertionMethod"] = assertions
	}
	return d, nil
}

// InstanceHandle is the user name of the instance actor: the host without its port.
func (c Codec) InstanceHandle() string {
	name, _, _ := strings.Cut(c.Base.Host, ":")
	return name
}
