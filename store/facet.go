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

func (f *facetCounts) add(x *indexed, failed dimension) {
	if failed&^topicsDimension == 0 {
		countBits(f.areas[:], x.Areas)
		countBits(f.topics[:64], x.Topics[0])
		countBits(f.topics[64:], x.Topics[1])
	}
	if failed&^activitiesDimension == 0 {
		countBits(f.activities[:], x.Activities)
	}
	if failed&^targetsDimension == 0 {
		countBits(f.targets[:], x.TargetGroups)
	}
	if failed&^commitmentsDimension == 0 {
		countBits(f.commitments[:], x.Commitment)
	}
	if failed&^accessDimension == 0 {
		countBits(f.access[:], x.Access)
	}
	if failed&^modesDimension == 0 {
		countBits(f.modes[:], x.Mode)
	}
	if failed&^sourceDimension == 0 && x.Origin == "" {
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
