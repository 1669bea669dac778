package kyverno

import (
	_ "embed"
	"fmt"
	"strconv"
	"strings"
)

//go:embed functions.txt
var functionsText string

// celWords are the words of functions.txt.
type celWords struct {
	roots  map[string]bool
	calls  map[string]bool
	macros map[string]int // with how many arguments may name a variable
}

func parseFunctions(table string) (celWords, error) {
	out := celWords{roots: map[string]bool{}, calls: map[string]bool{}, macros: map[string]int{}}
	for i, line := range strings.Split(table, "\n") {
		f := append(strings.Fields(line), "", "", "")
		var err error
		switch f[0] {
		case "", "#":
		case "root":
			out.roots[f[1]] = true
		case "call":
			out.calls[f[1]] = true
		case "macro":
			out.macros[f[1]], err = strconv.Atoi(f[2])
		default:
			err = fmt.Errorf("unknown word %q", f[0])
		}
		if err != nil {
			return celWords{}, fmt.Errorf("read table of functions: line %d: %w", i+1, err)
		}
	}
	return out, nil
}
