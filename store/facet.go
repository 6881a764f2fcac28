package store

import (
	"math/bits"

	"seestern/engagement"
)

// facetCounts count rows by bit.
type facetCounts struct {
	areas, activities, targets, commitments, access, modes [64]int
	topics                                                 [128]int
	here                                                   int
}

func (f *facetCounts) add(r *indexed, failed dimension) {
	if failed&^topicsDimension == 0 {
		countBits(f.areas[:], uint64(r.areas))
		countBits(f.topics[:64], r.topics[0])
		countBits(f.topics[64:], r.topics[1])
	}
	if failed&^activitiesDimension == 0 {
		countBits(f.activities[:], uint64(r.activities))
	}
	if failed&^targetsDimension == 0 {
		countBits(f.targets[:], uint64(r.targetGroups))
	}
	if failed&^commitmentsDimension == 0 {
		countBits(f.commitments[:], uint64(r.commitment))
	}
	if failed&^accessDimension == 0 {
		countBits(f.access[:], uint64(r.access))
	}
	if failed&^modesDimension == 0 {
		countBits(f.modes[:], uint64(r.mode))
	}
	if failed&^sourceDimension == 0 && r.origin == 0 {
		f.here++
	}
}

func countBits(counts []int, set uint64) {
	for ; set != 0; set &= set - 1 {
		counts[bits.TrailingZeros64(set)]++
	}
}

func (f *facetCounts) facets() Facets {
	return Facets{
		Areas: byCode(engagement.Areas, f.areas[:]), Topics: byCode(engagement.Topics, f.topics[:]),
		Activities: byCode(engagement.Activities, f.activities[:]), TargetGroups: byCode(engagement.TargetGroups, f.targets[:]),
		Commitments: byCode(engagement.Commitments, f.commitments[:]), Access: byCode(engagement.AccessFeatures, f.access[:]),
		Modes: byCode(engagement.Modes, f.modes[:]), OnlyHere: f.here,
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
