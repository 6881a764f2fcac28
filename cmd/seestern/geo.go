package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"seestern/engagement"
	"seestern/geo"
	"seestern/store"
)

type geoCommands struct {
	Import   geoImport   `cmd:"" help:"Import a GeoNames postal-code file (zip or tab-separated text; DE, AT, CH)."`
	Outlines geoOutlines `cmd:"" help:"Import borders that every map shows (GeoJSON, WGS84)."`
}

// droppedBecause are the words for a row that is no place.
var droppedBecause = map[geo.Reason]string{
	geo.OtherCountry: "of another country", geo.BadCode: "without a postal code of its country", geo.BadName: "without a name of a place",
	geo.BulkRecipient: "a company, an office or P.O. boxes", geo.NoCoordinates: "without coordinates", geo.Outside: "a point outside of its country",
	geo.Duplicate: "there already",
}

type geoImport struct {
	File string `arg:"" type:"existingfile" help:"The file, as GeoNames publishes it (CC BY 4.0)."`
}

func (g *geoImport) Run(ctx context.Context, c *console) error {
	f, err := os.Open(g.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	places, report, err := geo.ReadPostalCodes(f)
	if err != nil {
		return fmt.Errorf("%s: %w", g.File, err)
	}
	if err := c.with(ctx, func(i *instance) error {
		return i.store.Update(ctx, func(tx *store.Tx) error { return tx.ReplacePlaces(filepath.Base(g.File), places) })
	}); err != nil {
		return err
	}
	lines := []string{
		fmt.Sprintf("%d rows read, %d kept: %d postal codes, %d places", report.Read, report.Kept, report.Codes, report.Names),
		fmt.Sprintf("%d rows repaired, %d points left out because they are far from the others", report.Repaired, report.Outliers),
	}
	for _, reason := range geo.Reasons {
		if n := report.Dropped[reason]; n > 0 {
			lines = append(lines, fmt.Sprintf("%d dropped: %s", n, droppedBecause[reason]))
		}
	}
	return c.print(report, append(lines, "A running server uses the places after its next start.")...)
}

type geoOutlines struct {
	File        string `arg:"" type:"existingfile" help:"A FeatureCollection of Polygon and MultiPolygon; at most 20 MiB."`
	Layer       string `required:"" enum:"region,part" help:"region: drawn thick; part: drawn thin."`
	Attribution string `required:"" help:"Whom the terms of the data want named; stands under every map."`
	Licence     string `required:"" help:"Terms of the data: dl-de/zero-2-0, CC BY 4.0 …"`
	Date        string `required:"" help:"Date of the data: 2026-11-01."`
}

// outlineLayers are the layers as operators write them.
var outlineLayers = map[string]engagement.Code{"region": "region", "part": "teil"}

func (g *geoOutlines) Run(ctx context.Context, c *console) error {
	f, err := os.Open(g.File)
	if err != nil {
		return usageError{err}
	}
	defer f.Close()
	lines, report, err := geo.ReadOutlines(f)
	if err != nil {
		return usageError{fmt.Errorf("%s: %w", g.File, err)}
	}
	layer := engagement.OutlineLayer{Layer: outlineLayers[g.Layer], Attribution: g.Attribution, Licence: g.Licence, Date: engagement.Date(g.Date)}
	if err := c.with(ctx, func(i *instance) error {
		return i.store.Update(ctx, func(tx *store.Tx) error { return engagement.ImportOutlines(tx, engagement.System, layer, lines) })
	}); err != nil {
		return err
	}
	return c.print(report, fmt.Sprintf("%d areas, %d borders: %d of %d points kept", report.Areas, report.Lines, report.After, report.Before))
}
