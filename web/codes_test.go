package web_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"seestern/engagement"
)

// Vocabularies that only staff see may fall back to German where simple language is spoken.
var staffOnly = map[*engagement.Vocabulary]bool{
	engagement.ProofBases: true, engagement.TaxTypes: true, engagement.InstanceKinds: true, engagement.FederationModes: true,
	engagement.PartnerLevels: true, engagement.OutlineLayers: true,
}

// Vocabularies with a second, short label for tables: "code.weekday.mo.short".
var withShort = map[*engagement.Vocabulary]bool{
	engagement.Weekdays: true, engagement.Dayparts: true, engagement.LanguageLevels: true,
}

func TestEveryCodeHasALabel(t *testing.T) {
	for _, folder := range []string{"de", "en", "de-simple"} {
		t.Run("in "+folder, func(t *testing.T) {
			labels := readLabels(t, folder)
			for _, v := range engagement.Vocabularies {
				for _, c := range v.Codes() {
					keys := []string{"code." + v.Name + "." + string(c)}
					if withShort[v] {
						keys = append(keys, keys[0]+".short")
					}
					for _, key := range keys {
						label, ok := labels[key]
						delete(labels, key)
						switch {
						case !ok && !(folder == "de-simple" && staffOnly[v]):
							t.Errorf("%s has no label", key)
						case ok && (label == "" || strings.TrimSpace(label) != label || strings.ContainsAny(label, "{}[]\n")):
							t.Errorf("%s: %q is empty or holds what a label cannot", key, label)
						}
					}
				}
			}
			for key := range labels {
				t.Errorf("%s is the label of no code", key)
			}
		})
	}
}

func TestLabelsTellCodesApart(t *testing.T) {
	for _, folder := range []string{"de", "en", "de-simple"} {
		t.Run("in "+folder, func(t *testing.T) {
			labels := readLabels(t, folder)
			for _, v := range engagement.Vocabularies {
				owner := map[string]engagement.Code{}
				for _, c := range v.Codes() {
					label, ok := labels["code."+v.Name+"."+string(c)]
					if !ok {
						continue
					}
					if other, taken := owner[label]; taken {
						t.Errorf("%s: %s and %s are both called %q", v.Name, other, c, label)
					}
					owner[label] = c
				}
			}
		})
	}
}

func TestSimpleLabelsArePlain(t *testing.T) {
	word := regexp.MustCompile(`\pL+`)
	for key, label := range readLabels(t, "de-simple") {
		if strings.HasPrefix(key, "code.language.") || strings.HasPrefix(key, "code.land.") {
			continue // names
		}
		if strings.ContainsAny(label, ";§/≤") {
			t.Errorf("%s: %q has signs that are hard to read", key, label)
		}
		if words := word.FindAllString(label, -1); len(words) > 12 {
			t.Errorf("%s: %q has %d words, want at most 12", key, label, len(words))
		}
		for _, w := range word.FindAllString(label, -1) {
			if len([]rune(w)) > 14 {
				t.Errorf("%s: %q is too long for simple language, use a hyphen or other words", key, w)
			}
		}
	}
}

func readLabels(t *testing.T, folder string) map[string]string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("locale", folder, "codes.json"))
	if err != nil {
		t.Fatal(err)
	}
	var labels map[string]string
	if err := json.Unmarshal(data, &labels); err != nil {
		t.Fatalf("%s: %v", folder, err)
	}
	return labels
}
