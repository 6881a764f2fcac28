package federation_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"seestern/engagement"
	"seestern/federation"
	"seestern/federation/fedtest"
	"seestern/store"
)

const public = "https://www.w3.org/ns/activitystreams#Public"

// How the servers address a note. Mastodon: visibility by to and cc, a mention of the addressee. GoToSocial: single strings instead of
// arrays, no cc where there is none. Misskey: the mention in the text only, cc always there.
var writers = map[string]func(a *fedtest.Actor, to, kind string) map[string]any{
	"Mastodon": func(a *fedtest.Actor, to, kind string) map[string]any {
		members := map[string]any{
			"to": []string{to}, "cc": []string{}, "tag": []any{map[string]any{"type": "Mention", "href": to, "name": "@leseinsel@me.test"}},
			"sensitive": false, "atomUri": a.ID + "/statuses/1", "conversation": "tag:x", "contentMap": map[string]any{"de": "<p>x</p>"},
		}
		if kind == "public" {
			members["to"], members["cc"] = []string{public}, []string{a.ID + "/followers", to}
		}
		return members
	},
	"GoToSocial": func(a *fedtest.Actor, to, kind string) map[string]any {
		members := map[string]any{
			"to": to, "attachment": []any{}, "tag": map[string]any{"type": "Mention", "href": to, "name": "@leseinsel@me.test"},
			"interactionPolicy": map[string]any{"canLike": map[string]any{"always": []any{public}}}, "replies": map[string]any{"type": "Collection"},
		}
		if kind == "public" {
			members["to"], members["cc"] = public, []string{a.ID + "/followers", to}
		}
		return members
	},
	"Misskey": func(a *fedtest.Actor, to, kind string) map[string]any {
		members := map[string]any{"to": []string{to}, "cc": []string{}, "_misskey_summary": "", "source": map[string]any{"content": "x", "mediaType": "text/x.misskeymarkdown"}}
		if kind == "public" {
			members["to"], members["cc"] = []string{a.ID + "/followers"}, []string{public, to}
		}
		return members
	},
}

// with adds members.
func with(members map[string]any, more map[string]any) map[string]any {
	for name, value := range more {
		members[name] = value
	}
	return members
}

// answers are the direct notes an actor got, as plain markup.
func answers(a *fedtest.Actor) (texts []string) {
	for _, activity := range of("Create", a.Inbox()) {
		if object, ok := activity.JSON["object"].(map[string]any); ok {
			texts = append(texts, fmt.Sprint(object["content"]))
		}
	}
	return texts
}

func TestC15NotesOfOrdinaryPeople(t *testing.T) {
	for server, address := range writers {
		t.Run(server, func(t *testing.T) {
			eachHouse(t, func(t *testing.T, h *house) {
				one := h.actor("social.test", "one", person)
				t.Run("a direct message about an open opportunity is interest, answered once", func(t *testing.T) {
					h.want(one, noteOf(one, "Ich &lt;b&gt;helfe&lt;/b&gt; gern!", with(address(one, h.orgIRI(), "direct"), map[string]any{"inReplyTo": h.oppIRI()})), 202)
					all := h.requests()
					if len(all) != 1 {
						t.Fatalf("got %d match requests", len(all))
					}
					m := all[0]
					if m.Via != "fediverse" || m.State != engagement.Interested || m.Remote.Actor != one.ID || m.Remote.Handle != "@one@social.test" || m.Text != "Ich <b>helfe</b> gern!" {
						t.Errorf("got %+v", m)
					}
					settle(t, h.peer)
					if got := answers(one); len(got) != 1 || !strings.Contains(got[0], "/interesse?t=") || !strings.Contains(got[0], "u-url mention") {
						t.Errorf("got answers %q", got)
					}
				})
				t.Run("a further message is read too, and is not answered automatically", func(t *testing.T) {
					ours := of("Create", one.Inbox())[0].JSON["object"].(map[string]any)["id"]
					h.want(one, noteOf(one, "Auch mittwochs.", with(address(one, h.orgIRI(), "direct"), map[string]any{"inReplyTo": ours})), 202)
					settle(t, h.peer)
					if all := h.requests(); len(all) != 1 || all[0].Text != "Auch mittwochs." || len(answers(one)) != 1 {
						t.Errorf("got %+v, answers %q", all, answers(one))
					}
				})
				t.Run("a public reply waits for a moderator, and its author is told the way", func(t *testing.T) {
					two := h.actor("social.test", "two", person)
					h.want(two, noteOf(two, "Braucht man Erfahrung?", with(address(two, h.orgIRI(), "public"), map[string]any{"inReplyTo": h.oppIRI()})), 202)
					got := h.reactions(engagement.Reply)
					if len(got) != 1 || got[0].Text != "Braucht man Erfahrung?" || got[0].Shown || got[0].Handle != "@two@social.test" {
						t.Fatalf("got %+v", got)
					}
					settle(t, h.peer)
					if got := answers(two); len(got) != 1 || !strings.Contains(got[0], "/angebote/") || len(h.requests()) != 1 {
						t.Errorf("got answers %q and %d requests", got, len(h.requests()))
					}
				})
			})
		})
	}
}

func TestC15TheSubjectOfAMessage(t *testing.T) {
	h := newHouse(t)
	page := h.base.String() + "/angebote/" + h.opp.Code + "-wie-auch-immer?von=social"
	for i, tt := range []struct {
		name    string
		text    string
		members map[string]any
		want    bool
	}{
		{"the id it answers", "Gern!", map[string]any{"inReplyTo": h.oppIRI()}, true},
		{"the id in its text", "Wegen " + h.oppIRI() + ".", nil, true},
		{"the page in its text", "Wegen " + page, nil, true},
		{"a link to the page", `<a href="` + page + `">hier</a>`, nil, true},
		{"nothing", "Hallo zusammen", nil, false},
		{"the page of something else with the same code", "Wegen " + strings.Replace(page, "/angebote/", "/neuigkeiten/", 1), nil, false},
		{"a page elsewhere", "Wegen https://social.test/angebote/" + h.opp.Code, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := h.actor("social.test", fmt.Sprintf("p%d", i), person)
			before := len(h.requests())
			h.want(a, noteOf(a, tt.text, with(map[string]any{"to": []string{h.orgIRI()}}, tt.members)), 202)
			if got := len(h.requests()) - before; got != map[bool]int{true: 1}[tt.want] {
				t.Errorf("got %d match requests", got)
			}
		})
	}
	t.Run("somebody's share of it", func(t *testing.T) {
		a, fan := h.actor("social.test", "reader", person), h.actor("social.test", "fan", person)
		share := fan.Activity("Announce", h.oppIRI())
		h.want(fan, share, 202)
		before := len(h.requests())
		h.want(a, noteOf(a, "Gern!", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": share["id"]}), 202)
		if len(h.requests()) != before+1 {
			t.Error("no match request")
		}
	})
}

func TestC15OtherRowsOfTheTable(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		nobody := func(t *testing.T, f func()) {
			t.Helper()
			requests, replies := len(h.requests()), len(h.reactions(engagement.Reply))
			f()
			if len(h.requests()) != requests || len(h.reactions(engagement.Reply)) != replies {
				t.Errorf("got %d requests and %d replies more", len(h.requests())-requests, len(h.reactions(engagement.Reply))-replies)
			}
			settle(t, h.peer)
		}
		t.Run("a message to an organization about nothing is for its team, who answers or does not", func(t *testing.T) {
			a := h.actor("social.test", "a", person)
			nobody(t, func() { h.want(a, noteOf(a, "Hallo", map[string]any{"to": h.orgIRI()}), 202) })
			if got := h.messages(h.org.ID); len(got) != 1 || got[0].Text != "Hallo" || len(answers(a)) != 0 {
				t.Errorf("got %+v and answers %q", got, answers(a))
			}
		})
		t.Run("a message to the instance is answered with where to look", func(t *testing.T) {
			a := h.actor("social.test", "b", person)
			nobody(t, func() { h.want(a, noteOf(a, "Hallo", map[string]any{"to": h.base.Actor()}), 202) })
			if got := answers(a); len(got) != 1 || of("Create", a.Inbox())[0].JSON["actor"] != h.base.Actor() {
				t.Errorf("got answers %q", got)
			}
		})
		t.Run("a message about it to somebody else is not for its organization", func(t *testing.T) {
			a := h.actor("social.test", "c", person)
			nobody(t, func() {
				h.want(a, noteOf(a, "Gern!", map[string]any{"to": h.base.OrganizationID(h.other), "inReplyTo": h.oppIRI()}), 202)
			})
		})
		t.Run("a public post that mentions an organization has no effect", func(t *testing.T) {
			a := h.actor("social.test", "d", person)
			h.unchanged(func() {
				h.want(a, noteOf(a, "Schön hier", map[string]any{"to": []string{public}, "cc": []string{h.orgIRI()}}), 202)
			})
		})
		t.Run("an organization learns once that somebody mentions it in public, and nothing is shown", func(t *testing.T) {
			for server, note := range map[string]map[string]any{
				"mastodon": {"to": []string{public}, "inReplyTo": nil, "sensitive": false, "tag": []map[string]any{{"type": "Mention", "href": h.orgIRI(), "name": "@beispielverein@" + h.base.Host}}},
				"gts":      {"to": public, "cc": h.orgIRI(), "tag": map[string]any{"type": "Mention", "href": h.orgIRI(), "name": "@beispielverein@" + h.base.Host}, "interactionPolicy": map[string]any{}},
				"misskey":  {"to": []string{public}, "_misskey_summary": nil, "quoteUrl": nil, "source": map[string]any{"content": "Danke", "mediaType": "text/x.misskeymarkdown"}, "tag": []map[string]any{{"type": "Mention", "href": h.orgIRI(), "name": "@beispielverein"}}},
			} {
				a := h.actor("social.test", server, person)
				mentions := func() (n int) {
					h.view(func(tx *store.Tx) error {
						events, err := tx.Events(engagement.Mail, store.Waiting, 100)
						for _, e := range events {
							if e.Kind == engagement.MailMention && e.Subject == h.org.ID {
								n++
							}
						}
						return err
					})
					return n
				}
				before := mentions()
				nobody(t, func() {
					h.want(a, noteOf(a, "Danke euch", note), 202)
					h.want(a, noteOf(a, "Und noch einmal", note), 202)
				})
				if got := mentions() - before; got != 1 || len(a.Inbox()) != 0 {
					t.Errorf("%s: got %d mails, want 1, and %d answers, want none", server, got, len(a.Inbox()))
				}
			}
		})
		t.Run("a message for followers too is a message", func(t *testing.T) {
			a := h.actor("social.test", "e", person)
			h.want(a, noteOf(a, "Gern!", map[string]any{"to": []string{a.ID + "/followers"}, "cc": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()}), 202)
			if m := h.interest(a); !m.Remote.FollowersToo {
				t.Errorf("got %+v", m.Remote)
			}
		})
		t.Run("the narrower audience counts", func(t *testing.T) {
			a := h.actor("social.test", "f", person)
			create := noteOf(a, "Unter uns", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
			create["to"] = []string{public, h.orgIRI()}
			before := len(h.reactions(engagement.Reply))
			h.want(a, create, 202)
			if m := h.interest(a); m.Remote.FollowersToo || len(h.reactions(engagement.Reply)) != before {
				t.Errorf("got %+v and %d replies", m.Remote, len(h.reactions(engagement.Reply)))
			}
		})
		for kind, change := range map[string]func(map[string]any){
			"Service":     func(d map[string]any) { d["type"] = "Service" },
			"Application": func(d map[string]any) { d["type"] = "Application" },
		} {
			t.Run("a machine is not heard: "+kind, func(t *testing.T) {
				a := h.actor("social.test", "m-"+kind, change)
				h.unchanged(func() {
					h.want(a, noteOf(a, "Jetzt kaufen", map[string]any{"to": []string{public}, "inReplyTo": h.oppIRI()}), 202)
				})
			})
		}
		t.Run("another organization gets no automatic answer", func(t *testing.T) {
			a := h.actor("elsewhere.test", "org")
			for _, to := range []string{public, h.orgIRI()} {
				h.want(a, noteOf(a, "Wir helfen mit", map[string]any{"to": []string{to}, "cc": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()}), 202)
			}
			settle(t, h.peer)
			if got := a.Inbox(); len(got) != 0 {
				t.Errorf("got %v", got)
			}
		})
		t.Run("a reply to news is a comment without automatic answer", func(t *testing.T) {
			news := h.announce(h.org, "Sprechstunde ist mittwochs.")
			a := h.actor("social.test", "g", person)
			h.want(a, noteOf(a, "Danke!", map[string]any{"to": []string{public}, "inReplyTo": h.base.ID(federation.KindAnnouncement, string(news.ID))}), 202)
			settle(t, h.peer)
			h.view(func(tx *store.Tx) error {
				got, err := tx.Reactions(news.ID, engagement.Reply, false)
				if len(got) != 1 || len(a.Inbox()) != 0 {
					t.Errorf("got %v, inbox %v", got, a.Inbox())
				}
				return err
			})
		})
		t.Run("a closed opportunity says so", func(t *testing.T) {
			closed := h.opportunity(h.org, "Schon vorbei: Vorlesen im Sommer")
			h.update(func(tx *store.Tx) error {
				o, err := tx.Opportunity(closed.ID)
				o.State = engagement.Expired
				if err != nil {
					return err
				}
				return tx.PutOpportunity(&o)
			})
			a, b := h.actor("social.test", "h", person), h.actor("social.test", "i", person)
			iri := h.base.OpportunityID(closed)
			nobody(t, func() { h.want(a, noteOf(a, "Gern!", map[string]any{"to": h.orgIRI(), "inReplyTo": iri}), 202) })
			h.want(b, noteOf(b, "Noch frei?", map[string]any{"to": public, "inReplyTo": iri}), 202)
			settle(t, h.peer)
			for _, who := range []*fedtest.Actor{a, b} {
				if got := answers(who); len(got) != 1 || !strings.Contains(got[0], "/angebote?q=") {
					t.Errorf("%s got answers %q", who.Name, got)
				}
			}
		})
		t.Run("a draft, or a made-up id, is no subject", func(t *testing.T) {
			a := h.actor("social.test", "j", person)
			h.unchanged(func() {
				h.want(a, noteOf(a, "Gern!", map[string]any{"to": public, "inReplyTo": h.base.ID(federation.KindOpportunity, "01890a5d-ac96-774b-bcce-b302099a8057")}), 202)
			})
		})
		t.Run("a vote has no text and no effect", func(t *testing.T) {
			a := h.actor("social.test", "k", person)
			vote := noteOf(a, "", map[string]any{"name": "Ja", "to": h.orgIRI(), "inReplyTo": h.oppIRI()})
			h.unchanged(func() { h.want(a, vote, 202) })
		})
	})
}

func TestC15EditingAndDeleting(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		t.Run("an edited message replaces the text until somebody has seen it", func(t *testing.T) {
			a := h.actor("social.test", "a", person)
			create := noteOf(a, "Gern!", map[string]any{"to": []string{h.orgIRI()}, "inReplyTo": h.oppIRI()})
			h.want(a, create, 202)
			edit := func(text string) map[string]any {
				object := with(map[string]any{}, create["object"].(map[string]any))
				object["content"] = "<p>" + text + "</p>"
				return carry(a, "Update", object)
			}
			h.want(a, edit("Sehr gern!"), 202)
			m := h.interest(a)
			if m.Text != "Sehr gern!" {
				t.Errorf("got text %q", m.Text)
			}
			h.update(func(tx *store.Tx) error {
				return engagement.SeenRequest(tx, engagement.Actor{Account: "x", Members: map[engagement.ID]engagement.Role{h.org.ID: engagement.Member}}, m.ID)
			})
			h.want(a, edit("Doch nicht so gern"), 202)
			if got := h.peer.request(m.ID).Text; got != "Sehr gern!" {
				t.Errorf("got text %q after it was seen", got)
			}
			h.want(a, a.Activity("Delete", create["object"].(map[string]any)["id"]), 202)
			if got := h.peer.request(m.ID); got.Text != "" || got.State != engagement.WithdrawnRequest {
				t.Errorf("after Delete: text %q, state %s", got.Text, got.State)
			}
			h.unchanged(func() { h.want(a, carry(a, "Create", create["object"].(map[string]any)), 202) })
		})
		t.Run("an edited reply waits for a moderator again", func(t *testing.T) {
			a := h.actor("social.test", "b", person)
			create := noteOf(a, "Wann?", map[string]any{"to": []string{public}, "inReplyTo": h.oppIRI()})
			h.want(a, create, 202)
			release := h.reactions(engagement.Reply)[0]
			release.Shown = true
			h.update(func(tx *store.Tx) error { return tx.PutReaction(release) })
			object := with(map[string]any{}, create["object"].(map[string]any))
			object["content"] = "<p>Jetzt billig kaufen</p>"
			h.want(a, carry(a, "Update", object), 202)
			if got := h.reactions(engagement.Reply)[0]; got.Shown || got.Text != "Jetzt billig kaufen" {
				t.Errorf("got %+v", got)
			}
			other := h.actor("social.test", "c", person)
			h.want(other, other.Activity("Delete", object["id"]), 202)
			if len(h.reactions(engagement.Reply)) != 1 {
				t.Error("somebody else deleted it")
			}
			h.want(a, a.Activity("Delete", map[string]any{"id": object["id"], "type": "Note"}), 202)
			if got := h.reactions(engagement.Reply); len(got) != 0 {
				t.Errorf("got %+v after Delete", got)
			}
		})
	})
}

func TestC15AutomaticAnswersAreFew(t *testing.T) {
	h := newHouse(t)
	message := func(a *fedtest.Actor, members map[string]any) {
		h.want(a, noteOf(a, "Hallo", with(map[string]any{"to": []string{h.base.Actor(), h.orgIRI()}}, members)), 202)
		settle(t, h.peer)
	}
	t.Run("one for each thread and author", func(t *testing.T) {
		a := h.actor("social.test", "a", person)
		for range 3 {
			message(a, nil)
		}
		if got := len(answers(a)); got != 1 {
			t.Errorf("got %d answers", got)
		}
	})
	t.Run("none to an answer of ours", func(t *testing.T) {
		a := h.actor("social.test", "b", person)
		message(a, nil)
		ours := of("Create", a.Inbox())[0].JSON["object"].(map[string]any)["id"]
		message(a, map[string]any{"inReplyTo": ours, "to": h.base.BoardID(h.topicBoard("lesepate"))})
		if got := len(answers(a)); got != 1 {
			t.Errorf("got %d answers", got)
		}
	})
	t.Run("three for each author and day", func(t *testing.T) {
		a := h.actor("social.test", "c", person)
		for i := range 5 {
			o := h.opportunity(h.org, fmt.Sprintf("Vorlesen in Klasse %d", i))
			message(a, map[string]any{"inReplyTo": h.base.OpportunityID(o)})
		}
		if got := len(answers(a)); got != 3 || len(h.requests()) != 5 {
			t.Errorf("got %d answers and %d requests", got, len(h.requests()))
		}
		h.clock.Forward(24 * time.Hour)
		o := h.opportunity(h.org, "Vorlesen am Tag danach")
		message(a, map[string]any{"inReplyTo": h.base.OpportunityID(o)})
		if got := len(answers(a)); got != 4 {
			t.Errorf("got %d answers on the next day", got)
		}
	})
	t.Run("twenty for each of us and hour", func(t *testing.T) {
		board, total := h.topicBoard("museum"), 0
		for i := range 25 {
			a := h.actor(fmt.Sprintf("s%d.test", i), "p", person)
			message(a, map[string]any{"to": h.base.BoardID(board)})
			total += len(answers(a))
		}
		if total != 20 {
			t.Errorf("got %d answers", total)
		}
	})
}

func TestC15NoAnswerLoopsBetweenTwoInstances(t *testing.T) {
	eachPair(t, func(t *testing.T, a, b *peer) {
		ofA, ofB := a.organization("verein"), b.organization("zentrum")
		o := a.opportunity(ofA, "Vorlesen in der Grundschule")
		writer := a.world.Host("social.test").Actor("p")
		writer.Change(person)
		got := writer.Post(a.base.Inbox(), noteOf(writer, "Gern!", map[string]any{"to": []string{a.base.OrganizationID(ofA), b.base.OrganizationID(ofB)}, "inReplyTo": a.base.OpportunityID(o)}))
		if got.Status != 202 {
			t.Fatalf("got status %d", got.Status)
		}
		settle(t, a, b)
		// The answer of a, word by word, reaches an organization of b, as if somebody had passed it on there.
		answer := of("Create", writer.Inbox())[0].JSON["object"].(map[string]any)
		org := b.world.Host("c.test").Actor("org")
		answer["id"], answer["attributedTo"], answer["to"] = "https://c.test/n/1", org.ID, []string{b.base.OrganizationID(ofB)}
		if got := org.Post(b.base.Inbox(), carry(org, "Create", answer)); got.Status != 202 {
			t.Fatalf("got status %d", got.Status)
		}
		settle(t, a, b)
		if got := len(org.Inbox()) + len(writer.Inbox()); got != 1 {
			t.Errorf("got %d answers in all, want the first alone", got)
		}
	})
}

func TestLikesAndSharesAreCountedOncePerActor(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for kind, reaction := range map[string]engagement.ReactionKind{"Like": engagement.Like, "Announce": engagement.Share} {
			t.Run(kind, func(t *testing.T) {
				a, b := h.actor("social.test", "a", person), h.actor("social.test", "b", person)
				first := a.Activity(kind, h.oppIRI())
				h.want(a, first, 202)
				h.unchanged(func() { h.want(a, a.Activity(kind, h.oppIRI()), 202) })
				h.want(b, b.Activity(kind, h.oppIRI()), 202)
				if got := len(h.reactions(reaction)); got != 2 || len(h.requests()) != 0 {
					t.Errorf("got %d and %d requests", got, len(h.requests()))
				}
				h.want(a, a.Activity("Undo", first["id"]), 202)
				h.want(b, b.Activity("Undo", map[string]any{"id": "https://social.test/made/up", "type": kind, "actor": b.ID, "object": h.oppIRI()}), 202)
				if got := len(h.reactions(reaction)); got != 0 {
					t.Errorf("got %d after both were taken back", got)
				}
			})
		}
		t.Run("of anything else they are nothing", func(t *testing.T) {
			a := h.actor("social.test", "a", person)
			for _, kind := range []string{"Like", "Announce", "EmojiReact", "Dislike"} {
				h.unchanged(func() { h.want(a, a.Activity(kind, h.orgIRI()), 202) })
				h.unchanged(func() { h.want(a, a.Activity(kind, "https://victim.test/n/1"), 202) })
			}
		})
	})
}

// What waits for moderators is bounded, for each author and for each thing.
func TestRepliesAreBounded(t *testing.T) {
	h := newHouse(t)
	reply := func(a *fedtest.Actor, text string) {
		h.want(a, noteOf(a, text, with(writers["Mastodon"](a, h.orgIRI(), "public"), map[string]any{"inReplyTo": h.oppIRI()})), 202)
	}
	loud, calm := h.actor("social.test", "loud", person), h.actor("other.test", "calm", person)
	for n := range 25 {
		reply(loud, fmt.Sprintf("Frage %d", n))
	}
	if got := len(h.reactions(engagement.Reply)); got != 20 {
		t.Errorf("%d of one author are kept", got)
	}
	h.update(func(tx *store.Tx) error {
		for n := range 79 {
			r := engagement.Reaction{ID: tx.NewID(), Subject: h.opp.ID, Kind: engagement.Reply, Actor: loud.ID, IRI: fmt.Sprint(loud.ID, "/", n), At: tx.Now()}
			if err := tx.PutReaction(r); err != nil {
				return err
			}
		}
		return nil
	})
	for _, text := range []string{"Braucht man Erfahrung?", "Und wann?"} {
		reply(calm, text)
	}
	got := h.reactions(engagement.Reply)
	if len(got) != 100 {
		t.Errorf("%d about one thing are kept", len(got))
	}
	h.update(func(tx *store.Tx) error { return engagement.DecideReply(tx, engagement.System, got[0].ID, true) })
	reply(calm, "Und wann?")
	if got := len(h.reactions(engagement.Reply)); got != 101 {
		t.Errorf("%d are kept after one was released", got)
	}
}
