package proof_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/namespaces"
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
		for _, engine := range []string{"policies", "psa"} {
			v := with(parse(t, emptyKeys), values{"namespaceBinding": binding})
			v["defaults"].(values)["engine"] = engine
			read, standard := standardOf(t, "latest", v)
			stamped := namespaces.Labels(read, standard)
			w := installOnly(t, v, onlyPID)
			for name, key := range map[string]string{
				"mw-secure": "mw-secure", "mw-safe-1": "mw-safe-*", "mw-open": "mw-*", "mw-taken": "mw-*", "mx-1": "", "other": "",
			} {
				if got := exception.Deciding(read.Keys(), name); got != key {
					t.Errorf("%s: Go has it decided by %q, want %q", name, got, key)
				}
				w.label(name, nil)
				for label, value := range stamped[name] {
					if strings.HasPrefix(label, domain) { // those of Pod Security Admission would have the policies step aside
						w.namespaces[name].Labels[label] = value
					}
				}
				denied := key != "mw-*" || binding == "label" // of which only full names have labels
				if got, want := w.effect(t, name, pid), fmt.Sprint(denied, false, false); got != want {
					t.Errorf("%s, engine %s: hostPID in %s: denied, warned, audited %s, want %s", binding, engine, name, got, want)
				}
			}
			said := stamped["mw-secure"][domain+"/profile"] == "restricted"
			if said != (binding == "label") || !reflect.DeepEqual(*read.Namespaces["mw-secure"], read.Defaults) {
				t.Errorf("%s, engine %s: mw-secure is %+v with %v", binding, engine, read.Namespaces["mw-secure"], stamped["mw-secure"])
			}
			rendered, err := renderChart(readChart(t), v)
			if told := "  mw-secure                restricted, privileged, privileged\n"; err != nil || strings.Contains(rendered.Notes, told) != (binding == "name") {
				t.Errorf("%s, engine %s: %v, the notes are\n%s", binding, engine, err, rendered.Notes)
			}
			if told := strings.Contains(rendered.Notes, "namespace mw-secure pod-security.kubernetes.io/enforce=restricted"); told != (engine == "psa") {
				t.Errorf("%s, engine %s: the labels of mw-secure are told: %t\n%s", binding, engine, told, rendered.Notes)
			}
		}
	}
}
