package federation

import (
	"time"

	"seestern/engagement"
)

// Create is the activity that publishes an object for the first time; who it is for stands in the object. The id is that of the
// event, the actor the object's author.
func (c Codec) Create(event engagement.ID, at time.Time, object Doc) Doc {
	return c.carry("Create", event, at, object["attributedTo"], object)
}

// Update is the activity that replaces an object, which is sent whole.
func (c Codec) Update(event engagement.ID, at time.Time, object Doc) Doc {
	return c.carry("Update", event, at, object["attributedTo"], object)
}

// UpdateActor tells the followers of an actor that its document has changed.
func (c Codec) UpdateActor(event engagement.ID, at time.Time, actor Doc) Doc {
	followers, _ := actor["followers"].(string)
	cc := []string{followers}
	if followers != c.Base.instanceFollowers() {
		cc = append(cc, c.Base.instanceFollowers())
	}
	return c.carry("Update", event, at, actor["id"], actor).with(Doc{"to": []string{Public}, "cc": cc})
}

// carry wraps an object. Activity and object always have the same audience.
func (c Codec) carry(typeName string, event engagement.ID, at time.Time, actor any, object Doc) Doc {
	return Doc{
		"id": c.Base.ActivityID(event), "type": typeName, "actor": actor, "published": stamp(at),
		"to": object["to"], "cc": object["cc"], "audience": object["audience"], "object": object,
	}
}

// Tombstone stands where an object was.
func Tombstone(id, formerType string, deleted time.Time) Doc {
	return Doc{"id": id, "type": "Tombstone", "formerType": formerType, "deleted": stamp(deleted)}
}

// DeleteOpportunity takes an opportunity back, whatever its state is now; visibility says who knew of it.
func (c Codec) DeleteOpportunity(event engagement.ID, at time.Time, o engagement.Opportunity, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	return c.remove(event, at, Tombstone(c.Base.OpportunityID(o), "Note", at), o.Visibility, org, boards)
}

// DeleteAnnouncement takes an announcement back.
func (c Codec) DeleteAnnouncement(event engagement.ID, at time.Time, a engagement.Announcement, org engagement.Organization, boards ...engagement.Board) (Doc, error) {
	return c.remove(event, at, Tombstone(c.AnnouncementID(a), announcementType(a), at), "offen", org, boards)
}

func (c Codec) remove(event engagement.ID, at time.Time, tombstone Doc, visibility engagement.Code, org engagement.Organization, boards []engagement.Board) (Doc, error) {
	author := c.Base.OrganizationID(org)
	audience, err := c.audience(visibility, author, boards)
	if err != nil {
		return nil, err
	}
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Delete", "actor": author, "published": stamp(at), "object": tombstone,
	}.with(audience), nil
}

// DeleteOrganization says that an organization is gone; its key stays until everybody could verify that.
func (c Codec) DeleteOrganization(event engagement.ID, at time.Time, org engagement.Organization) Doc {
	return c.deleteActor(event, at, c.Base.OrganizationID(org))
}

func (c Codec) deleteActor(event engagement.ID, at time.Time, id string) Doc {
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Delete", "actor": id, "published": stamp(at), "object": id,
		"to": []string{Public}, "cc": []string{},
	}
}

// Move asks the followers of an organization to follow the account that it has now.
func (c Codec) Move(event engagement.ID, org engagement.Organization) Doc {
	id := c.Base.OrganizationID(org)
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Move", "actor": id, "object": id, "target": org.MovedTo,
		"to": []string{id + "/followers"}, "cc": []string{},
	}
}

// Announce points other instances that do not read our objects directly to one of them.
func (c Codec) Announce(event engagement.ID, at time.Time, object string) Doc {
	return c.announce(event, at, c.Base.Actor(), object)
}

// BoardAnnounce is how a board passes something on to its followers: an activity of an organization as it is, for servers that know
// groups, or the id of an object, for all others.
func (c Codec) BoardAnnounce(event engagement.ID, at time.Time, b engagement.Board, object any) Doc {
	return c.announce(event, at, c.Base.BoardID(b), object)
}

func (c Codec) announce(event engagement.ID, at time.Time, actor string, object any) Doc {
	return Doc{
		"id": c.Base.ActivityID(event), "type": "Announce", "actor": actor, "published": stamp(at), "object": object,
		"to": []string{Public}, "cc": []string{actor + "/followers"},
	}
}
