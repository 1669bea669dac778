package proof_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/exception"
	"github.com/vapchart/vapchart/internal/namespaces"
	"github.com/vapchart/vapchart/internal/podspec"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/pss"
)

// standardOf gives Pod Security Admission at a version, and the whole of the values.
func standardOf(t *testing.T, version string, v values) (namespaces.Values, namespaces.Standard) {
	t.Helper()
	whole, err := chart.WholeValues(readChart(t), v)
	if err != nil {
		t.Fatal(err)
	}
	read, err := namespaces.Read(whole)
	if err != nil {
		t.Fatal(err)
	}
	s := namespaces.Standard{Version: version, Refused: oracleOf(t, version).Refused, Rules: map[string][]policy.Control{},
		Tries: exception.Samples(pss.Probes()[0].Pod, whole)}
	for _, p := range pss.Creatable() {
		s.Probes = append(s.Probes, namespaces.Tried{Text: p.Text, Pod: p.Pod})
	}
	for _, p := range load(t, parse(t, "{defaults: {profile: restricted}}")).Policies {
		for _, c := range strings.Split(p.Annotations["vapchart.dev/controls"], ",") {
			s.Rules[p.Name] = append(s.Rules[p.Name], policy.Control(c))
		}
	}
	return read, s
}

// TestNotesTellTheLabels holds that who uses Helm alone is told the labels that build
// would put.
func TestNotesTellTheLabels(t *testing.T) {
	for _, controllers := range []string{"off", "warn", "deny"} {
		v := parse(t, "{exceptions: {pid: {reason: r, allow: {hostNamespaces: [hostPID]}}}, standardVersion: v1.32, defaults: {profile: baseline, warn: privileged, audit: restricted, engine: psa}}")
		v["controllers"] = controllers
		keys := values{"own": values{"profile": "restricted", "engine": "policies"}, "except": values{"exceptions": []any{"pid"}}}
		for _, profile := range profiles() {
			for _, warn := range profiles() {
				for _, audit := range profiles() {
					keys[strings.Join([]string{string(profile), string(warn), string(audit)}, "-")] = entry{profile: profile, warn: warn, audit: audit}.values()
				}
			}
		}
		v["namespaces"] = keys
		rendered, err := renderChart(readChart(t), v)
		if err != nil {
			t.Fatal(err)
		}
		told := map[string]map[string]string{}
		for line := range strings.Lines(rendered.Notes) {
			command, ok := strings.CutPrefix(strings.TrimSpace(line), "kubectl label --overwrite namespace ")
			if !ok {
				continue
			}
			labels, names := map[string]string{}, []string{}
			for _, word := range strings.Fields(command) {
				if key, value, ok := strings.Cut(word, "="); ok {
					labels[key] = value
				} else {
					names = append(names, word)
				}
			}
			for _, name := range names {
				told[name] = labels
			}
		}
		read, standard := standardOf(t, "v1.32", v)
		want := namespaces.Labels(read, standard)
		if !maps.Equal(told["NAME"], want["baseline-privileged-restricted"]) {
			t.Errorf("controllers: %s: others get %v", controllers, told["NAME"])
		}
		delete(told, "NAME")
		delete(want, "except") // NOTES cannot ask Pod Security Admission
		if len(told) != 28 || !maps.EqualFunc(told, want, maps.Equal) {
			t.Errorf("controllers: %s: NOTES say\n%v\nwant\n%v", controllers, told, want)
		}
		if !strings.Contains(rendered.Notes, "\n  except\n") {
			t.Errorf("NOTES do not name what keeps its policies:\n%s", rendered.Notes)
		}
	}
}

// TestLabelsRefuseNothingAllowed holds, for each exception of the catalogue in both
// profiles and for each excluded rule, that Pod Security Admission by the labels
// refuses no pod that tries just what is allowed, and of a part of the probes that
// the API takes none that the policies let pass; and that not all get the same.
func TestLabelsRefuseNothingAllowed(t *testing.T) {
	c := readCatalogue(t)
	v := values{"controllers": "off", "exceptions": c.values(), "defaults": values{"profile": "privileged", "warn": "privileged", "audit": "privileged", "engine": "psa"}}
	keys := values{}
	for _, profile := range []policy.Profile{policy.Baseline, policy.Restricted} {
		for _, name := range c.names() {
			if c.acts(name, profile) {
				keys["with-"+name+"-"+string(profile)] = values{"profile": string(profile), "exceptions": []any{name}}
			}
		}
	}
	for _, p := range load(t, parse(t, "{controllers: \"off\", defaults: {profile: restricted}}")).Policies {
		keys["less-"+p.Name] = values{"profile": "restricted", "exclude": []any{p.Name}}
	}
	v["namespaces"] = keys
	w := install(t, v)
	read, standard := standardOf(t, pss.Latest, v)
	labels := namespaces.Labels(read, standard)
	levels := map[string]int{}
	inParallel(slices.Sorted(maps.Keys(labels)), func(name string) {
		e := read.Namespaces[name]
		if !e.Keeps() {
			return
		}
		level := policy.Profile(labels[name]["pod-security.kubernetes.io/enforce"])
		var passing []namespaces.Tried
		for _, s := range standard.Tries {
			if s.Allowed && slices.Contains(e.Exceptions, s.Exception) {
				passing = append(passing, namespaces.Tried{Text: s.Text, Pod: s.Pod})
			}
		}
		for _, p := range standard.Probes {
			if !oneIn(25, name+p.Text) || !podspec.Valid(p.Pod, admission.Newest()) {
				continue
			}
			if w.ask(t, name, admission.Request{Object: sampleOf(t, p.Text, p.Pod.DeepCopy()).object}).Allowed() {
				passing = append(passing, p)
			}
		}
		for _, p := range passing {
			if by := standard.Refused(level, p.Pod); len(by) > 0 {
				t.Errorf("%s: %s refuses a pod %s, by %v", name, level, p.Text, by)
			}
		}
		w.Lock()
		levels[string(level)]++
		w.Unlock()
	})
	t.Log(levels)
	if levels["privileged"] < 10 || levels["baseline"] < 5 {
		t.Errorf("the namespaces get %v", levels)
	}
}
