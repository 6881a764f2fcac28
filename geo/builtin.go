package geo

import (
	"cmp"
	_ "embed"
	"slices"
	"strconv"
	"strings"
	"sync"
)

//go:embed gazetteer.tsv
var builtinRows string

// Builtin is the gazetteer of the places that come with the program: the Länder, Kreise and larger towns of Germany, every Ortsteil and
// postal code of Berlin, Aachen, Arnsberg and Menden, and their neighbours. It is made when first asked for.
func Builtin() *Gazetteer { return builtin() }

var builtin = sync.OnceValue(func() *Gazetteer {
	b := builder{index: map[string]int{}}
	for line := range strings.Lines(builtinRows) {
		if line = strings.TrimSuffix(line, "\n"); !strings.HasPrefix(line, "#") {
			b.row(strings.Split(line, "\t"))
		}
	}
	return New(b.places)
})

// builder puts the rows of the built-in file together. The file is part of the program; a mistake in it panics.
type builder struct {
	places []Place
	index  map[string]int // number of a place by its level and name, "bezirk Pankow"; of a Kreis also by its code, "kreis 05334"
}

// row adds one row; its columns are explained at the head of the file.
func (b *builder) row(c []string) {
	c = append(c, "", "") // empty columns at the end are not written
	within, code := c[2], c[3]
	p := Place{Level: Level(c[0]), Name: c[1], Country: "DE", Point: Point{Lat: number(c[4]), Lon: number(c[5])}, People: int(number(c[6]))}
	switch p.Level {
	case Land:
		p.Land, p.Regions = p.Name, regions(code)
	case Kreis:
		p.Land, p.Regions = within, regions(code)
		b.index["kreis "+code] = len(b.places)
	case Gemeinde:
		b.town(p, within, code, strings.Fields(c[7]))
		return
	case Bezirk:
		town := b.place(Gemeinde, within)
		p.Land, p.Town = town.Land, town.Name
		p.Regions = slices.Concat([]string{cmp.Or(code, partCode(town, p.Name))}, town.Regions)
	case Ortsteil:
		level := Gemeinde
		if _, ok := b.index["bezirk "+within]; ok {
			level, p.District = Bezirk, within
		}
		area := b.place(level, within)
		p.Land, p.Town = area.Land, cmp.Or(area.Town, area.Name)
		p.Regions = slices.Concat([]string{partCode(b.place(Gemeinde, p.Town), p.Name)}, area.Regions)
	case PLZ:
		town := b.place(Gemeinde, within)
		town.Postcodes = append(town.Postcodes, p.Name)
		p.Land, p.Town, p.Postcodes, p.Quarters = town.Land, town.Name, []string{p.Name}, strings.Split(c[7], ", ")
		for i, name := range p.Quarters {
			quarter := b.quarter(name)
			quarter.Postcodes = append(quarter.Postcodes, p.Name)
			if i == 0 {
				p.Regions = quarter.Regions
			}
			p.Regions = common(p.Regions, quarter.Regions)
		}
	default:
		panic("gazetteer.tsv: unknown level " + c[0])
	}
	if p.Level != PLZ {
		p.ID = p.Regions[0]
	}
	b.add(p)
}

// town adds a Gemeinde, and for each of its postal codes that is not a range the area of the code, or the town to that area.
func (b *builder) town(p Place, within, code string, postcodes []string) {
	p.Postcodes = postcodes
	switch {
	case len(within) == 2:
		p.Country = within
	case code == "":
		p.Land, p.Regions = within, b.place(Land, within).Regions
	default:
		p.Land, p.Regions = within, regions(code)
		p.ID = p.Regions[0]
		if i, ok := b.index["kreis "+code[:5]]; ok {
			p.District = b.places[i].Name
		}
	}
	b.add(p)
	for _, postcode := range postcodes {
		if strings.Contains(postcode, "-") {
			continue
		}
		i, ok := b.index["plz "+postcode]
		if !ok {
			b.add(Place{Level: PLZ, Name: postcode, Town: p.Name, Land: p.Land, Country: p.Country, Regions: p.Regions, Postcodes: []string{postcode}, Point: p.Point})
			continue
		}
		shared := &b.places[i]
		if shared.Town != "" {
			shared.Town, shared.Quarters = "", []string{shared.Town}
		}
		n := float64(len(shared.Quarters))
		shared.Point = Point{Lat: (n*shared.Point.Lat + p.Point.Lat) / (n + 1), Lon: (n*shared.Point.Lon + p.Point.Lon) / (n + 1)}
		shared.Quarters, shared.Regions = append(shared.Quarters, p.Name), common(shared.Regions, p.Regions)
	}
}

func (b *builder) add(p Place) {
	if p.ID == "" {
		p.ID = identify(p)
	}
	b.index[string(p.Level)+" "+p.Name] = len(b.places)
	b.places = append(b.places, p)
}

// place is the last place of a level and name; the pointer is good until the next add.
func (b *builder) place(l Level, name string) *Place {
	i, ok := b.index[string(l)+" "+name]
	if !ok {
		panic("gazetteer.tsv: no " + string(l) + " " + name + " yet")
	}
	return &b.places[i]
}

// quarter is an Ortsteil, or a Bezirk if there is no Ortsteil of the name.
func (b *builder) quarter(name string) *Place {
	if _, ok := b.index["ortsteil "+name]; ok {
		return b.place(Ortsteil, name)
	}
	return b.place(Bezirk, name)
}

func number(s string) float64 {
	if s == "" {
		return 0
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic("gazetteer.tsv: " + err.Error())
	}
	return n
}
