package proof_test

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
)

var update = flag.Bool("update", false, "write the messages of testdata/bad-values.txtar anew")

// TestBadValues renders the chart with values that cannot be meant. Each must
// fail with the message that is written down, which names the key; `helm lint`
// must say the same.
func TestBadValues(t *testing.T) {
	file := filepath.Join("testdata", "bad-values.txtar")
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(archive.Files) < 120 {
		t.Errorf("only %d cases", len(archive.Files)/2)
	}
	files := readChart(t)
	for i := 0; i+1 < len(archive.Files); i += 2 {
		name := strings.TrimSuffix(archive.Files[i].Name, ".yaml")
		v := parse(t, string(archive.Files[i].Data))
		_, err := renderChart(files, v)
		if err == nil {
			t.Errorf("%s: renders", name)
			continue
		}
		got := faults(err.Error())
		if *update {
			archive.Files[i+1].Data = []byte(got)
		}
		if want := string(archive.Files[i+1].Data); got != want {
			t.Errorf("%s: got\n%swant\n%s", name, got, want)
		}
		if strings.Contains(got, "nil pointer") || strings.Contains(got, "wrong type for value") {
			t.Errorf("%s: that is no message for a person: %s", name, got)
		}
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// TestLintSaysTheSame holds `helm lint` against the messages of a render, of
// faults that the schema finds and of those that the templates find.
func TestLintSaysTheSame(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	archive, err := txtar.ParseFile(filepath.Join("testdata", "bad-values.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	files := readChart(t)
	for i := 0; i+1 < len(archive.Files); i += 2 {
		if strings.HasSuffix(archive.Files[i].Name, "-a-list.yaml") {
			continue // Helm drops these with a warning before any template sees them
		}
		err := chart.Lint(context.Background(), chartName, files, parse(t, string(archive.Files[i].Data)), admission.Newest())
		if err == nil {
			t.Errorf("%s: lint finds nothing", archive.Files[i].Name)
			continue
		}
		said := strings.ReplaceAll(err.Error(), `\"`, `"`) // Helm quotes what a template says
		for line := range strings.Lines(string(archive.Files[i+1].Data)) {
			if !strings.Contains(said, strings.TrimSpace(line)) {
				t.Errorf("%s: lint does not say %s but\n%s", archive.Files[i].Name, line, said)
			}
		}
	}
}

// faults gives the lines of a message that name what is wrong.
func faults(message string) string {
	var out strings.Builder
	for line := range strings.Lines(message) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "render chart: ") || line == chartName+":" || line == "the values cannot be meant:" || line == "" {
			continue
		}
		out.WriteString(line + "\n")
	}
	if out.Len() == 0 {
		return message + "\n"
	}
	return out.String()
}
