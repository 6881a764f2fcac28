package geo

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	farApart  = 15 // km from which on two villages of one name in one Kreis are two
	cityReach = 25 // km from the middle of a town to its farthest quarter
)

// places makes the areas of the postal codes and the places with a name from the rows that were kept.
func (in *importer) places() []Place {
	in.splitNames()
	slices.SortFunc(in.rows, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.country, b.country), cmp.Compare(a.code, b.code), cmp.Compare(a.town, b.town), cmp.Compare(a.name, b.name), cmp.Compare(a.key, b.key))
	})
	byCode := groups(in.rows, func(r row) string { return r.country + r.code })
	shared := sharedPoints(in.rows)
	var places []Place
	for _, rows := range byCode {
		p, outliers := codeArea(rows, shared)
		places = append(places, p)
		in.report.Codes++
		in.report.Outliers += outliers
	}
	for _, rows := range groups(in.rows, func(r row) string { return strings.Join([]string{r.country, r.land, r.key, r.town, r.name}, "\t") }) {
		for _, rows := range villages(rows) {
			places = append(places, namedPlace(rows))
			in.report.Names++
		}
	}
	return places
}

// groups puts rows with one key together, in the order in which the keys first occur.
func groups(rows []row, key func(row) string) [][]row {
	number := map[string]int{}
	var all [][]row
	for _, r := range rows {
		k := key(r)
		i, ok := number[k]
		if !ok {
			i, number[k] = len(all), len(all)
			all = append(all, nil)
		}
		all[i] = append(all[i], r)
	}
	return all
}

// splitNames takes names apart where the town alone is a name in the same Kreis or is known to be near, and cuts what other names add:
// "Halsbach, Kreis Altötting". A postal code that crosses a border has one Kreis and Land in the file, wrong for some of its rows:
// a town that is known brings its own.
func (in *importer) splitNames() {
	plain := map[string]bool{}
	for _, r := range in.rows {
		plain[r.country+r.key+"\t"+r.name] = true
	}
	for i := range in.rows {
		r := &in.rows[i]
		known := func(town string) bool {
			p, ok := in.towns[town]
			return ok && p.Country == r.country && Distance(p.Point, r.point) <= cityReach
		}
		r.town, r.name = splitName(r.name, func(town string) bool { return plain[r.country+r.key+"\t"+town] || known(town) })
		if town := cmp.Or(r.town, r.name); known(town) {
			p := in.towns[town]
			r.land, r.district, r.key, r.regions = p.Land, p.District, p.ID, p.Regions
		}
	}
}

// splitName gives the town and quarter of "Stuttgart Stuttgart-Mitte", "Grünheide (Mark) Kagel" or "Oberbarnim Grunow, Ernsthof"; the town is
// empty if name has none in it or means the town itself, as "Fürstenwalde/Spree Fürstenwalde" does.
func splitName(name string, isTown func(string) bool) (town, quarter string) {
	for at := len(name) - 1; at > 0; at-- {
		first, _ := utf8.DecodeRuneInString(name[at+1:])
		if name[at] != ' ' || !unicode.IsUpper(first) || !isTown(name[:at]) {
			continue
		}
		town, quarter = name[:at], name[at+1:]
		if i := strings.LastIndex(quarter, ", "); i >= 0 {
			quarter = quarter[i+2:]
		}
		quarter = strings.TrimPrefix(quarter, town+"-")
		if quarter == "" || head(quarter) == head(town) {
			return "", town
		}
		return town, quarter
	}
	name, _, _ = strings.Cut(name, ", ")
	return "", name
}

// sharedPoints are the points that stand for more than one postal code of a country: the middle of a town or quarter, not of a code.
func sharedPoints(rows []row) map[Point]bool {
	first, shared := map[Point]string{}, map[Point]bool{}
	for _, r := range rows {
		code := r.country + r.code
		if other, ok := first[r.point]; ok && other != code {
			shared[r.point] = true
		}
		first[r.point] = code
	}
	return shared
}

// codeArea is the place of a postal code. Its middle is taken from the points that no other code has, if there are any.
func codeArea(rows []row, shared map[Point]bool) (p Place, outliers int) {
	p = summary(rows)
	p.Level, p.Name = PLZ, rows[0].code
	p.ID = identify(p)
	var towns, quarters []string
	var own, all []Point
	for _, r := range rows {
		towns = append(towns, cmp.Or(r.town, r.name))
		if r.town != "" {
			quarters = append(quarters, r.name)
		}
		all = append(all, r.point)
		if !shared[r.point] {
			own = append(own, r.point)
		}
	}
	if len(own) == 0 {
		own = all
	}
	p.Point, outliers = middle(own)
	if towns = union(towns, nil); len(towns) == 1 {
		p.Town, p.Quarters = towns[0], union(quarters, nil)
	} else {
		p.Quarters = towns
	}
	return p, outliers
}

// villages are the rows of one name in one Kreis, divided by postal code if they are too far apart to be one place; then the code goes
// with the Kreis, to tell them apart. A kreisfreie Stadt is one.
func villages(rows []row) [][]row {
	far := slices.ContainsFunc(rows, func(r row) bool { return Distance(r.point, rows[0].point) > farApart })
	if !far || rows[0].district == "" {
		return [][]row{rows}
	}
	for i := range rows {
		rows[i].district += " (" + rows[i].code + ")"
	}
	return groups(rows, func(r row) string { return r.code })
}

// namedPlace is the town, village or quarter that rows are about.
func namedPlace(rows []row) Place {
	p := summary(rows)
	p.Level, p.Name, p.Town = Gemeinde, rows[0].name, rows[0].town
	if p.Town != "" {
		p.Level, p.District = Ortsteil, ""
	}
	var points []Point
	for _, r := range rows {
		points = append(points, r.point)
	}
	p.Point, _ = middle(points)
	p.ID = identify(p)
	return p
}

// summary is what all rows say.
func summary(rows []row) Place {
	r := rows[0]
	p := Place{Country: r.country, Land: r.land, District: r.district, Regions: r.regions}
	for _, r := range rows {
		p.Postcodes = append(p.Postcodes, r.code)
		p.Regions = common(p.Regions, r.regions)
		if r.land != p.Land {
			p.Land = ""
		}
		if r.district != p.District {
			p.District = ""
		}
	}
	p.Postcodes = union(p.Postcodes, nil)
	return p
}

// middle is the mean of points without those far from most of them: more than 10 km and more than three times as far from the median as half
// of them are. Of two points none is far.
func middle(points []Point) (p Point, outliers int) {
	var lat, lon []float64
	for _, q := range points {
		lat, lon = append(lat, q.Lat), append(lon, q.Lon)
	}
	center := Point{Lat: median(lat), Lon: median(lon)}
	var away []float64
	for _, q := range points {
		away = append(away, Distance(center, q))
	}
	limit := max(10, 3*median(slices.Clone(away)))
	n := 0.0
	for i, q := range points {
		if away[i] > limit {
			outliers++
			continue
		}
		p.Lat, p.Lon, n = p.Lat+q.Lat, p.Lon+q.Lon, n+1
	}
	return Point{Lat: p.Lat / n, Lon: p.Lon / n}, outliers
}

// median sorts values, of which there is one at least.
func median(values []float64) float64 {
	slices.Sort(values)
	i := len(values) / 2
	if len(values)%2 == 1 {
		return values[i]
	}
	return (values[i-1] + values[i]) / 2
}
