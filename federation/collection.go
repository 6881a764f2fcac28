package federation

import (
	"net/url"
)

// Collection is the outside of a collection: how many there are, and where the first page is (empty: its members are not told).
func Collection(id string, total int, first string) Doc {
	return Doc{"id": id, "type": "OrderedCollection", "totalItems": total, "first": first}
}

// CollectionOf is a short collection with its members, such as the ids of the partners.
func CollectionOf(id string, members []string) Doc {
	return Doc{"id": id, "type": "OrderedCollection", "totalItems": len(members), "orderedItems": members}
}

// Page is a page of a collection; cursor names it, next the following one (empty: this is the last).
func Page(collection, cursor, next string, items []Doc) Doc {
	d := Doc{"id": PageID(collection, cursor), "type": "OrderedCollectionPage", "partOf": collection, "orderedItems": items}
	if next != "" {
		d["next"] = PageID(collection, next)
	}
	return d
}

// PageID is the address of a page.
func PageID(collection, cursor string) string {
	return collection + "?cursor=" + url.QueryEscape(cursor)
}

// RemoteCollection is a collection of another server, or a page of one.
type RemoteCollection struct {
	ID    string
	Total int    // -1 if not told
	First string // of the same server; empty if there is none, also when the items stand here
	Next  string // likewise
	Items []Map  // embedded ones; an item of another server than the collection is left out
	IDs   []string
}

// ReadCollection reads a collection or a page. First and next lead nowhere but to the server of the collection (P-5).
func ReadCollection(m Map) (RemoteCollection, error) {
	c := RemoteCollection{ID: m.ID(), Total: -1}
	if !hasType(m, "OrderedCollection", "OrderedCollectionPage", "Collection", "CollectionPage") || c.ID == "" {
		return c, violation("P-5", "%q is no collection", c.ID)
	}
	if n, ok := m.Int("totalItems"); ok && n >= 0 {
		c.Total = int(min(n, 1<<31-1))
	}
	own := func(iri string) string {
		if !SameOrigin(iri, c.ID) {
			return ""
		}
		return iri
	}
	c.First, c.Next = own(m.IRI("first")), own(m.IRI("next"))
	for _, name := range []string{"orderedItems", "items"} {
		for _, id := range m.IRIs(name) {
			if own(id) != "" {
				c.IDs = append(c.IDs, id)
			}
		}
		for _, item := range m.Maps(name) {
			if own(item.ID()) != "" {
				c.Items = append(c.Items, item)
			}
		}
	}
	return c, nil
}
