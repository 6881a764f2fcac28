package store

import "seestern/engagement"

// Certificate is what an organization confirms that somebody did.
func (tx *Tx) Certificate(id engagement.ID) (engagement.Certificate, error) {
	return doc[engagement.Certificate](tx, `SELECT doc FROM certificate WHERE id = $1`, string(id))
}

// CertificateByCode finds it by the code of its check page.
func (tx *Tx) CertificateByCode(code string) (engagement.Certificate, error) {
	return doc[engagement.Certificate](tx, `SELECT doc FROM certificate WHERE code = $1`, null(code))
}

// CertificatesOf are those of an account, the last asked for first.
func (tx *Tx) CertificatesOf(account engagement.ID) ([]engagement.Certificate, error) {
	return docs[engagement.Certificate](tx, `SELECT doc FROM certificate WHERE account = $1 ORDER BY asked DESC, id`, null(account))
}

// CertificatesFor are at most limit that an organization was asked for, the last first.
func (tx *Tx) CertificatesFor(organization engagement.ID, limit int) ([]engagement.Certificate, error) {
	return docs[engagement.Certificate](tx, `SELECT doc FROM certificate WHERE organization = $1 ORDER BY asked DESC, id LIMIT $2`, null(organization), limit)
}

// NextStatus is the next number in the status list.
func (tx *Tx) NextStatus() (int, error) {
	return tx.count(`SELECT coalesce(max(status), 0) + 1 FROM certificate`)
}

// RevokedStatuses are the numbers in the status list, from one up to and including another, of certificates that were revoked.
func (tx *Tx) RevokedStatuses(from, until int) ([]int, error) {
	return list(tx, func(row func(...any) error) (n int, err error) { return n, row(&n) },
		`SELECT status FROM certificate WHERE status BETWEEN $1 AND $2 AND revoked = 1 ORDER BY status`, from, until)
}

// nounCertificate stands on tombstones.
const nounCertificate = "certificate"

// PutCertificate writes it. One that lost its person is forgotten again when a backup is restored in which it had one.
func (tx *Tx) PutCertificate(c *engagement.Certificate) error {
	if c.Account == "" {
		if err := tx.forgetMails(c.ID); err != nil {
			return err
		}
		if err := tx.bury(nounCertificate, string(c.ID), false); err != nil {
			return err
		}
	}
	status := any(nil)
	if c.Status > 0 {
		status = c.Status
	}
	return tx.put("certificate", "id", string(c.ID), &c.Version, c,
		column{"account", null(c.Account)},
		column{"organization", null(c.Organization)},
		column{"code", null(c.Code)},
		column{"asked", ms(c.Asked)},
		column{"status", status},
		column{"revoked", bit(c.State == engagement.CertificateRevoked)})
}

// DeleteCertificate erases it with its waiting mail.
func (tx *Tx) DeleteCertificate(id engagement.ID) error {
	if err := tx.run(`DELETE FROM certificate WHERE id = $1`, string(id)); err != nil {
		return err
	}
	if err := tx.forgetMails(id); err != nil {
		return err
	}
	return tx.bury(nounCertificate, string(id), false)
}

// forgetMails takes back what waits to be sent about something.
func (tx *Tx) forgetMails(subject engagement.ID) error {
	return tx.run(`DELETE FROM event WHERE audience = 'mail' AND subject = $1`, string(subject))
}
