package proof_test

import (
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"

	typed "github.com/vapchart/vapchart/internal/values"
)

// emptyKeys are a name and a glob that say nothing beside a looser glob that matches
// as well, and keys that were taken away.
const emptyKeys = `
defaults: {profile: restricted, warn: privileged, audit: privileged}
controllers: "off"
exceptions: {pid: {reason: a test, allow: {hostNamespaces: [hostPID]}}}
namespaces:
  "mw-*": {profile: privileged}
  mw-secure: {}
  "mw-safe-*": {}
  mw-taken: null
  "m*-1": null # of the weight of mw-*, and would fit the same names
`

// TestEmptyKeyHasTheDefaults holds that a key without anything in it decides all the
// same, that only null takes one away, and that templates and Go agree on both.
func TestEmptyKeyHasTheDefaults(t *testing.T) {
	pid := indicators(t)[0]
	onlyPID := func(name string) bool { return strings.HasPrefix(name, pid.rule) }
	for _, binding := range []string{"name", "label"} {
		v := with(parse(t, emptyKeys), values{"namespaceBinding": binding})
		read := decoded(t, v)
		stamped := read.NamespaceLabels()
		w := installOnly(t, v, onlyPID)
		for name, key := range map[string]string{
			"mw-secure": "mw-secure", "mw-safe-1": "mw-safe-*", "mw-open": "mw-*", "mw-taken": "mw-*", "mx-1": "", "other": "",
		} {
			if got := typed.Deciding(read.Keys(), name); got != key {
				t.Errorf("%s: Go has it decided by %q, want %q", name, got, key)
			}
			w.label(name, nil)
			maps.Copy(w.namespaces[name].Labels, stamped[name])
			denied := key != "mw-*" || binding == "label" // of which only full names have labels
			if got, want := w.effect(t, name, pid), fmt.Sprint(denied, false, false); got != want {
				t.Errorf("%s: hostPID in %s: denied, warned, audited %s, want %s", binding, name, got, want)
			}
		}
		said := stamped["mw-secure"][domain+"/profile"] == "restricted"
		if said != (binding == "label") || !reflect.DeepEqual(*read.Namespaces["mw-secure"], read.Defaults) {
			t.Errorf("%s: mw-secure is %+v with %v", binding, read.Namespaces["mw-secure"], stamped["mw-secure"])
		}
		rendered, err := renderChart(readChart(t), v)
		if told := "  mw-secure                restricted, privileged, privileged\n"; err != nil || strings.Contains(rendered.Notes, told) != (binding == "name") {
			t.Errorf("%s: %v, the notes are\n%s", binding, err, rendered.Notes)
		}
	}
}
