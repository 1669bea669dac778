package kyverno

import (
	_ "embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

//go:embed kinds.txt
var kindsText string

// kindTable says which resource a kind is, which a policy file does not say.
type kindTable struct {
	rows    []kindRow
	version *regexp.Regexp // what Kyverno takes for a version
}

// kindRow is one kind of one API group.
type kindRow struct {
	group      string
	versions   []string // the preferred one first
	kind       string
	plural     string
	namespaced bool
}

// parseKinds reads the table of kinds.txt.
func parseKinds(table string) (kindTable, error) {
	out := kindTable{version: regexp.MustCompile(`^(v\d+((alpha|beta)\d+)?|\*)$`)}
	for i, line := range strings.Split(table, "\n") {
		f := strings.Fields(line)
		if len(f) == 0 || f[0] == "#" {
			continue
		}
		if len(f) != 5 || (f[4] != "Namespaced" && f[4] != "Cluster") {
			return kindTable{}, fmt.Errorf("read table of kinds: line %d: want group, versions, kind, plural, scope", i+1)
		}
		out.rows = append(out.rows, kindRow{
			group: strings.Trim(f[0], `"`), versions: strings.Split(f[1], ","), kind: f[2], plural: f[3],
			namespaced: f[4] == "Namespaced",
		})
	}
	return out, nil
}

// unknown says what is wrong with an entry that stands for nothing in the
// table, and how to go on.
func (t kindTable) unknown(sel kindSelector, entry string) string {
	if !sel.plainSubresource() {
		return fmt.Sprintf("kind %s: %s is no subresource", entry, sel.sub)
	}
	var known []string
	for _, row := range t.rows {
		if row.kind == sel.kind {
			for _, v := range row.versions {
				known = append(known, strings.TrimPrefix(row.group+"/"+v+"/"+row.kind, "/"))
			}
		}
	}
	if len(known) > 0 {
		slices.Sort(known)
		return fmt.Sprintf("kind %s: known are only %s", entry, strings.Join(known, ", "))
	}
	return fmt.Sprintf("kind %s: its resource is not known; a ValidatingPolicy can name the resource itself", entry)
}
