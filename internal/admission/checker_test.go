package admission

import (
	"fmt"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// TestCheckerAgrees holds a checker that remembers against one that does not, on
// every case of Check.
func TestCheckerAgrees(t *testing.T) {
	checker, faults := NewChecker(), 0
	for _, name := range []string{"policies", "bindings"} {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "check", name+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		cases := patches(t, archive)
		for range 2 { // the second time all of it is known
			for _, name := range slices.Sorted(maps.Keys(cases)) {
				objs := load(t, "objects.yaml", referred+cases[name])
				got, err := checker.Check(objs, []string{Oldest, Newest()})
				if err != nil {
					t.Fatal(err)
				}
				want := check(t, referred+cases[name])
				if faults += len(want); !reflect.DeepEqual(got, want) {
					t.Errorf("%s: a checker that remembers finds\n%v\nwant\n%v", name, got, want)
				}
			}
		}
	}
	if faults < 100 {
		t.Errorf("the cases have only %d faults", faults)
	}
}

// tenant is a policy as the chart renders it for a cluster, with places to fill in.
const tenant = `
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: tenant}
spec:
  matchConstraints: {resourceRules: [{apiGroups: [""], apiVersions: [v1], operations: [CREATE], resources: [pods]}]}
  matchConditions: [{name: namespace, expression: %q}]
  variables: [{name: allowed, expression: %q}]
  validations: [{expression: %q, message: refused}]
`

// TestCheckerStillFinds changes literals of a policy that compiled: what the
// compiler looks at is found all the same, and nothing else is compiled again.
func TestCheckerStillFinds(t *testing.T) {
	const (
		condition  = `request.namespace.matches("^(?:a|b)$")`
		allowed    = `request.namespace.matches("^(?:c)$") ? ["x", "y"] : []`
		validation = `"x" in variables.allowed ? true : object.metadata.name in variables.allowed`
	)
	checker := NewChecker()
	find := func(condition, allowed, validation string) string {
		found, err := checker.Check(load(t, "p.yaml", fmt.Sprintf(tenant, condition, allowed, validation)), []string{Newest()})
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, f := range found {
			out = append(out, f.Field+" "+f.Detail)
		}
		return strings.Join(out, "\n")
	}
	shape := func(expression string) string { return newShapes().expression(expression).text }
	if found := find(condition, allowed, validation); found != "" {
		t.Fatal(found)
	}
	for _, tt := range []struct{ name, condition, allowed, validation string }{
		{"names", `request.namespace.matches("^(?:d|e-f)$")`, allowed, validation},
		{"list", condition, `request.namespace.matches("^(?:g)$") ? ["\"", '']: []`, validation},
		{"sought", condition, allowed, `"z" in variables.allowed ? true : object.metadata.name in variables.allowed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if found := find(tt.condition, tt.allowed, tt.validation); found != "" {
				t.Error(found)
			}
			if shape(tt.condition) != shape(condition) || shape(tt.allowed) != shape(allowed) || shape(tt.validation) != shape(validation) {
				t.Error("it has another shape")
			}
		})
	}
	for _, tt := range []struct{ name, condition, allowed, validation, want string }{
		{"pattern", `request.namespace.matches("^(?:a|(b)$")`, allowed, validation, "matchConditions[0].expression"},
		{"later pattern", condition, `request.namespace.matches("[c") ? ["x", "y"] : []`, validation, "variables[0].expression"},
		{"length of a list", condition, `request.namespace.matches("^(?:c)$") ? ["x"] : 1`, validation, "no matching overload for '_?_:_'"},
		{"type in a list", condition, `request.namespace.matches("^(?:c)$") ? ["x", 1] : []`, validation, "variables[0].expression"},
		{"duration", `duration("1h") > duration("x") || request.namespace.matches("a")`, allowed, validation, "invalid duration"},
		{"variable", condition, allowed, `"x" in variables.alowed`, "validations[0].expression"},
		{"type", condition, allowed, `"x" in variables.allowed ? "true" : "false"`, "must evaluate to bool"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for range 2 {
				if found := find(tt.condition, tt.allowed, tt.validation); !strings.Contains(found, tt.want) {
					t.Errorf("found %q, want %q", found, tt.want)
				}
			}
		})
	}
}

// TestCheckerCompilesOnce counts what is compiled of policies of one shape.
func TestCheckerCompilesOnce(t *testing.T) {
	checker := NewChecker()
	for i := range 3 {
		text := fmt.Sprintf(tenant, fmt.Sprintf(`request.namespace.matches("^(?:team-%d)$")`, i), `["x"]`, "true")
		if _, err := checker.Check(load(t, "p.yaml", text), []string{Oldest, Newest()}); err != nil {
			t.Fatal(err)
		}
	}
	const versions, shapes, patterns = 2, 1, 3
	if n := len(checker.compiled); n != versions*(shapes+patterns) {
		t.Errorf("%d things were compiled, want %d", n, versions*(shapes+patterns))
	}
}
