package web

import "strings"

// Kinds of browsers and systems by what their User-Agent holds; the first that fits counts, because most call themselves by several names.
var (
	browserNames = [][2]string{
		{"Edg", "Edge"},
		{"OPR/", "Opera"},
		{"SamsungBrowser", "Samsung Internet"},
		{"Firefox", "Firefox"},
		{"FxiOS", "Firefox"},
		{"CriOS", "Chrome"},
		{"Chrome", "Chrome"},
		{"Safari", "Safari"},
	}
	systemNames = [][2]string{
		{"Android", "Android"}, {"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

// deviceOf is the kind of browser behind a User-Agent in words that people know, like "Firefox, Windows". Versions and everything else that
// would tell one person from another are left out. Empty: not known.
func deviceOf(agent string) string {
	var parts []string
	for _, names := range [][][2]string{browserNames, systemNames} {
		for _, n := range names {
			if strings.Contains(agent, n[0]) {
				parts = append(parts, n[1])
				break
			}
		}
	}
	return strings.Join(parts, ", ")
}
