package engagement_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	. "seestern/engagement"
	"seestern/store"
)

const listHead = "#domain,#severity,#reject_media,#reject_reports,#public_comment,#obfuscate\n"

func TestWhichHostsARuleCovers(t *testing.T) {
	for _, c := range []struct {
		domain, host string
		want         bool
	}{
		{"evil.test", "evil.test", true},
		{"evil.test", "sub.evil.test", true},
		{"evil.test", "sub.evil.test:8443", true},
		{"evil.test", "evil.test:8443", true},
		{"evil.test", "notevil.test", false},
		{"evil.test", "evil.test.good.test", false},
		{"evil.test:8443", "evil.test", false},
		{"sub.evil.test", "evil.test", false},
	} {
		if got := Covers(c.domain, c.host); got != c.want {
			t.Errorf("%s and %s: got %v", c.domain, c.host, got)
		}
	}
	for text, want := range map[string]string{" https://Social.Example/ ": "social.example", "müller.example": "xn--mller-kva.example", "localhost:8081": "localhost:8081"} {
		if got, err := NormalizeHost(text); err != nil || got != want {
			t.Errorf("%q: got %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "a b.example", "ex**ple.com", "x.example/path", "a..b", "x.example:0", "u@x.example", ".x"} {
		if got, err := NormalizeHost(text); err == nil {
			t.Errorf("%q is read as %q", text, got)
		}
	}
}

func TestABlockListIsTakenAsAWholeOrNotAtAll(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.update(func(tx *store.Tx) error {
			return tx.PutPartner(&Partner{Host: "a.friend.test", State: PartnerActive, Level: "geprueft", Created: tx.Now()})
		})
		load := func(text string) ([]HostRule, error) {
			rows, err := ReadBlockList(strings.NewReader(text))
			if err != nil {
				return nil, err
			}
			var changes []HostRule
			err = h.s.Update(ctx, func(tx *store.Tx) (err error) {
				changes, err = ImportBlockList(tx, System, "me.test", rows, false)
				return err
			})
			return changes, err
		}
		rules := func() (list []HostRule) {
			h.update(func(tx *store.Tx) (err error) {
				list, err = tx.HostRules()
				return err
			})
			return list
		}
		for name, c := range map[string]struct{ text, want string }{
			"without a head":      {"evil.test,suspend\n", "list: error.blocklist.head"},
			"empty":               {"", "list: error.blocklist.head"},
			"with an odd name":    {listHead + "good.test,silence,,,,\nex**ple.com,suspend,,,,\n", "list: error.blocklist.domain map[line:3 x:ex**ple.com]"},
			"with an odd word":    {listHead + "evil.test,kill,,,,\n", "list: error.blocklist.severity map[line:2 x:kill]"},
			"with a broken row":   {listHead + "evil.test,suspend,,,\"x\n", "list: error.blocklist.row map[line:2]"},
			"with this site":      {listHead + "evil.test,suspend,,,,\nme.test,suspend,,,,\n", "list: error.blocklist.own map[line:3 x:me.test]"},
			"with a partner":      {listHead + "evil.test,suspend,,,,\na.friend.test,silence,,,,\n", "list: error.blocklist.partner map[line:3 x:a.friend.test]"},
			"above a partner":     {listHead + "friend.test,suspend,,,,\n", "list: error.blocklist.partner map[line:2 x:a.friend.test]"},
			"with two bad things": {listHead + "?,suspend\nevil.test,?\n", "list: error.blocklist.domain map[line:2 x:?]; list: error.blocklist.severity map[line:3 x:?]"},
		} {
			if _, err := load(c.text); err == nil || err.Error() != c.want {
				t.Errorf("%s: got %v, want %s", name, err, c.want)
			}
		}
		if got := rules(); len(got) != 0 {
			t.Fatalf("something was taken over: %v", got)
		}
		list := listHead + "Evil.test,suspend,true,true,\"Spam, viel\",false\nmeek.test,silence,false,false,,false\nfriend.test,silence,,,,\nnone.test,noop,true,,,\n"
		if got, err := load(list); err != nil || len(got) != 3 {
			t.Fatalf("got %v, %v", got, err)
		}
		if got, err := load(list + "evil.test,silence,,,,\n"); err != nil || len(got) != 0 {
			t.Errorf("again: got %v, %v", got, err)
		}
		var out bytes.Buffer
		h.must(WriteBlockList(&out, rules()))
		want := listHead + "evil.test,suspend,true,true,\"Spam, viel\",false\nfriend.test,silence,false,false,,false\nmeek.test,silence,false,false,,false\n"
		if out.String() != want {
			t.Errorf("written:\n%s\nwant\n%s", &out, want)
		}
		h.update(func(tx *store.Tx) error {
			_, own := SuspendHost(tx, System, "me.test", "me.test", "")
			_, partner := LimitHost(tx, System, "me.test", "a.friend.test", "")
			_, other := SuspendHost(tx, Actor{Account: "x", Roles: []Role{Moderator}}, "me.test", "b.test", "")
			if own == nil || partner == nil || !errors.Is(other, ErrNotFound) {
				t.Errorf("got %v, %v, %v", own, partner, other)
			}
			return nil
		})
	})
}

func TestTwoAdminsBlockAHost(t *testing.T) {
	eachHouse(t, func(h *house) {
		one, two := Actor{Account: "one", Roles: []Role{Admin}}, Actor{Account: "two", Roles: []Role{Admin}}
		h.update(func(tx *store.Tx) error {
			p := Partner{Host: "partner.test", Actor: "https://partner.test/ap/actor", State: PartnerActive, Level: "geprueft"}
			return tx.PutPartner(&p)
		})
		suspend := func(by Actor, host string) (r HostRule) {
			h.update(func(tx *store.Tx) error {
				if _, err := SuspendHost(tx, by, "me.test", host, "Hass"); err != nil {
					return err
				}
				var err error
				r, err = tx.HostRule(host)
				return err
			})
			return r
		}
		for host, meanwhile := range map[string]Standing{"bad.test": LimitedHost, "partner.test": OrdinaryHost} {
			for range 2 { // the same one twice is still one
				if got := suspend(one, host); got.Standing != meanwhile || got.Asked != "one" {
					t.Errorf("after the first: %+v", got)
				}
			}
			h.want("mails", strings.Join(h.mails(), " "), "host-asked")
			if got := suspend(two, host); got.Standing != SuspendedHost || got.Asked != "" {
				t.Errorf("after the second: %+v", got)
			}
			h.update(func(tx *store.Tx) error {
				_, err := AllowHost(tx, two, host)
				return err
			})
			if got := suspend(two, host); got.Standing == SuspendedHost {
				t.Errorf("one is enough after it was allowed: %+v", got)
			}
			h.update(func(tx *store.Tx) error {
				_, err := AllowHost(tx, one, host)
				return err
			})
			if got := suspend(one, host); got.Standing == SuspendedHost || got.Asked != "one" {
				t.Errorf("what one proposed before it was allowed still counts: %+v", got)
			}
			h.mails()
		}
		h.update(func(tx *store.Tx) error {
			rows, err := ReadBlockList(strings.NewReader(listHead + "listed.test,suspend,,,,\n"))
			if err != nil {
				return err
			}
			for _, by := range []Actor{one, two} {
				if _, err := ImportBlockList(tx, by, "me.test", rows, false); err != nil {
					return err
				}
			}
			r, err := tx.HostRule("listed.test")
			if r.Standing != SuspendedHost || r.Asked != "" {
				t.Errorf("by the lists of two: %+v", r)
			}
			return err
		})
	})
}

func TestAHostThatFloodsUsIsLimited(t *testing.T) {
	eachHouse(t, func(h *house) {
		h.update(func(tx *store.Tx) error {
			p := Partner{Host: "partner.test", Actor: "https://partner.test/ap/actor", State: PartnerActive, Level: "geprueft"}
			if err := tx.PutPartner(&p); err != nil {
				return err
			}
			return tx.PutHostRule(HostRule{Host: "bad.test", Standing: SuspendedHost, Note: "Hass"})
		})
		for host, want := range map[string]HostRule{
			"loud.test": {Host: "loud.test", Standing: LimitedHost, Automatic: true}, "partner.test": {Host: "partner.test"}, "bad.test": {Host: "bad.test", Standing: SuspendedHost, Note: "Hass"},
		} {
			h.update(func(tx *store.Tx) error { return LimitFlooder(tx, host, host == "loud.test") })
			h.update(func(tx *store.Tx) error {
				if got, err := tx.HostRule(host); err != nil || got != want {
					t.Errorf("got %+v, want %+v, %v", got, want, err)
				}
				return nil
			})
		}
		h.want("mails", strings.Join(h.mails(), " "), "host-limited")
		for what, decide := range map[string]func(*store.Tx) (HostRule, error){
			"limited": func(tx *store.Tx) (HostRule, error) { return LimitHost(tx, System, "me.test", "loud.test", "stimmt") },
			"allowed": func(tx *store.Tx) (HostRule, error) { return AllowHost(tx, System, "loud.test") },
		} {
			h.update(func(tx *store.Tx) error {
				return tx.PutHostRule(HostRule{Host: "loud.test", Standing: LimitedHost, Automatic: true})
			})
			h.update(func(tx *store.Tx) error { _, err := decide(tx); return err })
			h.update(func(tx *store.Tx) error {
				if got, err := tx.HostRule("loud.test"); err != nil || got.Automatic {
					t.Errorf("%s by an admin it is %+v, %v", what, got, err)
				}
				return nil
			})
		}
	})
}
