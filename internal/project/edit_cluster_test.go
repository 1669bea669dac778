package project_test

import (
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/project"
)

// TestAddCluster writes a cluster into lists of every layout. What is new stands
// between the bars; nothing else changes.
func TestAddCluster(t *testing.T) {
	for name, text := range map[string]string{
		"no list":               "standard: strict # ours|\nclusters:\n  - {name: c, group: g, kubernetes: \"1.34\"}|\n",
		"no list and no end":    "standard: strict|\nclusters:\n  - {name: c, group: g, kubernetes: \"1.34\"}\n|",
		"nothing behind it":     "clusters: # none yet|\n  - {name: c, group: g, kubernetes: \"1.34\"}|\nstandard: strict\n",
		"on one line each":      "clusters: # ours\n  - {name: a, kubernetes: \"1.33\"} # first\n  - {name: b, kubernetes: \"1.33\"} # second|\n  - {name: c, group: g, kubernetes: \"1.34\"}|\n# the end\nstandard: strict\n",
		"without indentation":   "clusters:\n- {name: a, kubernetes: \"1.33\"}|\n- {name: c, group: g, kubernetes: \"1.34\"}|\n\nstandard: strict\n",
		"over lines":            "clusters:\n  -   name: a # first\n      kubernetes: \"1.33\"|\n  -   name: c\n      group: g\n      kubernetes: \"1.34\"|\n\n# the end\n",
		"in brackets":           "clusters: [{name: a, kubernetes: \"1.33\"}|, {name: c, group: g, kubernetes: \"1.34\"}|] # all\nstandard: strict\n",
		"in brackets over more": "clusters: [\n  {name: a, kubernetes: \"1.33\"}, # a ] in a comment\n  {name: \"b\", kubernetes: '1.33'}|,\n  {name: c, group: g, kubernetes: \"1.34\"}|\n]\n",
		"no line end":           "clusters:\n  - {name: a, kubernetes: \"1.33\"}|\n  - {name: c, group: g, kubernetes: \"1.34\"}\n|",
	} {
		t.Run(name, func(t *testing.T) {
			parts := strings.Split(header+text, "|")
			after, err := project.AddCluster("vapchart.yaml", []byte(parts[0]+parts[2]), project.Cluster{Name: "c", Group: "g", Kubernetes: "1.34"})
			if want := strings.Join(parts, ""); err != nil || string(after) != want {
				t.Errorf("got\n%s%v\nwant\n%s", after, err, want)
			}
		})
	}
	for before, want := range map[string]string{
		"clusters: [] # none\nstandard: strict\n": "clusters: # none\n  - {name: c, kubernetes: \"1.34\"}\nstandard: strict\n",
		"clusters: [ ]\n":                         "clusters:\n  - {name: c, kubernetes: \"1.34\"}\n",
	} {
		after, err := project.AddCluster("vapchart.yaml", []byte(header+before), project.Cluster{Name: "c", Kubernetes: "1.34"})
		if err != nil || string(after) != header+want {
			t.Errorf("got\n%s%v\nwant\n%s", after, err, header+want)
		}
	}
}

func TestAddClusterRefuses(t *testing.T) {
	const list = header + "clusters:\n  - {name: a, group: g, kubernetes: \"1.33\"}\n"
	for name, c := range map[string]struct {
		before  string
		cluster project.Cluster
		want    string
	}{
		"a name that is taken": {list, project.Cluster{Name: "a", Kubernetes: "1.33"}, `"a" is there twice`},
		"the name of a group":  {list, project.Cluster{Name: "g", Kubernetes: "1.33"}, `"g": overlays/g is for the values that clusters share`},
		"a cluster as a group": {list, project.Cluster{Name: "b", Group: "a", Kubernetes: "1.33"}, `"a": overlays/a is for the values that clusters share`},
		"a bad name":           {list, project.Cluster{Name: "A", Kubernetes: "1.33"}, `clusters[1].name is "A"`},
		"an old version":       {list, project.Cluster{Name: "b", Kubernetes: "1.29"}, `clusters[1].kubernetes is "1.29"`},
		"a broken file":        {header + "clusters: {\n", project.Cluster{Name: "b", Kubernetes: "1.33"}, "add cluster: vapchart.yaml:"},
		"a list out of reach": {header + "clusters:\n  - {name: a,\n     kubernetes: \"1.33\"\n    }\n", project.Cluster{Name: "b", Kubernetes: "1.33"},
			`add cluster: vapchart.yaml:4: the list cannot be changed in place: write {name: b, kubernetes: "1.33"} into it`},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := project.AddCluster("vapchart.yaml", []byte(c.before), c.cluster)
			if err == nil || !strings.Contains(err.Error(), c.want) || out != nil {
				t.Errorf("got %s, %v, want %s", out, err, c.want)
			}
		})
	}
}
