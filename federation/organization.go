package federation

import (
	"seestern/engagement"
)

// Organization is the actor of an organization of ours. The short form is what strangers get in mode partners: enough to verify
// its signatures and to see whose they are.
func (c Codec) Organization(o engagement.Organization, key PublicKey, short bool, attestations ...string) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	id := c.Base.OrganizationID(o)
	d := Doc{
		"id": id, "type": "Organization", "preferredUsername": o.Handle, "webfinger": c.Base.acct(o.Handle), "name": o.Name,
		"url": c.page(c.Pages.Organization(o)), "inbox": id + "/inbox", "outbox": id + "/outbox", "followers": id + "/followers",
		"following": id + "/following", "endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown,
		"manuallyApprovesFollowers": false, "discoverable": !o.Moved(), "indexable": true, "published": stamp(o.Created), "updated": stamp(o.Updated),
		"tag": []Doc{}, "alsoKnownAs": o.AlsoKnownAs, "movedTo": o.MovedTo, "generator": c.generator(),
	}
	if short {
		return d, nil
	}
	return d.with(Doc{
		"summary": c.summary(o), "attachment": c.attributes(o), "location": placeDoc(o.Place),
		"seestern:org": Doc{
			"seestern:version": 1, "seestern:kind": string(o.Kind), "seestern:legalForm": string(o.LegalForm), "seestern:register": o.Register,
			"seestern:charitable": truth(o.Charitable), "seestern:areas": texts(o.Areas), "seestern:languages": o.Languages,
			"seestern:description": o.Description, "seestern:web": o.Web, "seestern:contact": o.ContactMail, "seestern:contactRole": o.ContactRole,
			"seestern:attestations": attestations,
		},
	}), nil
}

// summary is what people on other servers read about the organization.
func (c Codec) summary(o engagement.Organization) string {
	if o.Summary == "" {
		return markdownHTML(o.Description)
	}
	return plainHTML(o.Summary)
}

// attributes are the lines below it.
func (c Codec) attributes(o engagement.Organization) []Doc {
	w := c.Words("")
	list := []Doc{{"type": "PropertyValue", "name": w.text("wire.place"), "value": o.Place.Public().Locality}}
	if o.Web != "" {
		list = append(list, Doc{"type": "PropertyValue", "name": w.text("wire.web"), "value": link(o.Web, "nofollow noopener", hostAndPath(o.Web))})
	}
	return list
}

// truth is true, or nothing.
func truth(b bool) any {
	if b {
		return true
	}
	return nil
}
