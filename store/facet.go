package store

import (
	"math/bits"

	"seestern/engagement"
)

// facetCounts count how many rows have each code. The codes of a row are bits of four words.
type facetCounts [4]bitCounts

// Where the bits of a facet begin among those of all words; the topics have the last two for themselves.
const (
	areaBit       = 0
	activityBit   = 16
	accessBit     = 48
	targetBit     = 64
	commitmentBit = 96
	modeBit       = 104
	hereBit       = 112
	topicBit      = 128
)

// facetWords are the bits that a row counts for if it fails in one dimension: those of the facet of that dimension.
var facetWords = [hidden][4]uint64{
	topicsDimension:      {1<<activityBit - 1, 0, ^uint64(0), ^uint64(0)},
	activitiesDimension:  {(1<<32 - 1) << activityBit},
	accessDimension:      {(1<<16 - 1) << accessBit},
	targetsDimension:     {0, 1<<32 - 1},
	commitmentsDimension: {0, (1<<8 - 1) << (commitmentBit - targetBit)},
	modesDimension:       {0, (1<<8 - 1) << (modeBit - targetBit)},
	sourceDimension:      {0, 1 << (hereBit - targetBit)},
}

func (f *facetCounts) add(r *indexed, failed dimension) {
	words := [4]uint64{
		uint64(r.areas) | uint64(r.activities)<<activityBit | uint64(r.access)<<accessBit,
		uint64(r.targetGroups) | uint64(r.commitment)<<(commitmentBit-targetBit) | uint64(r.mode)<<(modeBit-targetBit),
		r.topics[0],
		r.topics[1],
	}
	if r.origin == 0 {
		words[1] |= 1 << (hereBit - targetBit)
	}
	if failed != 0 {
		for i, mask := range facetWords[failed] {
			words[i] &= mask
		}
	}
	for i, set := range words {
		f[i].add(set)
	}
}

// bitCounts count in how many sets each of 64 bits is, all at once: sums[i] are the digits of value 2^i of the 64 counts. A set waits for the
// next one, so that three are added in one step; half of the carries wait one digit further, and so on (Harley and Seal, see Warren: Hacker's
// Delight, 2nd edition, 5-2).
type bitCounts struct {
	n           uint32 // sets; by its digits, where something waits
	sums, waits [32]uint64
}

func (c *bitCounts) add(set uint64) {
	i := 0
	for ; c.n>>i&1 != 0; i++ {
		half := c.sums[i] ^ c.waits[i]
		c.sums[i], set = half^set, c.sums[i]&c.waits[i]|half&set
	}
	c.waits[i] = set
	c.n++
}

// into adds the counts to 64 numbers.
func (c *bitCounts) into(counts []int) {
	for i := range c.sums {
		waits := c.waits[i]
		if c.n>>i&1 == 0 {
			waits = 0
		}
		for _, set := range [2]uint64{c.sums[i], waits} {
			for ; set != 0; set &= set - 1 {
				counts[bits.TrailingZeros64(set)] += 1 << i
			}
		}
	}
}

func (f *facetCounts) facets() Facets {
	var counts [4 * 64]int
	for i := range f {
		f[i].into(counts[64*i:])
	}
	return Facets{
		Areas: byCode(engagement.Areas, counts[areaBit:]), Topics: byCode(engagement.Topics, counts[topicBit:]),
		Activities: byCode(engagement.Activities, counts[activityBit:]), TargetGroups: byCode(engagement.TargetGroups, counts[targetBit:]),
		Commitments: byCode(engagement.Commitments, counts[commitmentBit:]), Access: byCode(engagement.AccessFeatures, counts[accessBit:]),
		Modes: byCode(engagement.Modes, counts[modeBit:]), OnlyHere: counts[hereBit],
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
