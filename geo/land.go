package geo

import "strings"

// lands are the Länder and cantons with what GeoNames files write for them: ISO 3166-2 codes or numbers of their own, and other names.
var lands = []struct{ country, name, codes, others string }{
	{"DE", "Baden-Württemberg", "BW 01", ""},
	{"DE", "Bayern", "BY 02", "Bavaria|Freistaat Bayern"},
	{"DE", "Berlin", "BE 16", "Land Berlin|State of Berlin"},
	{"DE", "Brandenburg", "BB 11", "Land Brandenburg"},
	{"DE", "Bremen", "HB 03", "Freie Hansestadt Bremen|Free Hanseatic City of Bremen"},
	{"DE", "Hamburg", "HH 04", "Freie und Hansestadt Hamburg|Free and Hanseatic City of Hamburg"},
	{"DE", "Hessen", "HE 05", "Hesse"},
	{"DE", "Mecklenburg-Vorpommern", "MV 12", "Mecklenburg-Western Pomerania|Mecklenburg-West Pomerania"},
	{"DE", "Niedersachsen", "NI 06", "Lower Saxony"},
	{"DE", "Nordrhein-Westfalen", "NW 07", "North Rhine-Westphalia"},
	{"DE", "Rheinland-Pfalz", "RP 08", "Rhineland-Palatinate"},
	{"DE", "Saarland", "SL 09", ""},
	{"DE", "Sachsen", "SN 13", "Saxony|Freistaat Sachsen"},
	{"DE", "Sachsen-Anhalt", "ST 14", "Saxony-Anhalt"},
	{"DE", "Schleswig-Holstein", "SH 10", ""},
	{"DE", "Thüringen", "TH 15", "Thuringia|Freistaat Thüringen"},

	{"AT", "Burgenland", "01 1", ""},
	{"AT", "Kärnten", "02 2", "Carinthia"},
	{"AT", "Niederösterreich", "03 3", "Lower Austria"},
	{"AT", "Oberösterreich", "04 4", "Upper Austria"},
	{"AT", "Salzburg", "05 5", ""},
	{"AT", "Steiermark", "06 6", "Styria"},
	{"AT", "Tirol", "07 7", "Tyrol"},
	{"AT", "Vorarlberg", "08 8", ""},
	{"AT", "Wien", "09 9", "Vienna"},

	{"CH", "Aargau", "AG", "Argovia"},
	{"CH", "Appenzell Ausserrhoden", "AR", ""},
	{"CH", "Appenzell Innerrhoden", "AI", ""},
	{"CH", "Basel-Landschaft", "BL", "Basel-Country"},
	{"CH", "Basel-Stadt", "BS", "Basel-City"},
	{"CH", "Bern", "BE", "Berne"},
	{"CH", "Freiburg", "FR", "Fribourg"},
	{"CH", "Genf", "GE", "Genève|Geneva"},
	{"CH", "Glarus", "GL", ""},
	{"CH", "Graubünden", "GR", "Grisons|Grigioni"},
	{"CH", "Jura", "JU", ""},
	{"CH", "Luzern", "LU", "Lucerne"},
	{"CH", "Neuenburg", "NE", "Neuchâtel"},
	{"CH", "Nidwalden", "NW", "Nidwald"},
	{"CH", "Obwalden", "OW", "Obwald"},
	{"CH", "Schaffhausen", "SH", ""},
	{"CH", "Schwyz", "SZ", ""},
	{"CH", "Solothurn", "SO", "Soleure"},
	{"CH", "St. Gallen", "SG", "Sankt Gallen"},
	{"CH", "Tessin", "TI", "Ticino"},
	{"CH", "Thurgau", "TG", ""},
	{"CH", "Uri", "UR", ""},
	{"CH", "Waadt", "VD", "Vaud"},
	{"CH", "Wallis", "VS", "Valais"},
	{"CH", "Zug", "ZG", ""},
	{"CH", "Zürich", "ZH", "Zurich"},
}

// cantonWords stand before the name of a canton in some files.
var cantonWords = []string{"kanton ", "canton de ", "canton du ", "canton of ", "canton ", "cantone "}

// landSpellings finds the name by "country/code" and by "country/normalized name".
func landSpellings() map[string]string {
	spellings := map[string]string{}
	for _, l := range lands {
		for _, code := range strings.Fields(l.codes) {
			spellings[l.country+"/"+code] = l.name
		}
		for name := range strings.SplitSeq(l.name+"|"+l.others, "|") {
			spellings[l.country+"/"+Normalize(name)] = l.name
		}
		delete(spellings, l.country+"/") // of no other name
	}
	return spellings
}

// landName is the one spelling of a Land or canton that a file gives by name or, if the name says nothing, by code; "" if neither is known.
// The name goes first because the numbers are not the official ones: 05 is Hessen here and Nordrhein-Westfalen in the Gemeindeschlüssel.
func landName(spellings map[string]string, country, name, code string) string {
	name = Normalize(name)
	for _, w := range cantonWords {
		if rest, ok := strings.CutPrefix(name, w); ok {
			name = rest
			break
		}
	}
	if l, ok := spellings[country+"/"+name]; ok {
		return l
	}
	return spellings[country+"/"+code]
}
