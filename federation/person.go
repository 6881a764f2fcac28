package federation

import "seestern/engagement"

// Person is the pseudonymous actor of one match request. It tells nothing about the volunteer and nothing that two requests of one
// volunteer would have in common; the name is a constant.
func (c Codec) Person(m engagement.MatchRequest, key PublicKey) (Doc, error) {
	shown, err := publicKey(key)
	if err != nil {
		return nil, err
	}
	id := c.Base.PersonID(m)
	return Doc{
		"id": id, "type": "Person", "preferredUsername": m.Person, "name": c.Words("").text("wire.person"),
		"inbox": id + "/inbox", "endpoints": Doc{"sharedInbox": c.Base.Inbox()}, "publicKey": shown,
		"manuallyApprovesFollowers": true, "discoverable": false, "indexable": false, "attachment": []Doc{}, "tag": []Doc{},
		"generator": c.generator(),
	}, nil
}
