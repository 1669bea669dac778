package migrate_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/migrate"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/values"
)

// scheme has a rule of each profile that ptrace relaxes, one that geoip does, and one
// that nothing can relax.
func scheme(dialect migrate.Dialect) migrate.Scheme {
	return migrate.Scheme{
		Dialect: dialect, Domain: "d.org",
		Rules: []migrate.Rule{
			{Name: "capabilities", Profile: "baseline", Controls: []policy.Control{"added"}, Allows: []string{"capabilities"}},
			{Name: "capabilities-strict", Profile: "restricted", Controls: []policy.Control{"added", "dropped"}, Allows: []string{"capabilities"}},
			{Name: "host-path", Profile: "baseline", Controls: []policy.Control{"hostPathVolumes"}, Allows: []string{"hostPaths"}},
			{Name: "volumes", Profile: "restricted", Allows: []string{"hostPaths", "volumeTypes"}},
			{Name: "drop-all", Profile: "restricted", Controls: []policy.Control{"dropped"}},
		},
		Controls:   []string{"added", "dropped", "hostPathVolumes", "nobodys"},
		Exceptions: map[string][]string{"ptrace": {"capabilities"}, "geoip": {"hostPaths"}, "nfs": {"volumeTypes"}, "both": {"capabilities", "volumeTypes"}},
		Defaults:   map[string]string{"profile": "privileged", "warn": "restricted", "audit": "restricted"},
		Open:       func(name, mode string) bool { return name == "system" && mode == "profile" },
	}
}

func TestMeaning(t *testing.T) {
	for _, c := range []struct {
		name, namespace string
		dialect         migrate.Dialect
		labels          string // "key=value key=value", each on its own line
		want            string // profiles / exceptions / exclude / covered
		found           []string
	}{
		{"nothing said", "a", migrate.HandMade, "", "privileged restricted restricted / / /", nil},
		{"a pair", "a", migrate.HandMade, "profile=restricted capabilities=exclude capabilities-strict=exclude ptrace=include",
			"restricted restricted restricted / ptrace / / capabilities capabilities-strict", nil},
		{"one exclude without an include", "a", migrate.HandMade, "profile=restricted capabilities=exclude host-path=exclude ptrace=include",
			"restricted restricted restricted / ptrace / host-path / capabilities",
			[]string{"3: label d.org/host-path: half an exception: no include covers the rule, so all of it is off"}},
		{"by the chart each stands alone", "a", migrate.OfChart, "profile=restricted capabilities=exclude ptrace=include host-path=exclude",
			"restricted restricted restricted / ptrace / capabilities host-path /", nil},
		{"by the chart no rule is left that the exception relaxes", "a", migrate.OfChart, "profile=restricted capabilities=exclude capabilities-strict=exclude ptrace=include",
			"restricted restricted restricted / / capabilities capabilities-strict /",
			[]string{"4: label d.org/ptrace has no effect: nothing forbids there what ptrace allows"}},
		{"by the chart a control", "a", migrate.OfChart, "profile=restricted hostPathVolumes=exclude ptrace=include",
			"restricted restricted restricted / ptrace / hostPathVolumes /", nil},
		{"by the chart a control leaves what enforces another", "a", migrate.OfChart, "profile=restricted added=exclude dropped=exclude capabilities=exclude",
			"restricted restricted restricted / / capabilities drop-all /", nil},
		{"by the chart no rule is left of a control that the exception relaxes", "a", migrate.OfChart, "profile=baseline warn=baseline audit=baseline hostPathVolumes=exclude geoip=include",
			"baseline baseline baseline / / hostPathVolumes /",
			[]string{"5: label d.org/geoip has no effect: nothing forbids there what geoip allows"}},
		{"by the chart a control of which nothing holds", "a", migrate.OfChart, "profile=baseline warn=baseline audit=baseline dropped=exclude nobodys=exclude hostPathVolumes=include",
			"baseline baseline baseline / / /",
			[]string{`6: label d.org/hostPathVolumes: "include" does nothing: a control takes exclude alone`,
				"4: label d.org/dropped has no effect: no rule that it switches off holds there",
				"5: label d.org/nobodys has no effect: no rule that it switches off holds there"}},
		{"the hand-made scheme knows no controls", "a", migrate.HandMade, "profile=restricted hostPathVolumes=exclude",
			"restricted restricted restricted / / /",
			[]string{"2: label d.org/hostPathVolumes: exclude names no rule, and does nothing"}},
		{"what does not hold has no effect", "a", migrate.HandMade, "profile=baseline warn=baseline audit=privileged drop-all=exclude nfs=include",
			"baseline baseline privileged / / /",
			[]string{"4: label d.org/drop-all has no effect: the rule is of profile restricted, which does not hold there",
				"5: label d.org/nfs has no effect: nothing forbids there what nfs allows"}},
		{"a part has no effect", "a", migrate.HandMade, "profile=baseline warn=baseline audit=baseline both=include",
			"baseline baseline baseline / / /",
			[]string{"4: label d.org/both: of both, nothing forbids there volumeTypes; values cannot say that, so it is left out"}},
		{"typos", "a", migrate.HandMade, "profile=restrited host-paht=exclude geoip=included capabilities=include srv=include drop-all=exlude",
			"restricted restricted restricted / / /",
			[]string{`1: label d.org/profile: "restrited" is no profile, and counts as restricted`,
				"2: label d.org/host-paht: exclude names no rule, and does nothing",
				`3: label d.org/geoip: "included" does nothing: an exception takes include alone`,
				`4: label d.org/capabilities: "include" does nothing: a rule takes exclude alone`,
				"5: label d.org/srv: include names no exception, and does nothing",
				`6: label d.org/drop-all: "exlude" does nothing: a rule takes exclude alone`}},
		{"a namespace that stays out", "system", migrate.HandMade, "profile=baseline", "privileged restricted restricted / / /", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := namespace(c.namespace, c.labels)
			m, err := scheme(c.dialect).Read(n)
			if err != nil {
				t.Fatal(err)
			}
			lists := [][]string{{m.Profiles["profile"], m.Profiles["warn"], m.Profiles["audit"]}, m.Exceptions, m.Exclude, m.Covered}
			var parts []string
			for _, l := range lists {
				parts = append(parts, strings.Join(l, " "))
			}
			if got := strings.Join(strings.Fields(strings.Join(parts, " / ")), " "); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
			if got := findings(m); !reflect.DeepEqual(got, c.found) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.found, "\n"))
			}
		})
	}
}

// namespace has labels of the domain, each on its own line.
func namespace(name, text string) migrate.Namespace {
	n := migrate.Namespace{Name: name, File: "f.yaml"}
	for i, pair := range strings.Fields(text) {
		key, value, _ := strings.Cut(pair, "=")
		n.Labels = append(n.Labels, migrate.Label{Key: "d.org/" + key, Value: value, Line: i + 1})
	}
	return n
}

func findings(m migrate.Meaning) []string {
	var out []string
	for _, f := range m.Findings {
		if f.Namespace == m.Namespace.Name && f.File == "f.yaml" && f.Hint != "" {
			out = append(out, fmt.Sprintf("%d: %s", f.Line, f.Text))
		}
	}
	return out
}

// TestHints wants the near names of a typo told, also of the domain.
func TestHints(t *testing.T) {
	n := namespace("a", "host-paht=exclude profile=base-line")
	n.Labels = append(n.Labels, migrate.Label{Key: "d.ogr/profile", Value: "baseline", Line: 3}, migrate.Label{Key: "example.org/team", Value: "x"})
	m, err := scheme(migrate.HandMade).Read(n)
	if err != nil || len(m.Findings) != 3 {
		t.Fatal(m.Findings, err)
	}
	for i, want := range []string{"near it: host-path", "write baseline; ", "write it as d.org/profile"} {
		if !strings.HasPrefix(m.Findings[i].Hint, want) {
			t.Errorf("hint %q, want %q", m.Findings[i].Hint, want)
		}
	}
}

// TestPlain wants labels without what the hand-made scheme reads otherwise than the chart.
func TestPlain(t *testing.T) {
	got := scheme(migrate.HandMade).Plain(map[string]string{"d.org/ptrace": "include", "d.org/added": "exclude", "d.org/host-path": "exclude", "added": "exclude"})
	if want := map[string]string{"d.org/host-path": "exclude", "added": "exclude"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestHalfInclude wants an include told that did nothing against a rule: one that
// still holds and that the exception would relax. Others refuse its pods as well.
func TestHalfInclude(t *testing.T) {
	s := scheme(migrate.HandMade)
	s.Needed = func(_ migrate.Namespace, exception string) ([]string, error) {
		return []string{"host-path", "drop-all"}, map[string]error{"ptrace": errors.New("broken")}[exception]
	}
	m, err := s.Read(namespace("a", "profile=restricted volumes=exclude geoip=include"))
	want := []string{"3: label d.org/geoip: half an exception: host-path is not excluded, so it did nothing against it; in the values the exception is whole"}
	if got := findings(m); err != nil || !reflect.DeepEqual(got, want) || m.Findings[0].Note != "geoip did nothing against host-path before" {
		t.Errorf("%v %q", err, got)
	}
	if _, err := s.Read(namespace("a", "profile=restricted ptrace=include")); err == nil {
		t.Error("the error of the judge is lost")
	}
	s.Dialect = migrate.OfChart
	if m, err := s.Read(namespace("a", "profile=restricted geoip=include")); err != nil || len(m.Findings) > 0 {
		t.Errorf("by the chart: %v %v", m.Findings, err)
	}
}

func TestWrite(t *testing.T) {
	s := scheme(migrate.HandMade)
	m, err := s.Read(namespace("web", "profile=restricted host-path=exclude"))
	if err != nil {
		t.Fatal(err)
	}
	defaults := values.Entry{Profile: "restricted", Warn: "restricted", Audit: "restricted"}
	if m.Holds(defaults) {
		t.Error("the exclude is lost")
	}
	if plain, err := s.Read(namespace("api", "profile=restricted")); err != nil || !plain.Holds(defaults) {
		t.Error("an entry where the same holds without it", err)
	}
	beneath := values.Entry{Profile: "restricted", Warn: "baseline", Audit: "restricted", Exceptions: []string{"geoip"}}
	text, err := migrate.Write(map[string]any{
		"namespaceBinding": "name",
		"namespaces":       map[string]any{"b-*": map[string]any{"profile": "baseline"}},
		"exceptions":       map[string]any{"geoip": map[string]any{"reason": "maps"}},
	}, map[string]map[string]any{"web": m.Entry(beneath), "123": {"profile": "baseline"}}, m.Findings)
	want := `namespaceBinding: name
namespaces:
  "123": {profile: baseline}
  b-*: {profile: baseline}
  # no exception covers host-path: all of it is off
  web: {exceptions: [], exclude: [host-path], profile: restricted, warn: restricted}
exceptions: {geoip: {reason: maps}}
`
	if err != nil || string(text) != want {
		t.Errorf("%v\n%s", err, text)
	}
}
