package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"seestern/web"
)

// checker runs the main job through the pages of the three instances.
type checker struct {
	*console
	a, b, c  *demoInstance
	recorder *recorder
	step     int
	title    string // of the opportunity
	pathB    string // of its copy on B
	org      string // path of the organization's workspace on A
	manager  *browser
	person   *browser // volunteer1 on B
	request  string   // path of their request
	answer   string   // path of the request on A
}

// What the volunteer's instance must not say before it is allowed.
const (
	canaryName = "Zwiebelfisch 7Q1"
	canaryMail = "volunteer1@fz.mail.example"
	canaryText = "Geheimwort Kieselstein 9R2"

	canaryHome   = "Mahlsdorf" // of the profile; nothing in the demo happens there
	canaryTalent = "Kann Kirschkerne zählen 5T4"

	canaryPurpose = "Werkstatt zum Lindenplatz 3W8" // of a search on A
)

// A step that needs the network is looked at every pause, and missed after checkTime. The pause keeps below the limit of searches.
const (
	checkTime = 2 * time.Minute // on a busy machine a first delivery may fail and is repeated a minute later
	pause     = 700 * time.Millisecond
)

func (d *demoCommand) check(ctx context.Context, c *console, instances []*demoInstance) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	k := &checker{console: c, a: instances[0], b: instances[1], c: instances[2], recorder: &recorder{}, title: "Bänke streichen im Kiezgarten " + time.Now().Format("15:04:05")}
	for _, i := range instances {
		if err := k.recorder.serve(ctx, i); err != nil {
			return err
		}
		if err := i.start(ctx, c); err != nil {
			return err
		}
	}
	for _, s := range []struct {
		name string
		run  func(context.Context) (string, error)
	}{
		{"three instances become partners", k.partners},
		{"the organization publishes on A", k.publish},
		{"B finds it by postal code and radius, with reasons", k.find},
		{"Aachen does not find it nearby", k.farAway},
		{"a volunteer on B asks", k.ask},
		{"A sees a pseudonymous request", k.seePseudonym},
		{"A is killed and comes back", k.kill},
		{"A asks for contact", k.wantContact},
		{"an office on A searches for expertise", k.searchExpertise},
		{"no personal byte left B so far", k.nothingLeft},
		{"the volunteer releases the contact", k.release},
		{"A reads the contact and agrees", k.agree},
		{"the places are counted down everywhere", k.countDown},
		{"both sides have the date", k.calendar},
		{"a second volunteer asks and withdraws", k.withdraw},
		{"the opportunity is removed everywhere", k.remove},
	} {
		ctx, cancel := context.WithTimeout(ctx, 2*checkTime)
		saw, err := s.run(ctx)
		cancel()
		k.step++
		if err != nil {
			fmt.Fprintf(c.out, "%2d MISS %s: %v\n", k.step, s.name, err)
			return fmt.Errorf("the main job failed at step %d", k.step)
		}
		fmt.Fprintf(c.out, "%2d ok   %s: %s\n", k.step, s.name, saw)
	}
	_, entries := k.recorder.count()
	fmt.Fprintf(c.out, "The main job works. %d requests and answers between the instances were recorded.\n", entries)
	return nil
}

// until repeats a look until it is satisfied.
func until(ctx context.Context, look func() (string, error)) (saw string, err error) {
	ctx, cancel := context.WithTimeout(ctx, checkTime)
	defer cancel()
	for {
		if saw, err = look(); err == nil {
			return saw, nil
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(pause):
		}
	}
}

// errNotYet says that a page does not show what is expected.
var errNotYet = errors.New("not yet")

func (k *checker) partners(ctx context.Context) (string, error) {
	if err := befriend(ctx, []*demoInstance{k.a, k.b, k.c}); err != nil {
		return "", err
	}
	return until(ctx, func() (string, error) {
		p, err := newBrowser(k.b.base).get(ctx, "/netzwerk")
		if err != nil {
			return "", err
		}
		for _, other := range []*demoInstance{k.a, k.c} {
			if !strings.Contains(p.body, strings.TrimPrefix(other.base, "http://")) {
				return "", fmt.Errorf("%s is no partner of B: %w", other.name, errNotYet)
			}
		}
		return "B lists A and Aachen", nil
	})
}

// signIn signs somebody in with the password of the demo.
func signIn(ctx context.Context, base, login string) (*browser, error) {
	b := newBrowser(base)
	p, err := b.fill(ctx, "/anmelden", "/anmelden", map[string]string{"login": login, "passwort": demoPassword})
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(p.url.Path, "/meine") {
		return nil, fmt.Errorf("sign-in of %s led to %s", login, p.url)
	}
	return b, nil
}

func (k *checker) publish(ctx context.Context) (_ string, err error) {
	if k.manager, err = signIn(ctx, k.a.base, "manager_a"); err != nil {
		return "", err
	}
	p, err := k.manager.get(ctx, "/angebot-einstellen") // one organization: it leads straight to the first page
	if err != nil {
		return "", err
	}
	k.org = strings.Replace(p.url.Path, "/angebot-einstellen/neu/", "/meine/organisationen/", 1)
	for _, answers := range []map[string]string{
		{
			"title": k.title, "summary": "An einem Samstag Bänke und Zäune streichen.",
			"description": strings.Repeat("Wir streichen gemeinsam die Bänke im Garten. Farbe und Pinsel sind da. Danach gibt es Suppe. ", 4),
			"areas":       "freizeit", "topics": "gemeinschaftsgarten", "activities": "handwerken-reparieren", "target_groups": "allgemeinheit",
		},
		{"commitment": "regelmaessig", "slots": "sa-vormittag", "mode": "vor-ort", "place": "12555", "precision": "ortsteil", "access-stufenlos-eingang": "ja"},
		{"capacity": "2", "min_age": "14", "insurance": "unfall-traeger", "details": "Schlüssel beim Hausmeister, Code 4711"},
		{"visibility": "offen"},
	} {
		if p, err = p.fill(ctx, p.url.Path, answers); err != nil {
			return "", err
		}
	}
	if !strings.HasSuffix(p.url.Path, "/fertig") {
		return "", fmt.Errorf("posting led to %s", p.url)
	}
	return p.text("h1") + " – " + k.a.base + p.link(k.title), nil
}

// search opens the search of an instance and finds the opportunity.
func (k *checker) search(ctx context.Context, b *browser, i *demoInstance, where string) (*page, string, error) {
	p, err := b.get(ctx, "/angebote?"+url.Values{"ort": {where}, "umkreis": {"10"}, "q": {"Bänke streichen"}}.Encode())
	if err != nil {
		return nil, "", err
	}
	href := p.link(k.title)
	if href == "" {
		return p, "", fmt.Errorf("%s shows %q: %w", i.name, p.text("h1"), errNotYet)
	}
	return p, href, nil
}

func (k *checker) find(ctx context.Context) (string, error) {
	var err error
	if k.person, err = signIn(ctx, k.b.base, "volunteer1"); err != nil {
		return "", err
	}
	for _, part := range []struct {
		path    string
		answers map[string]string
	}{
		{"/meine/angaben/ort", map[string]string{"place": canaryHome, "radius": "10", "travel": "rad"}},
		{"/meine/angaben/themen", map[string]string{"areas": "freizeit"}},
		{"/meine/angaben/taetigkeiten", map[string]string{"activities": "handwerken-reparieren"}},
		{"/meine/angaben/zeiten", map[string]string{"slots": "sa-vormittag"}},
		{"/meine/angaben/alter", map[string]string{"age": "27-59"}},
		{"/meine/angaben/ueber-mich", map[string]string{"expertise": canaryTalent}},
	} {
		if _, err := k.person.fill(ctx, part.path, part.path, part.answers); err != nil {
			return "", err
		}
	}
	return until(ctx, func() (string, error) {
		_, href, err := k.search(ctx, newBrowser(k.b.base), k.b, "10318")
		if err != nil {
			return "", err
		}
		p, err := k.person.get(ctx, href)
		if err != nil {
			return "", err
		}
		if !strings.Contains(p.body, "passt") {
			return "", fmt.Errorf("no reasons on %s: %w", p.url, errNotYet)
		}
		k.pathB = p.url.Path
		return p.text("h1") + ", found near 10318, with “" + reason(p) + "”", nil
	})
}

// reason is the first line of a page that says what fits.
func reason(p *page) string {
	for _, element := range []string{"li", "p", "strong"} {
		for _, n := range all(p.root, element) {
			if t := strings.Join(strings.Fields(text(n)), " "); strings.Contains(t, "passt") && len(t) < 120 {
				return t
			}
		}
	}
	return ""
}

func (k *checker) farAway(ctx context.Context) (string, error) {
	p, href, err := k.search(ctx, newBrowser(k.c.base), k.c, "52062")
	if href != "" {
		return "", errors.New("page of Aachen shows an opportunity of Köpenick within 10 km")
	}
	if !errors.Is(err, errNotYet) {
		return "", err
	}
	return p.text("h1"), nil
}

func (k *checker) ask(ctx context.Context) (string, error) {
	code := strings.SplitN(strings.TrimPrefix(k.pathB, "/angebote/"), "-", 2)[0]
	p, err := k.person.fill(ctx, "/angebote/"+code+"/helfen/mit-konto", "/mit-konto", map[string]string{"age": "ab-18", "text": canaryText})
	if err != nil {
		return "", err
	}
	if p, err = p.fill(ctx, "/mit-konto/pruefen", nil); err != nil {
		return "", err
	}
	k.request = p.url.Path
	return p.byID("stand") + " – " + k.b.base + k.request, nil
}

// requests opens the requests of the organization on A and finds the open one for the opportunity.
func (k *checker) requests(ctx context.Context, besides ...string) (string, error) {
	return until(ctx, func() (string, error) {
		p, err := k.manager.get(ctx, k.org+"/anfragen")
		if err != nil {
			return "", err
		}
		for _, n := range all(p.root, "li") {
			for _, a := range all(n, "a") {
				href := attr(a, "href")
				if strings.Contains(text(n), k.title) && strings.HasPrefix(href, k.org+"/anfragen/") && !slices.Contains(besides, href) {
					return href, nil
				}
			}
		}
		return "", fmt.Errorf("no request on A: %w", errNotYet)
	})
}

func (k *checker) seePseudonym(ctx context.Context) (_ string, err error) {
	if k.answer, err = k.requests(ctx); err != nil {
		return "", err
	}
	p, err := k.manager.get(ctx, k.answer)
	if err != nil {
		return "", err
	}
	for _, secret := range []string{canaryName, canaryMail, canaryText, "Robin"} {
		if strings.Contains(p.body, secret) {
			return "", fmt.Errorf("page of the request shows %q", secret)
		}
	}
	return p.text("h1") + ": " + p.byID("stand"), nil
}

// kill ends A without warning while the other instances go on, and starts it again.
func (k *checker) kill(ctx context.Context) (string, error) {
	if err := k.a.process.Process.Signal(syscall.SIGKILL); err != nil {
		return "", err
	}
	_ = k.a.process.Wait()
	if p, err := k.person.get(ctx, k.pathB); err != nil || p.status != 200 {
		return "", fmt.Errorf("copy is not shown while A is down: %v", err)
	}
	if err := k.a.start(ctx, k.console); err != nil {
		return "", err
	}
	p, err := k.manager.get(ctx, k.answer)
	if err != nil {
		return "", err
	}
	return "SIGKILL, start, and the request is still there: " + p.byID("stand"), nil
}

// act answers the request on A.
func (k *checker) act(ctx context.Context, request, act string, values map[string]string) (*page, error) {
	return k.manager.fill(ctx, request+"/"+act, request+"/"+act, values)
}

// state waits until a page of somebody shows a state.
func state(ctx context.Context, b *browser, path, want string) (string, error) {
	return until(ctx, func() (string, error) {
		p, err := b.get(ctx, path)
		if err != nil {
			return "", err
		}
		if got := p.byID("stand"); got != want {
			return "", fmt.Errorf("%s shows %q, want %q: %w", path, got, want, errNotYet)
		}
		return want, nil
	})
}

func (k *checker) wantContact(ctx context.Context) (string, error) {
	if _, err := k.act(ctx, k.answer, "kontakt", map[string]string{"ask": "name|email", "text": "Schön! Wie erreichen wir Sie?"}); err != nil {
		return "", err
	}
	saw, err := state(ctx, k.person, k.request, "Möchte Sie kennenlernen")
	if err != nil {
		return "", err
	}
	list, err := web.Letters(filepath.Join(k.b.dir, "mail"))
	if err != nil || len(list) == 0 {
		return "", fmt.Errorf("no mail on B: %w", errors.Join(err, errNotYet))
	}
	return saw + ", and a mail: " + list[0].Subject, nil
}

// searchExpertise counts people who can moderate, and looks at their cards. Nothing of it is for other instances.
func (k *checker) searchExpertise(ctx context.Context) (string, error) {
	officer, err := signIn(ctx, k.a.base, "officer_north")
	if err != nil {
		return "", err
	}
	p, err := officer.fill(ctx, "/amt/suche", "/amt/suche", map[string]string{"purpose": canaryPurpose, "skill": "moderation"})
	if err != nil {
		return "", err
	}
	saw := p.text("strong")
	if !strings.Contains(p.body, "Rund 10 Menschen") || strings.Contains(p.body, "volunteer") {
		return "", fmt.Errorf("the search shows %q", saw)
	}
	return saw + ", without a name", nil
}

func (k *checker) nothingLeft(context.Context) (string, error) {
	found, entries := k.recorder.count(canaryName, canaryMail, canaryText, canaryHome, canaryTalent, canaryPurpose, "Robin F", "volunteer1")
	if found > 0 {
		return "", fmt.Errorf("%d of %d recorded requests and answers hold personal data", found, entries)
	}
	return fmt.Sprintf("0 of %d recorded requests and answers hold name, address, message or profile", entries), nil
}

func (k *checker) release(ctx context.Context) (string, error) {
	if _, err := k.person.fill(ctx, k.request+"/kontakt", k.request+"/kontakt", map[string]string{"name": canaryName, "email": canaryMail, "fields": "name|email"}); err != nil {
		return "", err
	}
	return state(ctx, k.manager, k.answer, "Kontakt freigegeben")
}

func (k *checker) agree(ctx context.Context) (string, error) {
	p, err := k.manager.get(ctx, k.answer)
	if err != nil {
		return "", err
	}
	if !strings.Contains(p.body, canaryName) || !strings.Contains(p.body, canaryMail) {
		return "", errors.New("released contact is not shown")
	}
	if _, err := k.act(ctx, k.answer, "zusagen", map[string]string{"text": "Bis Samstag!"}); err != nil {
		return "", err
	}
	return state(ctx, k.person, k.request, "Vereinbart")
}

func (k *checker) countDown(ctx context.Context) (string, error) {
	var all []string
	for i, want := range map[*demoInstance]string{k.a: "1 von 2 Plätzen frei", k.b: "Noch 1 Platz frei", k.c: "Noch 1 Platz frei"} {
		saw, err := until(ctx, func() (string, error) {
			b := newBrowser(i.base)
			_, href, err := k.search(ctx, b, i, "12555")
			if err != nil {
				return "", err
			}
			p, err := b.get(ctx, href)
			if err != nil {
				return "", err
			}
			if !strings.Contains(p.body, want) {
				return "", fmt.Errorf("%s does not say “%s”: %w", p.url, want, errNotYet)
			}
			return i.name + ": " + want, nil
		})
		if err != nil {
			return "", err
		}
		all = append(all, saw)
	}
	slices.Sort(all)
	return strings.Join(all, ", "), nil
}

func (k *checker) calendar(ctx context.Context) (string, error) {
	p, err := k.person.get(ctx, k.request+"/termin.ics")
	if err != nil {
		return "", err
	}
	if !strings.Contains(p.body, "BEGIN:VEVENT") || !strings.Contains(p.body, "RRULE:FREQ=WEEKLY") {
		return "", fmt.Errorf("no weekly date in %q", p.body)
	}
	code := strings.SplitN(strings.TrimPrefix(k.pathB, "/angebote/"), "-", 2)[0]
	own, err := k.manager.get(ctx, "/angebote/"+code+".ics")
	if err != nil {
		return "", err
	}
	if own.status != 200 {
		_, href, err := k.search(ctx, newBrowser(k.a.base), k.a, "12555")
		if err != nil {
			return "", err
		}
		code = strings.SplitN(strings.TrimPrefix(href, "/angebote/"), "-", 2)[0]
		if own, err = k.manager.get(ctx, "/angebote/"+code+".ics"); err != nil || !strings.Contains(own.body, "BEGIN:VEVENT") {
			return "", fmt.Errorf("the organization has no date: %v", err)
		}
	}
	for _, line := range strings.Split(p.body, "\r\n") {
		if strings.HasPrefix(line, "DTSTART") && strings.Contains(line, "Berlin") {
			return line, nil
		}
	}
	return "", errors.New("no DTSTART in Berlin")
}

func (k *checker) withdraw(ctx context.Context) (string, error) {
	second, err := signIn(ctx, k.b.base, "volunteer2")
	if err != nil {
		return "", err
	}
	code := strings.SplitN(strings.TrimPrefix(k.pathB, "/angebote/"), "-", 2)[0]
	p, err := second.fill(ctx, "/angebote/"+code+"/helfen/mit-konto", "/mit-konto", map[string]string{"age": "ab-18"})
	if err != nil {
		return "", err
	}
	if p, err = p.fill(ctx, "/mit-konto/pruefen", nil); err != nil {
		return "", err
	}
	path := p.url.Path
	theirs, err := k.requests(ctx, k.answer)
	if err != nil {
		return "", err
	}
	if _, err := second.fill(ctx, path+"/absagen", path+"/absagen", map[string]string{"reason": "keine-zeit"}); err != nil {
		return "", err
	}
	return state(ctx, k.manager, theirs, "Zurückgezogen")
}

func (k *checker) remove(ctx context.Context) (string, error) {
	_, href, err := k.search(ctx, newBrowser(k.a.base), k.a, "12555")
	if err != nil {
		return "", err
	}
	code := strings.SplitN(strings.TrimPrefix(href, "/angebote/"), "-", 2)[0]
	action := k.org + "/angebote/" + code + "/zurueckziehen"
	if _, err := k.manager.fill(ctx, k.org+"/angebote", action, nil); err != nil {
		return "", err
	}
	for _, i := range []*demoInstance{k.a, k.b, k.c} {
		if _, err := until(ctx, func() (string, error) {
			_, href, err := k.search(ctx, newBrowser(i.base), i, "12555")
			if href != "" {
				return "", fmt.Errorf("%s still shows it: %w", i.name, errNotYet)
			}
			if !errors.Is(err, errNotYet) {
				return "", err
			}
			return "", nil
		}); err != nil {
			return "", err
		}
	}
	p, err := k.person.get(ctx, k.pathB)
	if err != nil {
		return "", err
	}
	if p.status != 410 && p.status != 404 {
		return "", fmt.Errorf("the copy on B answers %d", p.status)
	}
	saw, err := state(ctx, k.person, k.request, "Abgesagt")
	return fmt.Sprintf("gone on all three (%d on B), and the agreement says: %s", p.status, saw), err
}
