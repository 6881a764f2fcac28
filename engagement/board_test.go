package engagement_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

func here() Place {
	p := geo.Point{Lat: 52.4455, Lon: 13.5745}
	return Place{Locality: "Berlin-Köpenick", Point: p, Centroid: p, Precision: "ortsteil"}
}

func TestWhatABoardTakes(t *testing.T) {
	place := Board{Kind: PlaceBoard, Place: here(), RadiusKM: 5}
	topic := Board{Kind: TopicBoard, Areas: []Code{"kultur"}, Topics: []Code{"lesepate"}}
	near, far := here(), here()
	near.Centroid.Lat, far.Centroid.Lat = near.Centroid.Lat+0.04, far.Centroid.Lat+0.06 // 4.4 and 6.7 km
	near.Exact, far.Exact = true, true                                                  // the address itself is nobody's business
	for _, c := range []struct {
		name         string
		o            Opportunity
		place, topic bool
	}{
		{"within the radius", Opportunity{Places: []Place{near}}, true, false},
		{"beyond it, by what is public of the address", Opportunity{Places: []Place{far}}, false, false},
		{"with one of several places within", Opportunity{Places: []Place{far, near}}, true, false},
		{"without a place", Opportunity{Mode: "online"}, false, false},
		{"at a place without coordinates", Opportunity{Places: []Place{{Locality: "Irgendwo"}}}, false, false},
		{"of the area", Opportunity{Areas: []Code{"sport", "kultur"}}, false, true},
		{"on the topic", Opportunity{Topics: []Code{"lesepate"}}, false, true},
		{"on a topic of the area", Opportunity{Topics: []Code{"museum"}}, false, true},
		{"of the area of the topic", Opportunity{Areas: []Code{"schule-kita"}}, false, false},
	} {
		if got := place.Takes(c.o); got != c.place {
			t.Errorf("%s: a place takes it: %v", c.name, got)
		}
		if got := topic.Takes(c.o); got != c.topic {
			t.Errorf("%s: a topic takes it: %v", c.name, got)
		}
	}
	boards := Boards{place, topic}
	for name, o := range map[string]Opportunity{
		"of another instance": {Origin: "b.test", Visibility: "offen", Places: []Place{near}}, "for partners": {Visibility: "verbund", Places: []Place{near}},
	} {
		if got := boards.Of(o); len(got) != 0 {
			t.Errorf("%s: on %d boards", name, len(got))
		}
	}
	if got := boards.Of(Opportunity{Visibility: "offen", Places: []Place{near}, Topics: []Code{"lesepate"}}); len(got) != 2 {
		t.Errorf("on %d boards, want 2", len(got))
	}
	for _, c := range []struct {
		name         string
		by           Organization
		o            Occasion
		news, events string
	}{
		{"here, on the topic", Organization{Place: near, Areas: []Code{"sport", "kultur"}}, Occasion{Place: near}, "ort thema", "ort thema"},
		{"here, on another one", Organization{Place: near, Areas: []Code{"sport"}}, Occasion{Place: near}, "ort", "ort"},
		{"elsewhere, on the topic", Organization{Place: far, Areas: []Code{"kultur"}}, Occasion{Place: near}, "thema", "ort thema"},
		{"online, of nobody here", Organization{Place: far}, Occasion{Online: true}, "", ""},
		{"online, on the topic", Organization{Place: far, Areas: []Code{"kultur"}}, Occasion{Online: true}, "thema", "thema"},
		{"of another instance", Organization{Place: far, Areas: []Code{"kultur"}}, Occasion{Origin: "b.test", Place: near}, "thema", ""},
	} {
		kinds := func(list []Board) string {
			var kinds []string
			for _, b := range list {
				kinds = append(kinds, string(b.Kind))
			}
			return strings.Join(kinds, " ")
		}
		if got := kinds(boards.OfNews(c.by)); got != c.news {
			t.Errorf("%s: news on %q, want %q", c.name, got, c.news)
		}
		if got := kinds(boards.OfOccasion(c.o, c.by)); got != c.events {
			t.Errorf("%s: events on %q, want %q", c.name, got, c.events)
		}
	}
}

// What a board announces and what its page finds is the same.
func TestABoardTakesWhatItsSearchFinds(t *testing.T) {
	eachHouse(t, func(h *house) {
		var all []Opportunity
		h.update(func(tx *store.Tx) error {
			all = nil
			for _, km := range []float64{0, 0.02, 0.044, 0.0455, 0.2} {
				for _, areas := range [][]Code{{"kultur"}, {"sport"}} {
					o, err := h.publish(tx, func(o *Opportunity) {
						p := here()
						p.Centroid.Lat, p.Point.Lat = p.Centroid.Lat+km, p.Point.Lat+km
						o.Places, o.Areas, o.Topics = []Place{p}, areas, nil
						if km == 0.02 {
							o.Topics = []Code{"museum"}
						}
					})
					if err != nil {
						return err
					}
					all = append(all, o)
				}
			}
			return nil
		})
		for _, b := range []Board{
			{Kind: PlaceBoard, Place: here(), RadiusKM: 5},
			{Kind: TopicBoard, Areas: []Code{"kultur"}},
			{Kind: TopicBoard, Topics: []Code{"museum"}},
		} {
			var takes, finds []ID
			for _, o := range append(all, h.o) {
				if b.Takes(o) {
					takes = append(takes, o.ID)
				}
			}
			q := b.Search()
			q.Limit = 100
			h.must(h.s.View(ctx, func(tx *store.Tx) error {
				hits, err := tx.Search(q, store.Viewer{})
				for _, hit := range hits.List {
					finds = append(finds, hit.ID)
				}
				return err
			}))
			slices.Sort(takes)
			slices.Sort(finds)
			if !slices.Equal(takes, finds) || len(takes) == 0 {
				t.Errorf("%+v takes %d and finds %d", b, len(takes), len(finds))
			}
		}
	})
}

func TestTheLifeOfABoard(t *testing.T) {
	eachHouse(t, func(h *house) {
		add := func(by Actor, b Board) (made Board, err error) {
			err = h.s.Update(ctx, func(tx *store.Tx) error {
				made, err = AddBoard(tx, by, b)
				return err
			})
			return made, err
		}
		admin := Actor{Account: "admin", Roles: []Role{Admin}}
		place := Board{Kind: PlaceBoard, Name: "Köpenick", Place: here(), RadiusKM: 5}
		b, err := add(admin, place)
		h.must(err)
		if b.Handle != "koepenick" || b.State != BoardActive || b.ID == "" {
			t.Errorf("got %+v", b)
		}
		second, err := add(admin, place)
		h.must(err)
		if second.Handle != "koepenick_2" {
			t.Errorf("the second is called %s", second.Handle)
		}
		for field, bad := range map[string]Board{
			"name": {Kind: PlaceBoard, Place: here(), RadiusKM: 5, Handle: "x1"}, "kind": {Name: "Neu", Kind: "projekt"},
			"place": {Name: "Neu", Kind: PlaceBoard, RadiusKM: 5}, "radius": {Name: "Neu", Kind: PlaceBoard, Place: here(), RadiusKM: 101},
			"areas": {Name: "Neu", Kind: TopicBoard}, "topics": {Name: "Neu", Kind: TopicBoard, Topics: []Code{"unbekannt"}},
			"organization": {Name: "Neu", Kind: TopicBoard, Areas: []Code{"sport"}, Organization: "niemand"},
			"handle":       {Name: "Neu", Kind: TopicBoard, Areas: []Code{"sport"}, Handle: "leseinsel"},
		} {
			var many Invalids
			if _, err := add(admin, bad); !errors.As(err, &many) || many[0].Field != field {
				t.Errorf("%s: got %v", field, err)
			}
		}
		t.Run("no organization takes its name", func(t *testing.T) {
			var many Invalids
			err := h.s.Update(ctx, func(tx *store.Tx) error {
				o := h.org
				o.Handle = "koepenick"
				_, err := RegisterOrganization(tx, h.manager, o)
				return err
			})
			if !errors.As(err, &many) || many[0].Key != "error.handle.taken" {
				t.Errorf("got %v", err)
			}
		})
		t.Run("nor one that speaks for the instance or looks like another (INP-05)", func(t *testing.T) {
			register := func(o Organization) (Organization, error) {
				err := h.s.Update(ctx, func(tx *store.Tx) (err error) {
					o, err = RegisterOrganization(tx, h.manager, o)
					return err
				})
				return o, err
			}
			for handle, key := range map[string]string{
				"admin": "error.handle.taken", "inbox": "error.handle.taken", "moderation": "error.handle.taken",
				"Admin": "error.handle.shape", "ſupport": "error.handle.shape", "adm\u0131n": "error.handle.shape", "straße": "error.handle.shape",
				strings.Repeat("a", 31): "error.handle.shape", "007": "error.handle.shape", "a b": "error.handle.shape",
			} {
				o := h.org
				o.Handle = handle
				var many Invalids
				if _, err := register(o); !errors.As(err, &many) || many[0].Key != key {
					t.Errorf("%q: got %v", handle, err)
				}
			}
			o := h.org
			o.ID, o.Code, o.Handle, o.Name = "", "", "", "Moderation"
			o, err := register(o)
			if err != nil || o.Handle != "moderation_2" {
				t.Errorf("got %q, %v", o.Handle, err)
			}
		})
		t.Run("who looks after it is for an admin to say", func(t *testing.T) {
			edit := func(by Actor, b Board) (Board, error) {
				err := h.s.Update(ctx, func(tx *store.Tx) (err error) {
					b, err = EditBoard(tx, by, b)
					return err
				})
				return b, err
			}
			if _, err := edit(h.manager, b); !errors.Is(err, ErrForbidden) {
				t.Errorf("a manager of nobody's board: %v", err)
			}
			b.Organization = h.org.ID
			b, err = edit(admin, b)
			h.must(err)
			changed := b
			changed.Organization, changed.Handle, changed.Kind, changed.RadiusKM = "", "anders", TopicBoard, 9
			b, err = edit(h.manager, changed)
			h.must(err)
			if b.Organization != h.org.ID || b.Handle != "koepenick" || b.Kind != PlaceBoard || b.RadiusKM != 9 {
				t.Errorf("got %+v", b)
			}
		})
		t.Run("it ends once and is opened again once", func(t *testing.T) {
			archive := func(by Actor, on bool) error {
				return h.s.Update(ctx, func(tx *store.Tx) error {
					_, err := ArchiveBoard(tx, by, b.ID, on)
					return err
				})
			}
			for _, step := range []struct {
				by   Actor
				on   bool
				want error
			}{
				{h.manager, true, ErrForbidden},
				{admin, false, ErrConflict},
				{admin, true, nil},
				{admin, true, ErrConflict},
				{Actor{Account: "m", Roles: []Role{Moderator}}, false, nil},
			} {
				if err := archive(step.by, step.on); !errors.Is(err, step.want) {
					t.Errorf("archive %v: got %v, want %v", step.on, err, step.want)
				}
			}
		})
	})
}
