package cli_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/cli"
	"github.com/vapchart/vapchart/internal/term"
)

// TestClustersDoc follows docs/clusters.md in a copy of this repository: it runs
// the transcripts, and applies the differences unless a command made them already.
func TestClustersDoc(t *testing.T) {
	if testing.Short() {
		t.Skip("a long proof: make proof runs it")
	}
	text, err := os.ReadFile("../../docs/clusters.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"overlays", "charts", "examples"} {
		if err := os.CopyFS(filepath.Join(dir, name), os.DirFS(filepath.Join("../..", name))); err != nil {
			t.Fatal(err)
		}
	}
	project, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	if err := os.WriteFile("vapchart.yaml", project, 0o644); err != nil {
		t.Fatal(err)
	}
	applied := map[bool]int{}
	blocks := regexp.MustCompile("(?s)```(console|diff)\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	for _, block := range blocks {
		if block[1] == "diff" {
			for _, file := range strings.Split(block[2], "--- ")[1:] {
				applied[applyHunk(t, file)]++
			}
			continue
		}
		for _, step := range strings.Split(block[2], "$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			var out bytes.Buffer
			cli.Main(context.Background(), strings.Fields(command)[1:], term.Streams{Out: &out, Err: &out})
			if out.String() != want {
				t.Errorf("$ %s\ngives\n%s\nthe page shows\n%s", command, out.String(), want)
			}
		}
	}
	if applied[true] != 1 || applied[false] != 3 {
		t.Errorf("differences by hand and those made by commands: %v", applied)
	}
}

// applyHunk changes a file as one hunk says. It gives false if the file is so
// already.
func applyHunk(t *testing.T, hunk string) bool {
	t.Helper()
	lines := strings.SplitAfter(hunk, "\n")
	name := strings.TrimSpace(strings.TrimPrefix(lines[1], "+++ b/"))
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var before, after strings.Builder
	for _, line := range lines[3:] {
		if rest, ok := strings.CutPrefix(line, "+"); ok {
			after.WriteString(rest)
		} else if line != "" {
			before.WriteString(line[1:])
			after.WriteString(line[1:])
		}
	}
	if before.Len() == 0 && string(text) != after.String() {
		t.Errorf("%s is\n%s", name, text)
	}
	if strings.Contains(string(text), after.String()) {
		return false
	}
	if strings.Count(string(text), before.String()) != 1 {
		t.Fatalf("%s does not hold\n%s", name, before.String())
	}
	changed := strings.Replace(string(text), before.String(), after.String(), 1)
	if err := os.WriteFile(name, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	return true
}
