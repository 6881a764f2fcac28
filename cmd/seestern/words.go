package main

import (
	"seestern/engagement"
	"seestern/federation"
	"seestern/web"
)

// searchWords are the words besides its own text that an opportunity is found by: labels of its codes.
func searchWords() (func(engagement.Opportunity) []string, error) {
	c, err := web.LoadCatalogue()
	return c.SearchWords, err
}

// wireWords are the sentences and labels inside documents for other servers.
func wireWords() (func(engagement.Lang) federation.Words, error) {
	c, err := web.LoadCatalogue()
	return func(l engagement.Lang) federation.Words { return federation.Words(c.WireWords(l)) }, err
}
