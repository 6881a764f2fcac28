package federation

import "seestern/engagement"

// Follow is the wish of an actor to get what another one publishes. Between two instance actors it is the way to be partners.
type Follow struct {
	ID     string // of the activity
	Actor  string // who wants to follow
	Object string // whom
}

// Doc is the Follow as it stands inside an answer to it: complete, so that nobody has to look it up.
func (f Follow) Doc() Doc {
	return Doc{"id": f.ID, "type": "Follow", "actor": f.Actor, "object": f.Object}
}

// PartnerFollow is the Follow that our instance sends to another one's actor, or to one whose events are shown here.
func (c Codec) PartnerFollow(event engagement.ID, instance string) Follow {
	return Follow{ID: c.Base.ActivityID(event), Actor: c.Base.Actor(), Object: instance}
}

// AskPartner sends our Follow and says what it is for.
func (c Codec) AskPartner(event engagement.ID, instance string) Doc {
	return c.PartnerFollow(event, instance).Doc().with(Doc{"to": []string{instance}, "seestern:purpose": "partner"})
}

// FollowActor sends our Follow of an actor whose events are shown here.
func (c Codec) FollowActor(event engagement.ID, actor string) Doc {
	return c.PartnerFollow(event, actor).Doc().with(Doc{"to": []string{actor}})
}

// Accept answers somebody's Follow of one of our actors.
func (c Codec) Accept(event engagement.ID, f Follow) Doc { return c.answer("Accept", event, f) }

// Reject refuses somebody's Follow, or ends it.
func (c Codec) Reject(event engagement.ID, f Follow) Doc { return c.answer("Reject", event, f) }

func (c Codec) answer(typeName string, event engagement.ID, f Follow) Doc {
	return Doc{"id": c.Base.ActivityID(event), "type": typeName, "actor": f.Object, "object": f.Doc(), "to": []string{f.Actor}}
}

// UndoFollow takes a Follow of ours back.
func (c Codec) UndoFollow(event engagement.ID, f Follow) Doc {
	return Doc{"id": c.Base.ActivityID(event), "type": "Undo", "actor": f.Actor, "object": f.Doc(), "to": []string{f.Object}}
}

// ReadFollow reads a Follow; partner says whether it asks for partnership.
func ReadFollow(e Envelope) (f Follow, partner bool, err error) {
	f = Follow{ID: e.ID, Actor: e.Actor, Object: e.ObjectID}
	if e.Type != "Follow" || f.Object == "" {
		return f, false, violation("P-2", "%s follows nobody", e.ID)
	}
	return f, e.Raw.String("seestern:purpose") == "partner", nil
}

// Reply is an Accept or Reject of a Follow of ours, or an Undo of a Follow, Like or Announce of theirs: what it is about, as far as
// it says so itself.
type Reply struct {
	ID     string // of the activity it is about
	Type   string // of that activity; empty if only its id is given
	Actor  string // who did that; empty if only its id is given
	Object string // to whom or what; empty if only its id is given
}

// ReadReply reads what an Accept, Reject or Undo is about. Ids alone, whole activities, and actors embedded in them are all normal.
func ReadReply(e Envelope) Reply {
	r := Reply{ID: e.ObjectID}
	if e.Object != nil {
		r.Type, r.Actor, r.Object = e.Object.Type(), e.Object.IRI("actor"), e.Object.IRI("object")
	}
	return r
}
