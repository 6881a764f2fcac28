package federation

import (
	"math"

	"github.com/go-fed/activity/streams/vocab"

	"seestern/engagement"
	"seestern/geo"
)

// coarse is the radius in metres within which something takes place whose address is not told: about a quarter of a town.
const coarse = 1500

// placeDoc is a place at its public precision. A place that is known only by its Ortsteil or postal code has a radius.
func placeDoc(p engagement.Place) Doc {
	p = p.Public()
	d := Doc{
		"type": "Place", "name": p.Name,
		"address": Doc{"type": "PostalAddress", "streetAddress": street(p), "postalCode": p.Postcode, "addressLocality": p.Locality},
	}
	if p.Name == "" {
		d["name"] = p.Locality
	}
	if !p.Known() {
		return d
	}
	d["latitude"], d["longitude"] = decimal(p.Point.Lat), decimal(p.Point.Lon)
	if !p.Exact {
		d["radius"], d["units"] = decimal(coarse), "m"
	}
	return d
}

// region is where an instance is at home.
func region(i engagement.Instance) any {
	if i.Center == (geo.Point{}) {
		return nil
	}
	return circle(i.Place, i.Center, i.RadiusKM)
}

// circle is all that lies around a point.
func circle(name string, center geo.Point, km float64) Doc {
	return Doc{
		"type": "Place", "name": name, "latitude": decimal(center.Lat), "longitude": decimal(center.Lon), "radius": decimal(km * 1000), "units": "m",
	}
}

// inMetres are the units that a radius may have; without one it is in metres.
var inMetres = map[string]float64{"": 1, "m": 1, "km": 1000, "miles": 1609.344, "feet": 0.3048, "inches": 0.0254, "cm": 0.01}

// readPlace reads a Place and its radius in metres. What was sent is public already, so the place is kept as it came; it is exact
// if no radius says otherwise. Coordinates that are not on earth are left out.
func readPlace(m Map) (p engagement.Place, radius float64) {
	t, err := read[vocab.ActivityStreamsPlace](m, "Place", "latitude", "longitude", "radius")
	if err != nil {
		return p, 0
	}
	a := m.Map("address")
	p = engagement.Place{
		Name:      cut(cleanLine(firstText(m, "name")), maxLine),
		Street:    cut(cleanLine(a.String("streetAddress")), maxLine),
		Postcode:  cut(cleanLine(a.String("postalCode")), 20),
		Locality:  cut(cleanLine(a.String("addressLocality")), maxLine),
		Precision: "genau",
	}
	switch {
	case p.Locality == "":
		p.Name, p.Locality = "", p.Name
	case p.Locality == p.Name:
		p.Name = ""
	}
	lat, okLat := numberOf(t.GetActivityStreamsLatitude())
	lon, okLon := numberOf(t.GetActivityStreamsLongitude())
	if !okLat || !okLon || math.Abs(lat) > 90 || math.Abs(lon) > 180 {
		return p, 0
	}
	if r, ok := numberOf(t.GetActivityStreamsRadius()); ok && r > 0 {
		radius = r * inMetres[m.String("units")]
	}
	p.Point = geo.Point{Lat: lat, Lon: lon}
	p.Centroid, p.Exact = p.Point, radius == 0
	return p, radius
}
