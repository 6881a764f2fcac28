//go:build browser

package web_test

import (
	"slices"
	"testing"

	"seestern/web/webtest"
)

// BenchmarkPaint is what somebody with a cheap phone in a slow network sees who comes for the first time: when the largest thing is there, and
// how far things moved meanwhile. The middle of five visits.
func BenchmarkPaint(b *testing.B) {
	s := realSite(b).furnish()
	for name, path := range map[string]string{"start": "/", "search": "/angebote?ort=12555&umkreis=10", "opportunity": s.path(reading)} {
		b.Run(name, func(b *testing.B) {
			tab := webtest.Chromium(b)
			tab.As(webtest.Look{Width: 390}).Slow()
			var largest, shift []float64
			for b.Loop() {
				largest, shift = nil, nil
				for range 5 {
					tab.Open(s.Base + path)
					l, moved := tab.Paint()
					largest, shift = append(largest, l), append(shift, moved)
				}
			}
			slices.Sort(largest)
			b.ReportMetric(largest[2], "lcp-s")
			b.ReportMetric(slices.Max(shift), "shift")
			b.ReportMetric(0, "ns/op")
		})
	}
}
