package geo_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"seestern/geo"
)

// rows writes rows of the GeoNames format from "DE|12555|Berlin|Berlin|BE|||Berlin, Stadt|11000|52.46|13.58".
func rows(lines ...string) string {
	var b strings.Builder
	for _, l := range lines {
		b.WriteString(strings.ReplaceAll(l, "|", "\t") + "\t\n")
	}
	return b.String()
}

// imported reads text that has to be good.
func imported(t *testing.T, text string) (*geo.Gazetteer, geo.Report) {
	t.Helper()
	places, report, err := geo.ReadPostalCodes(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return geo.New(places), report
}

// zipped packs files given as name, content, name, content …
func zipped(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) { return flate.NewWriter(out, flate.BestSpeed) })
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(f, files[i+1]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// A good row of each of the rules below; each of them adds its own dirt.
const (
	wusterhausen = "DE|16868|Wusterhausen/Dosse|Brandenburg|BB||00|Landkreis Ostprignitz-Ruppin|12068|52.8911|12.4601"
	doebern      = "DE|03159|Döbern|Brandenburg|BB||00|Landkreis Spree-Neiße|12071|51.6167|14.6"
)

func TestReadPostalCodesDropsRows(t *testing.T) {
	for _, c := range []struct {
		name   string
		row    string
		reason geo.Reason
	}{
		{"of other countries", "FR|67000|Strasbourg|Grand Est|44|Bas-Rhin|67|Strasbourg|67482|48.58|7.75", geo.OtherCountry},
		{"with a German code that has four digits", "DE|1099|Dresden|Sachsen|SN|||Dresden|14612|51.06|13.75", geo.BadCode},
		{"with an Austrian code that has five", "AT|10100|Wien|Wien|09|||Wien|90001|48.2|16.37", geo.BadCode},
		{"with letters in the code", "DE|1255A|Berlin|Berlin|BE|||Berlin|11000|52.46|13.58", geo.BadCode},
		{"without a name", "DE|12555||Berlin|BE|||Berlin|11000|52.46|13.58", geo.BadName},
		{"with a name of more than 150 bytes", "DE|12555|" + strings.Repeat("Ort", 51) + "|Berlin|BE|||Berlin|11000|52.46|13.58", geo.BadName},
		{"with a name of digits", "DE|12555|12555|Berlin|BE|||Berlin|11000|52.46|13.58", geo.BadName},
		{"of companies", "DE|12485|Mustermaschinen GmbH & Co. KG|Berlin|BE|||Berlin|11000|52.43|13.55", geo.BulkRecipient},
		{"of associations", "DE|12485|Musterverein e.V.|Berlin|BE|||Berlin|11000|52.43|13.55", geo.BulkRecipient},
		{"of authorities", "DE|12485|Bezirksamt Musterbezirk|Berlin|BE|||Berlin|11000|52.43|13.55", geo.BulkRecipient},
		{"of P.O. boxes", "AT|1011|Wien Postfach|Wien|09|||Wien|90001|48.2|16.37", geo.BulkRecipient},
		{"of bulk recipients", "DE|12485|Großkunden Berlin|Berlin|BE|||Berlin|11000|52.43|13.55", geo.BulkRecipient},
		{"with the number of the Land instead of its letters, among rows with letters", "DE|12485|Musterbote am Morgen|Land Berlin|16|||Berlin, Stadt|11000|52.43|13.55", geo.BulkRecipient},
		{"without coordinates", "DE|12555|Berlin|Berlin|BE|||Berlin|11000||", geo.NoCoordinates},
		{"with a comma in the coordinates", "DE|12555|Berlin|Berlin|BE|||Berlin|11000|52,46|13,58", geo.NoCoordinates},
		{"with coordinates that are not a number", "DE|12555|Berlin|Berlin|BE|||Berlin|11000|NaN|Inf", geo.Outside},
		{"in the Gulf of Guinea", "DE|12555|Berlin|Berlin|BE|||Berlin|11000|0|0", geo.Outside},
		{"with latitude and longitude exchanged", "DE|12555|Berlin|Berlin|BE|||Berlin|11000|13.58|52.46", geo.Outside},
		{"of Switzerland that lie in Germany", "CH|8001|Zürich|Kanton Zürich|ZH|||Zürich|261|52.46|8.5", geo.Outside},
		{"that are there already", wusterhausen, geo.Duplicate},
	} {
		t.Run("rows "+c.name+" are dropped", func(t *testing.T) {
			g, report := imported(t, rows(wusterhausen, c.row, doebern))
			if report.Read != 3 || report.Kept != 2 || len(report.Dropped) != 1 || report.Dropped[c.reason] != 1 {
				t.Errorf("got %+v, want 2 of 3 kept and 1 dropped as %s", report, c.reason)
			}
			if got := len(g.Places()); got != 4 { // two codes and two names
				t.Errorf("got %d places, want 4", got)
			}
		})
	}
	t.Run("a place is not a company because its name looks a little like one", func(t *testing.T) {
		for _, name := range []string{"Freiamt", "Linsengericht", "Niederkassel", "Postfeld", "Großkmehlen", "Egg", "Agsbach", "Banken", "Verlautenheide", "Amt Wachsenburg"} {
			_, report := imported(t, rows("DE|16868|"+name+"|Brandenburg|BB||00||12068|52.8911|12.4601"))
			if report.Kept != 1 {
				t.Errorf("%s: got %+v", name, report)
			}
		}
	})
	t.Run("a file that knows only numbers of Länder is kept", func(t *testing.T) {
		_, report := imported(t, rows("DE|12555|Berlin|Berlin|16|||Berlin|11000|52.46|13.58", "DE|03159|Döbern|Brandenburg|11|||Spree-Neiße|12071|51.61|14.6"))
		if report.Kept != 2 {
			t.Errorf("got %+v", report)
		}
	})
	t.Run("every reason is in the list of reasons", func(t *testing.T) {
		want := []geo.Reason{geo.OtherCountry, geo.BadCode, geo.BadName, geo.BulkRecipient, geo.NoCoordinates, geo.Outside, geo.Duplicate}
		if !slices.Equal(geo.Reasons, want) {
			t.Errorf("got %v, want %v", geo.Reasons, want)
		}
	})
}

func TestReadPostalCodesCleans(t *testing.T) {
	place := func(t *testing.T, g *geo.Gazetteer, q string) geo.Place {
		t.Helper()
		found := g.Lookup(q)
		if len(found) != 1 {
			t.Fatalf("%q: got %v, want one place", q, labels(found))
		}
		return found[0]
	}
	t.Run("stray spaces, a byte order mark, Windows line ends, empty lines and a missing last column do not matter", func(t *testing.T) {
		text := "\ufeff" + strings.ReplaceAll(rows("DE| 16868 |\u00a0Wusterhausen/Dosse  |Brandenburg |BB||00|Landkreis Ostprignitz-Ruppin|12068 | 52.8911| 12.4601"), "\n", "\r\n") +
			"\r\n" + strings.TrimSuffix(rows(doebern), "\t\n")
		g, report := imported(t, text)
		if report.Kept != 2 {
			t.Fatalf("got %+v", report)
		}
		if got, want := place(t, g, "wusterhausen").Label(), "Wusterhausen/Dosse, Landkreis Ostprignitz-Ruppin"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("text in Windows-1252 and text that was encoded twice is repaired and counted", func(t *testing.T) {
		for _, name := range []string{"D\xf6bern", "DÃ¶bern"} {
			g, report := imported(t, rows("DE|03159|"+name+"|Brandenburg|BB||00||12071|51.6167|14.6"))
			if report.Repaired != 1 {
				t.Errorf("%q: got %d repaired, want 1", name, report.Repaired)
			}
			if got, want := place(t, g, "03159").Town, "Döbern"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		}
	})
	t.Run("a name that cannot be repaired is dropped", func(t *testing.T) {
		_, report := imported(t, rows(doebern, "DE|03159|D\ufffdbern|Brandenburg|BB||00||12071|51.6167|14.6"))
		if report.Dropped[geo.BadName] != 1 {
			t.Errorf("got %+v", report)
		}
	})
	t.Run("Länder and cantons have one name, however the file spells them", func(t *testing.T) {
		at := map[string]string{"DE": "50.5|9.5", "AT": "47.5|14.5", "CH": "46.8|8.2"}
		for _, c := range []struct{ country, name, code, want string }{
			{"DE", "Bavaria", "BY", "Bayern"},
			{"DE", "Freistaat Bayern", "", "Bayern"},
			{"DE", "", "BY", "Bayern"},
			{"DE", "", "02", "Bayern"},
			{"DE", "Hesse", "05", "Hessen"}, // 05 is Nordrhein-Westfalen in the official key
			{"DE", "Land Berlin", "16", "Berlin"},
			{"DE", "Mecklenburg-Western Pomerania", "MV", "Mecklenburg-Vorpommern"},
			{"DE", "", "", ""}, // an Austrian village with a German postal code
			{"AT", "Lower Austria", "03", "Niederösterreich"},
			{"AT", "Niederösterreich", "03", "Niederösterreich"},
			{"CH", "Canton de Vaud", "VD", "Waadt"},
			{"CH", "Kanton Zürich", "ZH", "Zürich"},
			{"CH", "Kanton St. Gallen", "SG", "St. Gallen"},
		} {
			code := map[bool]string{true: "12345", false: "1234"}[c.country == "DE"]
			g, _ := imported(t, rows(c.country+"|"+code+"|Musterdorf|"+c.name+"|"+c.code+"|||||"+at[c.country]))
			if got := place(t, g, "Musterdorf").Land; got != c.want {
				t.Errorf("%s %q %q: got %q, want %q", c.country, c.name, c.code, got, c.want)
			}
		}
	})
	t.Run("the Kreis comes by its official key, a kreisfreie Stadt has none", func(t *testing.T) {
		g, _ := imported(t, rows(
			"DE|79348|Freiamt|Baden-Württemberg|BW|Freiburg Region|083|Emmendingen|08316|48.1667|7.9167",
			"DE|14469|Musterwinkel|Brandenburg|BB||00|Kreisfreie Stadt Potsdam|12054|52.42|13.03"))
		p := place(t, g, "Freiamt")
		if got, want := p.Label(), "Freiamt, Landkreis Emmendingen"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := p.Regions, []string{"ags:08316000", "ags:08000000"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := place(t, g, "Musterwinkel").Label(), "Musterwinkel, Brandenburg"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("town and quarter in one name are taken apart", func(t *testing.T) {
		kreis := "|Brandenburg|BB||00|Landkreis Oder-Spree|12067|52.42|13.85"
		g, _ := imported(t, rows("DE|15537|Seewald (Mark)"+kreis, "DE|15537|Seewald (Mark) Kagel"+kreis, "DE|15537|Seewald (Mark) Seewald (Mark)-Ost"+kreis,
			"DE|15537|Seewald (Mark) Grunow, Ernsthof"+kreis, "DE|15537|Seewald (Mark) Seewald"+kreis, "DE|15537|Waldsee bei Seewald"+kreis, "DE|15537|Halsbach, Kreis Musterkreis"+kreis))
		var got []string
		for _, p := range g.Places() {
			if p.Level != geo.PLZ {
				got = append(got, p.Town+"/"+p.Name)
			}
		}
		slices.Sort(got)
		want := []string{"/Halsbach", "/Seewald (Mark)", "/Waldsee bei Seewald", "Seewald (Mark)/Ernsthof", "Seewald (Mark)/Kagel", "Seewald (Mark)/Ost"}
		if !slices.Equal(got, want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	})
	t.Run("a known town across a border brings its own Land", func(t *testing.T) {
		g, _ := imported(t, rows("DE|22113|Oststeinbek|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5432|10.1694",
			"DE|22113|Hamburg|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5312|10.1207", "DE|22113|Hamburg Billbrook|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5281|10.0933"))
		if got, want := place(t, g, "Billbrook"), "Hamburg"; got.Land != want || got.Town != want {
			t.Errorf("got %+v, want it in Hamburg", got)
		}
		g, _ = imported(t, rows("DE|22113|Oststeinbek|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5432|10.1694",
			"DE|22113|Hamburg Billbrook|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5281|10.0933")) // the town has no row of its own
		if got, want := place(t, g, "Billbrook").Label(), "Billbrook, Hamburg"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := place(t, g, "Oststeinbek").Land, "Schleswig-Holstein"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		if got, want := place(t, g, "22113").Label(), "22113 Hamburg, Oststeinbek"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("the middle of a code comes from its own points, without those far away", func(t *testing.T) {
		kreis := "|Rheinland-Pfalz|RP||00|Landkreis Trier-Saarburg|07235|"
		g, report := imported(t, rows(
			"DE|54298|Ahausen"+kreis+"49.80|6.60", "DE|54298|Behausen"+kreis+"49.82|6.60", "DE|54298|Cehausen"+kreis+"49.81|6.62",
			"DE|54298|Fernhausen"+kreis+"49.50|6.90",                                              // 40 km off
			"DE|54298|Stadt Mitte"+kreis+"49.76|6.64", "DE|54299|Stadt Mitte"+kreis+"49.76|6.64")) // stands for two codes
		if want := (geo.Point{Lat: 49.81, Lon: 6.6067}); geo.Distance(place(t, g, "54298").Point, want) > 0.1 {
			t.Errorf("got %v, want %v", place(t, g, "54298").Point, want)
		}
		if report.Outliers != 1 {
			t.Errorf("got %d outliers, want 1", report.Outliers)
		}
		if got, want := place(t, g, "54299").Point, (geo.Point{Lat: 49.76, Lon: 6.64}); got != want {
			t.Errorf("got %v, want %v, as there is no other", got, want)
		}
	})
	t.Run("two villages of one name far apart in one Kreis are two and can be told apart", func(t *testing.T) {
		kreis := "|Brandenburg|BB||00|Landkreis Uckermark|12073|"
		g, _ := imported(t, rows("DE|17291|Schönfeld"+kreis+"53.43|13.97", "DE|17291|Prenzlau"+kreis+"53.31|13.86",
			"DE|16307|Schönfeld"+kreis+"53.40|14.35", "DE|16307|Gartz"+kreis+"53.20|14.39"))
		found := g.Lookup("Schönfeld")
		if got, want := labels(found), []string{"Schönfeld, Landkreis Uckermark (16307)", "Schönfeld, Landkreis Uckermark (17291)"}; !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		for _, p := range found {
			if got := place(t, g, p.Label()); got.ID != p.ID {
				t.Errorf("%q: got %s, want %s", p.Label(), got.ID, p.ID)
			}
		}
	})
	t.Run("the rows of one town with several codes are one place with all of them", func(t *testing.T) {
		kreis := "|Niedersachsen|NI||00|Landkreis Stade|03359|"
		g, _ := imported(t, rows("DE|21680|Musterstade"+kreis+"53.60|9.46", "DE|21682|Musterstade"+kreis+"53.61|9.48", "DE|21684|Musterstade"+kreis+"53.58|9.50"))
		if got, want := place(t, g, "Musterstade").Postcodes, []string{"21680", "21682", "21684"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		if got, want := place(t, g, "21682").Label(), "21682 Musterstade"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("the order of the rows does not matter", func(t *testing.T) {
		lines := []string{wusterhausen, doebern, "DE|16868|Bantikow|Brandenburg|BB||00|Landkreis Ostprignitz-Ruppin|12068|52.92|12.44"}
		there, _ := imported(t, rows(lines...))
		slices.Reverse(lines)
		back, _ := imported(t, rows(lines...))
		if got, want := fmt.Sprint(back.Places()), fmt.Sprint(there.Places()); got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
	})
}

func TestReadPostalCodesZip(t *testing.T) {
	t.Run("a zip is read like the text in it, all countries together and without its read-me", func(t *testing.T) {
		packed := zipped(t, "readme.txt", "Data format\n", "DE.txt", rows(wusterhausen), "AT.txt", rows("AT|1010|Wien, Innere Stadt|Wien|09|Wien|900|Wien|90001|48.2077|16.3705"))
		places, report, err := geo.ReadPostalCodes(bytes.NewReader(packed))
		if err != nil {
			t.Fatal(err)
		}
		if report.Codes != 2 || report.Names != 2 || len(places) != 4 {
			t.Errorf("got %+v and %d places, want 2 codes and 2 names", report, len(places))
		}
	})
	t.Run("an error names the file and line inside", func(t *testing.T) {
		_, _, err := geo.ReadPostalCodes(bytes.NewReader(zipped(t, "DE.txt", rows(wusterhausen)+"oops\n")))
		var format *geo.FormatError
		if !errors.As(err, &format) || format.File != "DE.txt" || format.Line != 2 {
			t.Errorf("got %v, want DE.txt line 2", err)
		}
	})
	t.Run("a damaged zip, one without text and one of something else are refused", func(t *testing.T) {
		good := zipped(t, "DE.txt", rows(wusterhausen))
		broken := bytes.Clone(good)
		broken[len("PK..")+40] ^= 0xff // in the packed text
		for name, packed := range map[string][]byte{"cut off": good[:len(good)/2], "broken": broken, "without text": zipped(t, "logo.png", "x"), "empty": zipped(t, "DE.txt", "")} {
			var format *geo.FormatError
			if _, _, err := geo.ReadPostalCodes(bytes.NewReader(packed)); !errors.As(err, &format) {
				t.Errorf("%s: got %v, want a FormatError", name, err)
			}
		}
	})
	t.Run("a zip bomb is not unpacked", func(t *testing.T) {
		row := rows(wusterhausen + strings.Repeat(" ", 3900))
		bomb := zipped(t, "DE.txt", strings.Repeat(row, 101<<20/len(row)))
		if len(bomb) > 4<<20 {
			t.Fatalf("the bomb has %d bytes", len(bomb))
		}
		if _, _, err := geo.ReadPostalCodes(bytes.NewReader(bomb)); !errors.Is(err, geo.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
	})
}

func TestReadPostalCodesRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		text string
		line int
	}{
		{"a page instead of the file", "<!DOCTYPE html>\n<html>\n", 1},
		{"a table with commas", "DE,12555,Berlin,Berlin,BE,,,,,52.46,13.58,\n", 1},
		{"a row that breaks off", rows(wusterhausen) + "\n" + "DE\t12555\tBer", 3},
		{"a row with a column too many", rows(wusterhausen, doebern+"||"), 2},
		{"a line without end", rows(wusterhausen) + strings.Repeat("x", 5000), 2},
		{"nothing", "", 0},
		{"only other countries", rows("FR|67000|Strasbourg|Grand Est|44|Bas-Rhin|67|Strasbourg|67482|48.58|7.75"), 0},
		{"another table of twelve columns", strings.Repeat("a|b|c|d|e|f|g|h|i|j|k|l\n", 3), 1},
	} {
		t.Run(c.name+" is refused with the line", func(t *testing.T) {
			places, _, err := geo.ReadPostalCodes(strings.NewReader(c.text))
			var format *geo.FormatError
			if !errors.As(err, &format) || format.Line != c.line {
				t.Errorf("got %v, want a FormatError of line %d", err, c.line)
			}
			if places != nil {
				t.Errorf("got %d places with the error", len(places))
			}
		})
	}
	t.Run("more rows than three countries have are refused", func(t *testing.T) {
		var b strings.Builder
		for i := range 200_001 {
			fmt.Fprintf(&b, "DE\t%05d\tOrt %d\tBerlin\tBE\t\t\t\t11000\t52.46\t13.58\t\n", i%100_000, i)
		}
		if _, _, err := geo.ReadPostalCodes(strings.NewReader(b.String())); !errors.Is(err, geo.ErrTooLarge) {
			t.Errorf("got %v, want ErrTooLarge", err)
		}
	})
	t.Run("an error of the reader is passed on", func(t *testing.T) {
		disk := errors.New("disk")
		if _, _, err := geo.ReadPostalCodes(io.MultiReader(strings.NewReader(rows(wusterhausen)), failing{disk})); !errors.Is(err, disk) {
			t.Errorf("got %v, want %v", err, disk)
		}
	})
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzReadPostalCodes(f *testing.F) {
	f.Add([]byte(rows(wusterhausen, doebern)))
	f.Add([]byte(rows("DE|22113|Hamburg Billbrook|Schleswig-Holstein|SH||00|Kreis Stormarn|01062|53.5281|10.0933", "DE|22113|Hamburg ||07|||||53.5|10.1")))
	f.Add([]byte(rows("CH|8001|Z\xfcrich|Kanton Zürich|ZH|||Zürich|261|47.37|8.54")))
	f.Add(zipped(f, "DE.txt", rows(wusterhausen)))
	f.Fuzz(func(t *testing.T, file []byte) {
		places, report, err := geo.ReadPostalCodes(bytes.NewReader(file))
		if err != nil {
			return
		}
		dropped := 0
		for _, n := range report.Dropped {
			dropped += n
		}
		if report.Read != report.Kept+dropped || report.Codes+report.Names != len(places) {
			t.Errorf("%+v and %d places do not add up", report, len(places))
		}
		for _, p := range places {
			if p.ID == "" || p.Name == "" || !p.Point.Valid() || math.IsNaN(p.Point.Lat) {
				t.Errorf("place %+v", p)
			}
		}
		g := geo.Builtin().With(places)
		for _, p := range places {
			if p.Level == geo.PLZ && len(g.ByPostcode(p.Name)) == 0 {
				t.Errorf("%s is not found", p.ID)
			}
		}
	})
}
