package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"seestern/engagement"
)

// csvFile writes a table as German spreadsheets read it: UTF-8 with a mark at the beginning, semicolons, every cell in quotes.
func csvFile(columns []string, rows [][]string) []byte {
	var b strings.Builder
	b.WriteString("\ufeff")
	for _, row := range slices.Concat([][]string{columns}, rows) {
		for i, cell := range row {
			if i > 0 {
				b.WriteByte(';')
			}
			b.WriteString(`"` + strings.ReplaceAll(harmless(cell), `"`, `""`) + `"`)
		}
		b.WriteString("\r\n")
	}
	return []byte(b.String())
}

// harmless keeps a spreadsheet from taking a text for a formula: such a cell gets an apostrophe in front, which shows that it is a text.
// Whoever reads the file takes it off again.
func harmless(cell string) string {
	begins := strings.TrimLeft(cell, " \u00a0\t\r\n\"'")
	if strings.IndexAny(begins, "=+-@|＝＋－＠｜") == 0 || strings.IndexAny(cell, "\t\r\n") == 0 {
		return "'" + cell
	}
	return cell
}

// The columns of domain.md §6.3, so that what was exported can be imported. Those of the contact stay empty: it may be a person.
var opportunityColumns = strings.Split("id;organisation;titel;kurztext;beschreibung;bereiche;themen;taetigkeiten;zielgruppen;kompetenzen;engagementform;tage;stunden_min;stunden_max;beginn;ende;modus;"+
	"strasse;plz;ort;genauigkeit;zugang;mindestalter;nachweise;plaetze;sprachen;auslagen;versicherung;kontakt_rolle;kontakt_mail;sichtbarkeit;bestaetigt_am;url", ";")

func opportunityCells(o apiOpportunity, visibility engagement.Code) []string {
	place := apiPlace{}
	if len(o.Places) > 0 {
		place = o.Places[0]
	}
	skills := each(o.Skills, func(s apiSkill) string { return string(s.Code) })
	languages := each(o.Languages, func(l apiLanguage) string { return l.Code })
	return []string{
		o.ID, o.Organization.Name, o.Title, o.Summary, o.Description, listed(o.Areas), listed(o.Topics), listed(o.Activities), listed(o.TargetGroups), listed(skills), string(o.Commitment), listed(o.Slots),
		decimals(o.HoursMin), decimals(o.HoursMax), string(o.StartsOn), string(o.EndsOn), string(o.Mode), place.Street, place.Postcode, place.Locality, string(place.Precision), listed(o.AccessYes),
		whole(o.MinAge), listed(o.Proofs), whole(o.Capacity), listed(languages), string(o.Expenses), listed(o.Insurance), "", "", string(visibility), dayOf(o.Confirmed), o.Page,
	}
}

var organizationColumns = strings.Split("id;name;art;rechtsform;kurztext;beschreibung;bereiche;sprachen;register;gemeinnuetzig;bestaetigung;strasse;plz;ort;web;url", ";")

func organizationCells(o apiOrganization) []string {
	place := apiPlace{}
	if o.Place != nil {
		place = *o.Place
	}
	charitable := "nein"
	if o.Charitable {
		charitable = "ja"
	}
	return []string{
		o.ID, o.Name, string(o.Kind), string(o.LegalForm), o.Summary, o.Description, listed(o.Areas), listed(o.Languages), o.Register, charitable, string(o.Level),
		place.Street, place.Postcode, place.Locality, o.Web, o.Page,
	}
}

var occasionColumns = strings.Split("id;organisation;titel;kurztext;beschreibung;art;stand;beginn;ende;zeitzone;online;ort_name;strasse;plz;ort;plaetze;anmeldung;url", ";")

func occasionCells(o apiEvent) []string {
	place, online := apiPlace{}, "nein"
	if o.Place != nil {
		place = *o.Place
	}
	if o.Online {
		online = "ja"
	}
	return []string{
		o.ID, o.Organization.Name, o.Title, o.Teaser, o.Text, string(o.Kind), o.Status, o.Starts.Format(time.RFC3339), o.Ends.Format(time.RFC3339), o.Zone, online,
		place.Name, place.Street, place.Postcode, place.Locality, whole(o.Capacity), string(o.SignUp), o.Page,
	}
}

// decimals writes a number as German spreadsheets do; nothing for 0.
func decimals(x float64) string {
	if x == 0 {
		return ""
	}
	return strings.Replace(strconv.FormatFloat(x, 'f', -1, 64), ".", ",", 1)
}

func whole(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func dayOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return string(engagement.DateOf(t))
}
