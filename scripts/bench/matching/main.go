package main

import "os"

func main() {
	l, err := readLabels("web/locale/de/codes.json")
	if err != nil {
		panic(err)
	}
	printGold(os.Stdout, l)
}
