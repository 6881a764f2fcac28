package store

import "seestern/engagement"

// Partner is another instance.
func (tx *Tx) Partner(host string) (engagement.Partner, error) {
	return doc[engagement.Partner](tx, `SELECT doc FROM partner WHERE host = $1`, host)
}

// partnersAt are those among some hosts, by host.
func (tx *Tx) partnersAt(hosts []string) (map[string]engagement.Partner, error) {
	at := map[string]engagement.Partner{}
	for in, args := range portions(hosts, text) {
		found, err := docs[engagement.Partner](tx, `SELECT doc FROM partner WHERE host IN `+in, args...)
		if err != nil {
			return nil, err
		}
		for _, p := range found {
			at[p.Host] = p
		}
	}
	return at, nil
}

// Partners are all, in every state, by host.
func (tx *Tx) Partners() ([]engagement.Partner, error) {
	return docs[engagement.Partner](tx, `SELECT doc FROM partner ORDER BY host`)
}

// PutPartner writes it.
func (tx *Tx) PutPartner(p *engagement.Partner) error {
	return tx.put("partner", "host", p.Host, &p.Version, p,
		column{"state", string(p.State)},
		column{"shown", bit(p.Shown())})
}
