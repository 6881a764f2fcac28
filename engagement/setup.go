package engagement

import (
	"slices"
	"strings"
)

// Gap marks a place in a legal text that the operator still has to fill in.
const Gap = "[…]"

// RequiredTexts are the legal pages without which an instance may not be public.
var RequiredTexts = []string{"impressum", "datenschutz", "barrierefreiheit"}

// Written says whether a legal text is there, without a gap.
func (i Instance) Written(page string) bool {
	text := i.Texts[page+".de"]
	return text != "" && !strings.Contains(text, Gap)
}

// MissingTexts are the required legal pages that are not there or have a gap.
func (i Instance) MissingTexts() []string {
	return slices.DeleteFunc(slices.Clone(RequiredTexts), i.Written)
}

// Speaks says whether the instance has pages in the language.
func (i Instance) Speaks(l Lang) bool {
	return l == "de" || i.Languages == nil || slices.Contains(i.Languages, l)
}

// SetUpActor is who sets a new instance up: whoever holds the key that the program printed, as long as nobody has an account.
func SetUpActor(tx Tx, key string) (Actor, error) {
	if _, err := tx.Token(Hash(key), TokenSetup); err != nil {
		return Actor{}, err
	}
	return System, nil
}

// MailTested keeps what came of a test mail; failed is what the mail server said, empty if it took the mail.
func MailTested(tx Tx, by Actor, failed string) error {
	if err := must(by, Change, Thing{Noun: AnInstance}); err != nil {
		return err
	}
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	if len(failed) > mailCheckLimit {
		failed = strings.ToValidUTF8(failed[:mailCheckLimit], "")
	}
	i.Mail = MailCheck{At: tx.Now(), Failed: failed}
	if err := tx.PutInstance(&i); err != nil {
		return err
	}
	return audit(tx, by, Admin, AuditEntry{Action: "instance.mail", New: map[bool]string{true: "works", false: "fails"}[failed == ""]})
}

const mailCheckLimit = 500 // bytes

// Launch shows a set-up instance to visitors. It needs name and region, the legal texts, and mail that works.
func Launch(tx Tx, by Actor) error {
	i, err := tx.Instance()
	if err != nil {
		return err
	}
	i.Public = true
	return EditInstance(tx, by, i)
}
