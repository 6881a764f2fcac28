package main

import (
	"math"
	"math/rand/v2"
	"slices"
)

// scores are the measures of one ranked list for one person.
type scores struct{ ndcg, p5, mrr float64 }

const (
	depth     = 10   // of a list that is measured
	resamples = 1000 // of the bootstrap
)

func gain(grade int) float64 { return math.Exp2(float64(grade)) - 1 }

func dcg(grades []int) (sum float64) {
	for i, g := range grades[:min(depth, len(grades))] {
		sum += gain(g) / math.Log2(float64(i+2))
	}
	return sum
}

// measure compares the grades of a list, in its order, with all grades there are. Good is a grade of 2 or 3. It is false if nothing has
// any grade: then no order is better than another.
func measure(list, all []int) (scores, bool) {
	best := slices.Clone(all)
	slices.SortFunc(best, func(a, b int) int { return b - a })
	ideal := dcg(best)
	if ideal == 0 {
		return scores{}, false
	}
	s := scores{ndcg: dcg(list) / ideal}
	for i, g := range list {
		if g >= 2 && i < 5 {
			s.p5 += .2
		}
		if g >= 2 && s.mrr == 0 {
			s.mrr = 1 / float64(i+1)
		}
	}
	return s, true
}

// interval is a value with the 95 % interval of its bootstrap.
type interval struct{ value, low, high float64 }

// bootstrap draws people with replacement and looks how a figure of them varies. The figure gets indexes of people.
func bootstrap(seed uint64, people int, figure func([]int) float64) interval {
	all := make([]int, people)
	for i := range all {
		all[i] = i
	}
	if people == 0 {
		return interval{}
	}
	random := rand.New(rand.NewPCG(seed, 77))
	values := make([]float64, resamples)
	draw := make([]int, people)
	for k := range values {
		for i := range draw {
			draw[i] = random.IntN(people)
		}
		values[k] = figure(draw)
	}
	slices.Sort(values)
	return interval{figure(all), values[resamples*25/1000], values[resamples*975/1000]}
}

func average(values []float64) (m float64) {
	for _, v := range values {
		m += v / float64(len(values))
	}
	return m
}

// twentyDraws is Student's t for 95 % and nineteen degrees of freedom.
const twentyDraws = 2.093

// spread is the mean of [fairSeeds] draws with the 95 % interval of that mean.
func spread(values []float64) interval {
	m, squares := average(values), 0.0
	for _, v := range values {
		squares += (v - m) * (v - m)
	}
	n := float64(len(values))
	half := twentyDraws * math.Sqrt(squares/(n-1)/n)
	return interval{m, m - half, m + half}
}

func mean(values []float64, which []int) (m float64) {
	for _, i := range which {
		m += values[i] / float64(len(which))
	}
	return m
}

// gini is 0 if all have the same and near 1 if one has all.
func gini(counts []int) float64 {
	sorted := slices.Sorted(slices.Values(counts))
	var sum, weighted float64
	for i, c := range sorted {
		sum += float64(c)
		weighted += float64(c) * float64(i+1)
	}
	if sum == 0 {
		return 0
	}
	n := float64(len(sorted))
	return 2*weighted/(n*sum) - (n+1)/n
}

// kappa is the agreement of two passes of grades 0–3 beyond chance, plain and with quadratic weights.
func kappa(a, b []int) (plain, weighted float64) {
	var joint, expected [4][4]float64
	var rows, columns [4]float64
	n := float64(len(a))
	for i := range a {
		joint[a[i]][b[i]] += 1 / n
		rows[a[i]] += 1 / n
		columns[b[i]] += 1 / n
	}
	var same, sameByChance, apart, apartByChance float64
	for i := range 4 {
		for k := range 4 {
			expected[i][k] = rows[i] * columns[k]
			d := float64((i-k)*(i-k)) / 9
			apart, apartByChance = apart+d*joint[i][k], apartByChance+d*expected[i][k]
		}
		same, sameByChance = same+joint[i][i], sameByChance+expected[i][i]
	}
	return (same - sameByChance) / (1 - sameByChance), 1 - apart/apartByChance
}
