package federation

import (
	"html"
	"strings"

	"seestern/engagement"
)

// Instance is the actor of this instance. It connects instances and signs what we retrieve; its summary sends people who want to
// follow somebody to the organizations.
func (c Codec) Instance(i engagement.Instance, key PublicKey) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	organizations := c.page(c.Pages.Organizations())
	w := c.Words("")
	id, name := c.Base.Actor(), c.InstanceHandle()
	return Doc{
		"id": id, "type": "Application", "preferredUsername": name, "webfinger": c.Base.acct(name), "name": i.Name,
		"summary": "<p>" + html.EscapeString(w.text("wire.instance")) + " " + link(organizations, "nofollow noopener", hostAndPath(organizations)) + "</p>",
		"url":     c.page("/"), "inbox": c.Base.Inbox(), "outbox": id + "/outbox",
		"followers": c.Base.instanceFollowers(), "following": id + "/following",
		"endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown,
		"manuallyApprovesFollowers": true, "discoverable": false, "indexable": false, "published": stamp(i.Created),
		"attachment": []Doc{}, "tag": []Doc{},
		"implements": append(implements[:len(implements):len(implements)], Doc{"href": capabilityRFC9421, "name": "RFC 9421"}),
		"streams":    []string{c.Base.Opportunities()}, "location": region(i), "seestern:regions": i.Regions,
	}, nil
}

// InstanceHandle is the user name of the instance actor: the host without its port.
func (c Codec) InstanceHandle() string {
	name, _, _ := strings.Cut(c.Base.Host, ":")
	return name
}
