package engagement

import (
	"slices"
	"strings"
)

// Code is one entry of a controlled vocabulary. It travels on the wire and into exports: German, ASCII, lower-kebab ("schule-kita");
// codes that others defined keep their form ("B1", "BE"). A code is never renamed and never used again for something else. The empty
// Code means: not said. A code that a partner sends and we do not know is kept as it came, shown as "andere Angabe" and ignored by
// matching.
type Code string

// VocabularyVersion grows with every change of the tables in vocabulary_data.go.
const VocabularyVersion = 3

// Vocabulary is a closed, ordered list of codes. Labels live in the locale files under "code.<name>.<code>".
type Vocabulary struct {
	Name  string // singular, lower case with underscores: "target_group"
	Terms []Term // in the order people see them; levels rise

	parents *Vocabulary // where Term.Parent comes from
	index   map[Code]int
}

// Term is one code with what the rules need to know about it.
type Term struct {
	Code   Code
	Parent Code // area of a topic, group of a skill
	Flags  Flag
}

// Flag says something about a term that rules depend on.
type Flag uint8

const (
	FlagSensitive    Flag = 1 << iota // Art. 9 GDPR: a wish for it says something about religion, politics, trade union, health, sexuality or origin
	FlagMinors                        // work with minors: the form asks for proofs
	FlagVulnerable                    // work with vulnerable people: the form asks for proofs
	FlagOrganization                  // reason that an organization can choose
	FlagVolunteer                     // reason that a volunteer can choose; one without either is set by timers
	FlagLegalPerson                   // legal form that no natural person has
)

// Vocabularies are all vocabularies in the order of vocabulary_data.go.
var Vocabularies []*Vocabulary

// define makes a vocabulary and registers it.
func define(name string, codes ...Code) *Vocabulary {
	v := &Vocabulary{Name: name, index: map[Code]int{}}
	Vocabularies = append(Vocabularies, v)
	return v.under("", codes...)
}

// within says from which vocabulary the parents of the following terms come.
func (v *Vocabulary) within(parents *Vocabulary) *Vocabulary {
	v.parents = parents
	return v
}

// under appends codes below a parent, whose flags they share.
func (v *Vocabulary) under(parent Code, codes ...Code) *Vocabulary {
	var inherited Flag
	if parent != "" {
		inherited = v.parents.Terms[v.parents.mustIndex(parent)].Flags
	}
	for _, c := range codes {
		if v.Has(c) {
			panic("engagement: code " + string(c) + " occurs twice in vocabulary " + v.Name)
		}
		v.index[c] = len(v.Terms)
		v.Terms = append(v.Terms, Term{Code: c, Parent: parent, Flags: inherited})
	}
	return v
}

// flag marks codes that are already there.
func (v *Vocabulary) flag(f Flag, codes ...Code) *Vocabulary {
	for _, c := range codes {
		v.Terms[v.mustIndex(c)].Flags |= f
	}
	return v
}

func (v *Vocabulary) mustIndex(c Code) int {
	i := v.Index(c)
	if i < 0 {
		panic("engagement: vocabulary " + v.Name + " has no code " + string(c))
	}
	return i
}

// Has says whether c belongs to the vocabulary. The empty code belongs to none.
func (v *Vocabulary) Has(c Code) bool { return v.Index(c) >= 0 }

// Index is the position of c, -1 if it is unknown. In vocabularies of levels a higher index is a higher level.
func (v *Vocabulary) Index(c Code) int {
	if i, ok := v.index[c]; ok {
		return i
	}
	return -1
}

// Parent is the term c stands under: the area of a topic, the group of a skill. It is empty for unknown codes.
func (v *Vocabulary) Parent(c Code) Code {
	if i := v.Index(c); i >= 0 {
		return v.Terms[i].Parent
	}
	return ""
}

// Any says whether one of the codes carries the flag, for example whether target groups mean work with minors.
func (v *Vocabulary) Any(f Flag, codes ...Code) bool {
	return slices.ContainsFunc(codes, func(c Code) bool {
		i := v.Index(c)
		return i >= 0 && v.Terms[i].Flags&f != 0
	})
}

// Codes are all codes in order.
func (v *Vocabulary) Codes() []Code { return v.filter(func(Term) bool { return true }) }

// Under are the codes below a parent, in order.
func (v *Vocabulary) Under(parent Code) []Code {
	return v.filter(func(t Term) bool { return t.Parent == parent })
}

// With are the codes that carry a flag, in order.
func (v *Vocabulary) With(f Flag) []Code {
	return v.filter(func(t Term) bool { return t.Flags&f != 0 })
}

func (v *Vocabulary) filter(keep func(Term) bool) []Code {
	var codes []Code
	for _, t := range v.Terms {
		if keep(t) {
			codes = append(codes, t.Code)
		}
	}
	return codes
}

// Codes adds a failure unless there are least to most codes of v, each once. It is for what people of this instance enter; what
// partners send is kept as it is.
func (es *Invalids) Codes(field string, v *Vocabulary, codes []Code, least, most int) {
	var unknown []string
	for _, c := range codes {
		if !v.Has(c) {
			unknown = append(unknown, string(c))
		}
	}
	switch {
	case unknown != nil:
		es.Add(field, "error.choice.unknown", "codes", strings.Join(unknown, ", "))
	case len(codes) < least:
		es.Add(field, "error.choice.few", "n", least)
	case len(codes) > most:
		es.Add(field, "error.choice.many", "n", most)
	case len(slices.Compact(slices.Sorted(slices.Values(codes)))) < len(codes):
		es.Add(field, "error.choice.twice")
	}
}

// Code adds a failure unless c belongs to v, or is empty and not required.
func (es *Invalids) Code(field string, v *Vocabulary, c Code, required bool) {
	switch {
	case c == "" && required:
		es.Add(field, "error.choice.empty")
	case c != "":
		es.Codes(field, v, []Code{c}, 1, 1)
	}
}
