// Package geo knows places: points and distances on the earth, boxes for search, a gazetteer of place names and postal codes that
// answers what people type ("12555", "koepenick", "Neustadt, Hamburg"), the importer for GeoNames postal codes that makes it larger,
// and the projection of the map. It works on plain values and files that are handed to it. It must not know what happens at a place:
// nothing about volunteering, no database, no HTTP, no SVG.
package geo
