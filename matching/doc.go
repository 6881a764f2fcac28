// Package matching says which opportunity fits a volunteer, how well, and why. A [Matcher] holds one profile; hard criteria (gates)
// keep an opportunity out of the suggestions, soft ones (dimensions) add up to its fit, and what either side left open is a third
// value: it neither passes nor fails, it is asked. An explanation is built from the very terms of the sum, as codes and numbers;
// the sentences are web's.
//
// The package is pure: the same input gives the same output, to the order of equals. It knows no clock, no randomness and no I/O,
// and it is called only where the profile lives.
package matching
