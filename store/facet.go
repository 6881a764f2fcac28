package store

import (
	"math/bits"

	"seestern/engagement"
)

// facetCounts count how many rows have each code, by column.
type facetCounts []int

func newFacetCounts() facetCounts { return make(facetCounts, hereColumn+1) }

// facetColumns are the first column and the end of the columns that are counted for the facet of a dimension.
var facetColumns = [dimensions][2]int{
	topicsDimension:      {areaColumn, activityColumn},
	activitiesDimension:  {activityColumn, targetColumn},
	targetsDimension:     {targetColumn, commitmentColumn},
	commitmentsDimension: {commitmentColumn, accessColumn},
	accessDimension:      {accessColumn, modeColumn},
	modesDimension:       {modeColumn, hereColumn},
	sourceDimension:      {hereColumn, languageColumn},
}

// add counts rows of a block for the facet of a dimension.
func (f facetCounts) add(b *block, d dimension, rows uint64) {
	if rows == 0 {
		return
	}
	first, end := facetColumns[d][0], facetColumns[d][1]
	counts := f[first:end]
	for i, column := range b.columns[first:end] {
		counts[i] += bits.OnesCount64(column & rows)
	}
}

func (f facetCounts) facets() Facets {
	return Facets{
		Areas: byCode(engagement.Areas, f[areaColumn:]), Topics: byCode(engagement.Topics, f[topicColumn:]),
		Activities: byCode(engagement.Activities, f[activityColumn:]), TargetGroups: byCode(engagement.TargetGroups, f[targetColumn:]),
		Commitments: byCode(engagement.Commitments, f[commitmentColumn:]), Access: byCode(engagement.AccessFeatures, f[accessColumn:]),
		Modes: byCode(engagement.Modes, f[modeColumn:]), OnlyHere: f[hereColumn],
	}
}

func byCode(v *engagement.Vocabulary, counts []int) map[engagement.Code]int {
	all := map[engagement.Code]int{}
	for i, t := range v.Terms {
		if counts[i] > 0 {
			all[t.Code] = counts[i]
		}
	}
	return all
}
