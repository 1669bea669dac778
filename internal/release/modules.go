package release

import (
	"embed"
	"fmt"
	"strings"
)

// modulesFile is written by TestModulesAreLinked: a line for each module that the
// tool is linked from on any system, with its version and its digest in go.sum.
//
//go:embed modules.txt
var modulesFile embed.FS

// Modules gives the modules that the tool is linked from, on whatever system it
// is built, sorted by path. What Go recorded in the binary would say the same of
// this binary alone, and a release must have the same bytes on any machine.
func Modules() ([]Module, error) {
	text, err := modulesFile.ReadFile("modules.txt")
	if err != nil {
		return nil, fmt.Errorf("list modules: %w", err)
	}
	var out []Module
	for line := range strings.Lines(string(text)) {
		f := strings.Fields(line)
		if len(f) != 3 {
			return nil, fmt.Errorf("list modules: %q is not a module, a version and a digest", line)
		}
		out = append(out, Module{Path: f[0], Version: f[1], Sum: f[2]})
	}
	return out, nil
}
