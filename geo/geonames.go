package geo

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Limits of an import. Germany, Austria and Switzerland together have about 40,000 rows in 4 MB.
const (
	maxPacked   = 30 << 20  // bytes of a zip file
	maxUnpacked = 100 << 20 // bytes of text
	maxLine     = 4 << 10   // bytes
	maxRows     = 200_000   // rows kept
	maxName     = 150       // bytes of the name of a place
)

// ErrTooLarge says that a file is larger than any file of postal codes.
var ErrTooLarge = errors.New("file is too large for postal codes of Germany, Austria and Switzerland")

// FormatError says where a file is not in the GeoNames postal code format.
type FormatError struct {
	File   string // inside a zip; else empty
	Line   int    // from 1; 0: the file as a whole
	Reason string
}

func (e *FormatError) Error() string {
	where := e.File
	if e.Line > 0 {
		where = strings.TrimSpace(fmt.Sprintf("%s line %d", e.File, e.Line))
	}
	if where != "" {
		where += ": "
	}
	return "not a GeoNames postal code file: " + where + e.Reason
}

// Reason is why a row was dropped.
type Reason string

const (
	OtherCountry  Reason = "country"     // not DE, AT or CH
	BadCode       Reason = "code"        // not five digits (DE) or four (AT, CH)
	BadName       Reason = "name"        // empty, unreadable, without letters or of more than 150 bytes
	BulkRecipient Reason = "recipient"   // a company, authority or P.O. box with a code of its own; nobody lives there
	NoCoordinates Reason = "coordinates" // empty or not numbers
	Outside       Reason = "outside"     // coordinates that are not in the country
	Duplicate     Reason = "duplicate"   // the same code, name and Kreis again
)

// Reasons are all reasons in the order of the checks.
var Reasons = []Reason{OtherCountry, BadCode, BadName, BulkRecipient, NoCoordinates, Outside, Duplicate}

// Report says what an import did with a file. Read is Kept and everything Dropped.
type Report struct {
	Read     int            `json:"read"`
	Kept     int            `json:"kept"`
	Dropped  map[Reason]int `json:"dropped"`
	Repaired int            `json:"repaired"` // rows whose text was in another encoding
	Outliers int            `json:"outliers"` // points left out because they are far from the others of their code or name
	Codes    int            `json:"codes"`    // postal codes found
	Names    int            `json:"names"`    // towns, villages and quarters found
}

// ReadPostalCodes reads the GeoNames postal code format: tab-separated rows of 12 columns (country, code, name, three times name and
// code of an administrative area, latitude, longitude, accuracy), as text or as the zip file that holds it, for Germany, Austria and
// Switzerland. It gives one place for each postal code and one for each town, village or quarter, to be handed to [Gazetteer.With].
// The error is a *FormatError with the line if the file is something else, or wraps ErrTooLarge; the report is good up to there.
// Source: https://download.geonames.org/export/zip/, CC BY 4.0.
func ReadPostalCodes(r io.Reader) ([]Place, Report, error) {
	in := importer{report: Report{Dropped: map[Reason]int{}}, spellings: landSpellings(), seen: map[string]bool{}, kreise: map[string]string{}, towns: map[string]Place{}}
	for _, p := range Builtin().Places() {
		switch p.Level {
		case Kreis:
			in.kreise[strings.TrimPrefix(p.ID, "ags:")[:5]] = p.Name
		case Gemeinde:
			in.towns[p.Name] = p
		}
	}
	if err := in.open(r); err != nil {
		return nil, in.report, err
	}
	in.dropNumbered()
	if in.report.Kept = len(in.rows); in.report.Kept == 0 {
		return nil, in.report, &FormatError{Reason: "no row is a postal code of Germany, Austria or Switzerland"}
	}
	return in.places(), in.report, nil
}

// row is what is kept of a line.
type row struct {
	country, code  string
	name, town     string // town: if name is a part of it
	land, district string
	key            string   // of the Kreis (DE) or Gemeinde
	regions        []string // codes
	point          Point
	number         bool // the Land was given as a number, see dropNumbered
}

type importer struct {
	report    Report
	rows      []row
	seen      map[string]bool
	spellings map[string]string
	kreise    map[string]string // name by official key
	towns     map[string]Place  // built-in ones by name
	left      int64             // bytes that may still be read
}

// open reads text, or every text in a zip but its read-me.
func (in *importer) open(r io.Reader) error {
	in.left = maxUnpacked
	b := bufio.NewReader(r)
	if magic, _ := b.Peek(4); string(magic) != "PK\x03\x04" {
		return in.read("", b)
	}
	packed, err := io.ReadAll(io.LimitReader(b, maxPacked+1))
	if err != nil {
		return fmt.Errorf("read zip: %w", err)
	}
	if len(packed) > maxPacked {
		return fmt.Errorf("zip of more than %d bytes: %w", maxPacked, ErrTooLarge)
	}
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return &FormatError{Reason: "damaged zip: " + err.Error()}
	}
	found := false
	for _, f := range files.File {
		name := strings.ToLower(path.Base(f.Name))
		if !strings.HasSuffix(name, ".txt") || strings.HasPrefix(name, "readme") {
			continue
		}
		found = true
		if err := in.unzip(f); err != nil {
			return err
		}
	}
	if !found {
		return &FormatError{Reason: "the zip holds no .txt"}
	}
	return nil
}

func (in *importer) unzip(f *zip.File) error {
	text, err := f.Open()
	if err != nil {
		return &FormatError{File: f.Name, Reason: "damaged zip: " + err.Error()}
	}
	defer text.Close()
	return in.read(f.Name, text)
}

// read takes text line by line and never holds more than one line of it.
func (in *importer) read(file string, r io.Reader) error {
	limited := &io.LimitedReader{R: r, N: in.left + 1}
	lines := bufio.NewScanner(limited)
	lines.Buffer(make([]byte, 0, maxLine), maxLine)
	n := 0
	for lines.Scan() && limited.N > 0 {
		n++
		line := lines.Bytes()
		if n == 1 {
			line = bytes.TrimPrefix(line, []byte("\ufeff"))
		}
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		columns := bytes.Split(line, []byte("\t"))
		if len(columns) < 11 || len(columns) > 12 { // the last one is empty and may have been trimmed
			return &FormatError{file, n, fmt.Sprintf("%d columns separated by tabs instead of 12", len(columns))}
		}
		if in.take(columns); len(in.rows) > maxRows {
			return fmt.Errorf("more than %d rows: %w", maxRows, ErrTooLarge)
		}
	}
	if limited.N == 0 {
		return fmt.Errorf("more than %d bytes of text: %w", maxUnpacked, ErrTooLarge)
	}
	in.left = limited.N - 1
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return &FormatError{file, n + 1, fmt.Sprintf("a line of more than %d bytes", maxLine)}
	case err != nil && file != "":
		return &FormatError{file, n + 1, "damaged zip: " + err.Error()}
	case err != nil:
		return fmt.Errorf("read line %d: %w", n+1, err)
	}
	return nil
}

// bounds hold each country with a little air around it.
var bounds = map[string]Box{
	"DE": {South: 47.2, West: 5.8, North: 55.1, East: 15.1},
	"AT": {South: 46.3, West: 9.5, North: 49.1, East: 17.2},
	"CH": {South: 45.8, West: 5.9, North: 47.9, East: 10.6},
}

var digits = map[string]int{"DE": 5, "AT": 4, "CH": 4} // of a postal code

// take keeps a row or counts why not.
func (in *importer) take(columns [][]byte) {
	in.report.Read++
	text := make([]string, 11)
	repaired := false
	for i := range text {
		var fixed bool
		text[i], fixed = readable(columns[i])
		repaired = repaired || fixed
	}
	r := row{country: text[0], code: text[1], name: text[2]}
	var reason Reason
	r.point, reason = coordinates(text[9], text[10], bounds[r.country])
	switch {
	case digits[r.country] == 0:
		reason = OtherCountry
	case !isNumber(r.code) || len(r.code) != digits[r.country]:
		reason = BadCode
	case !strings.ContainsFunc(r.name, unicode.IsLetter) || strings.ContainsRune(r.name, utf8.RuneError) || len(r.name) > maxName:
		reason = BadName
	case isRecipient(r.name):
		reason = BulkRecipient
	}
	if reason == "" {
		id := strings.Join([]string{r.country, r.code, r.name, text[8]}, "\t")
		if in.seen[id] {
			reason = Duplicate
		}
		in.seen[id] = true
	}
	if reason != "" {
		in.report.Dropped[reason]++
		return
	}
	if repaired {
		in.report.Repaired++
	}
	r.land = landName(in.spellings, r.country, text[3], text[4])
	r.number = r.country == "DE" && isNumber(text[4])
	r.key = text[8]
	r.district = strings.TrimPrefix(strings.TrimPrefix(text[5], "Politischer "), "Bezirk ")
	if r.country == "DE" {
		r.district = in.kreise[r.key] // names differ from row to row, keys do not; a kreisfreie Stadt has none
		if len(r.key) == 5 && isNumber(r.key) {
			r.regions = regions(r.key)
		}
	}
	in.rows = append(in.rows, r)
}

// dropNumbered drops German rows with a number instead of the letters of their Land if there are rows with letters: in such a file the
// numbered rows are the bulk recipients, also those whose names do not tell.
func (in *importer) dropNumbered() {
	numbered := func(r row) bool { return r.number }
	if !slices.ContainsFunc(in.rows, numbered) || !slices.ContainsFunc(in.rows, func(r row) bool { return r.country == "DE" && !r.number }) {
		return
	}
	all := len(in.rows)
	in.rows = slices.DeleteFunc(in.rows, numbered)
	in.report.Dropped[BulkRecipient] += all - len(in.rows)
}

// readable is a column as UTF-8 without stray spaces and control characters, and whether it was in another encoding: Windows-1252, or
// UTF-8 that was taken for it ("KÃ¶ln").
func readable(b []byte) (text string, repaired bool) {
	text = string(b)
	if !slices.ContainsFunc(b, func(c byte) bool { return c <= ' ' || c >= 0x7f }) {
		return text, false // nothing to do, as in most columns
	}
	if !utf8.ValidString(text) {
		text, _ = charmap.Windows1252.NewDecoder().String(text)
		repaired = true
	} else if strings.ContainsAny(text, "ÃÂ") {
		if once, err := charmap.Windows1252.NewEncoder().String(text); err == nil && utf8.ValidString(once) {
			text, repaired = once, true
		}
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.Join(strings.Fields(text), " "), repaired
}

func coordinates(lat, lon string, within Box) (Point, Reason) {
	var p Point
	var errLat, errLon error
	p.Lat, errLat = strconv.ParseFloat(lat, 64)
	p.Lon, errLon = strconv.ParseFloat(lon, 64)
	switch {
	case errLat != nil || errLon != nil:
		return p, NoCoordinates
	case !within.Contains(p):
		return p, Outside
	}
	return p, ""
}

// recipientWords are words that names of companies, authorities and P.O. boxes have and names of places do not; recipientEnds end such words.
var (
	recipientWords = strings.Fields("gmbh ggmbh mbh ag kg kgaa ohg gbr se eg ug co aktiengesellschaft firma postfach postfaecher grosskunde " +
		"grosskunden grossempfaenger packstation aok bkk ikk dak barmer adac telekom caritas sa sarl")
	recipientEnds = strings.Fields("versicherung versicherungen sparkasse krankenkasse bausparkasse volksbank raiffeisenbank commerzbank postbank landesbank " +
		"finanzamt landratsamt arbeitsamt bezirksamt bundesamt landesamt verwaltung direktion behoerde behoerden agentur amtsgericht landgericht " +
		"staatsanwaltschaft handelskammer handwerkskammer klinikum kliniken krankenhaus universitaet hochschule kaserne ministerium verlag gesellschaft")
)

func isRecipient(name string) bool {
	words := strings.Fields(Normalize(name))
	for i, w := range words {
		if slices.Contains(recipientWords, w) || w == "e" && i+1 < len(words) && words[i+1] == "v" {
			return true
		}
		if slices.ContainsFunc(recipientEnds, func(end string) bool { return strings.HasSuffix(w, end) }) {
			return true
		}
	}
	return false
}
