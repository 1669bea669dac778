package proof_test

import "testing"

// TestWhereNullWorks holds the list of docs/clusters.md: where null takes a key away
// and where a value has to be.
func TestWhereNullWorks(t *testing.T) {
	files := readChart(t)
	for text, works := range map[string]bool{
		"namespaces: {kube-system: null, mw-web: null, \"mw-*\": null}":                       true,
		"namespaces: {kube-system: {warn: null}}":                                             true, // the chart's own
		"exceptions: {geoip: null}":                                                           true,
		"commonLabels: {team: null}":                                                          true,
		"commonAnnotations: {team: null}":                                                     true,
		"{commonLabels: null, commonAnnotations: null}":                                       true,
		"exemptions: {users: null, groups: null, runtimeClasses: null}":                       true,
		"namespaces: {mw-web: {warn: null}}":                                                  false,
		"exceptions: {geoip: {reason: r, expires: null, allow: {hostNamespaces: [hostPID]}}}": false,
		"defaults: {engine: null}":                                                            false, // it is gone
		"standardVersion: null":                                                               false,
		"namespaceBinding: null":                                                              false,
		"labelDomain: null":                                                                   false,
		"controllers: null":                                                                   false,
		"defaults: null":                                                                      false,
		"defaults: {warn: null}":                                                              false,
		"namespaces: null":                                                                    false,
		"exceptions: null":                                                                    false,
		"exemptions: null":                                                                    false,
		"guard: null":                                                                         false,
		"guard: {verb: null}":                                                                 false,
		"other: null":                                                                         false,
	} {
		if _, err := renderChart(files, parse(t, text)); (err == nil) != works {
			t.Errorf("%s: %v, want it to work: %t", text, err, works)
		}
	}
}
