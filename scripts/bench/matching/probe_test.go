package main

import "testing"

func TestProbe(t *testing.T) {
	for _, d := range []distribution{town, rural} {
		w := generate(1, d, full)
		var n [4]int
		none, three, reach := 0, 0, 0
		for _, p := range w.people {
			g := 0
			for _, f := range w.offers {
				x := w.grade(p, f)
				n[x]++
				if x >= 2 {
					g++
				}
			}
			if g == 0 {
				none++
			}
			if g >= 3 {
				three++
			}
			if w.reaches(p) {
				reach++
			}
		}
		t.Log(d.name, n, "none good", none, "three good", three, "reach", reach, len(w.people))
	}
}
