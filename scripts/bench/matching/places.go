package main

import "seestern/geo"

// spot is a quarter or village where people live and help is sought.
type spot struct {
	name   string
	point  geo.Point
	people float64 // weight, about thousand inhabitants
}

// region is the area of one instance.
type region struct {
	host  string
	town  string // put before quarters: "Berlin-Köpenick"
	rural bool
	spots []spot
}

// community is an instance with the neighbor whose opportunities are copied to it. Volunteers live at home; opportunities lie on both sides.
type community struct {
	home, neighbor region
	minorsFrom     int
}

func at(lat, lon float64) geo.Point { return geo.Point{Lat: lat, Lon: lon} }

// communities are the three instances of the demo and their neighbors. Coordinates are stations and centers, good to about 1 km.
var communities = []community{
	{
		minorsFrom: 14,
		home: region{host: "tk.seestern.example", town: "Berlin", spots: []spot{
			{"Alt-Treptow", at(52.4938, 13.4618), 12},
			{"Plänterwald", at(52.4785, 13.4733), 11},
			{"Baumschulenweg", at(52.4669, 13.4908), 18},
			{"Johannisthal", at(52.446, 13.507), 20},
			{"Niederschöneweide", at(52.4549, 13.5096), 13},
			{"Altglienicke", at(52.4072, 13.5586), 30},
			{"Adlershof", at(52.4346, 13.5418), 20},
			{"Bohnsdorf", at(52.397, 13.573), 12},
			{"Oberschöneweide", at(52.461, 13.522), 24},
			{"Köpenick", at(52.4586, 13.5815), 68},
			{"Friedrichshagen", at(52.4574, 13.6236), 19},
			{"Rahnsdorf", at(52.4516, 13.6901), 10},
			{"Grünau", at(52.4124, 13.5743), 6},
			{"Müggelheim", at(52.411, 13.664), 7},
			{"Schmöckwitz", at(52.375, 13.649), 4},
		}},
		neighbor: region{host: "erkner.seestern.example", spots: []spot{
			{"Erkner", at(52.4293, 13.7507), 12}, {"Eichwalde", at(52.3713, 13.6154), 6}, {"Schönefeld", at(52.3910, 13.5130), 9},
		}},
	},
	{
		minorsFrom: 16,
		home: region{host: "ac.seestern.example", town: "Aachen", spots: []spot{
			{"Mitte", at(50.776, 6.084), 70},
			{"Burtscheid", at(50.762, 6.094), 28},
			{"Forst", at(50.760, 6.117), 25},
			{"Ostviertel", at(50.772, 6.117), 20},
			{"Hörn", at(50.779, 6.060), 15},
			{"Soers", at(50.797, 6.096), 6},
			{"Brand", at(50.749, 6.166), 17},
			{"Eilendorf", at(50.779, 6.162), 16},
			{"Haaren", at(50.796, 6.124), 12},
			{"Kornelimünster", at(50.723, 6.178), 16},
			{"Laurensberg", at(50.799, 6.062), 20},
			{"Richterich", at(50.809, 6.062), 9},
		}},
		neighbor: region{host: "wuerselen.seestern.example", spots: []spot{
			{"Würselen", at(50.818, 6.134), 39}, {"Herzogenrath", at(50.870, 6.094), 30}, {"Stolberg", at(50.773, 6.226), 30},
		}},
	},
	{
		minorsFrom: 16,
		home: region{host: "swf.seestern.example", town: "Arnsberg", rural: true, spots: []spot{
			{"Alt-Arnsberg", at(51.396, 8.064), 18},
			{"Neheim", at(51.449, 7.962), 23},
			{"Hüsten", at(51.432, 7.996), 11},
			{"Oeventrop", at(51.395, 8.138), 6},
			{"Bruchhausen", at(51.424, 8.019), 3},
			{"Herdringen", at(51.417, 7.967), 4},
			{"Müschede", at(51.410, 7.992), 3},
			{"Voßwinkel", at(51.460, 7.893), 2},
			{"Holzen", at(51.429, 7.921), 2},
			{"Niedereimer", at(51.413, 8.035), 2},
			{"Rumbeck", at(51.393, 8.097), 2},
			{"Wennigloh", at(51.378, 8.021), 1},
			{"Breitenbruch", at(51.450, 8.115), 1},
		}},
		neighbor: region{host: "menden.seestern.example", rural: true, spots: []spot{
			{"Menden", at(51.443, 7.778), 40}, {"Lendringsen", at(51.413, 7.822), 12}, {"Fröndenberg", at(51.472, 7.767), 20},
		}},
	},
}
