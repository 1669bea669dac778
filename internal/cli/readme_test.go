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

// TestReadme runs the README's transcripts, one after the other in one folder,
// and compares what they show with what happens. The first judges by the chart as
// it is committed, the next makes that anew. Those with the real library
// need it beside the repository, and take it from there instead of from the
// network.
func TestReadme(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	project, err := os.ReadFile("../../vapchart.yaml")
	if err != nil {
		t.Fatal(err)
	}
	library, err := filepath.Abs(libraryPath)
	if err != nil {
		t.Fatal(err)
	}
	lines := makeTarget(t)
	dir := t.TempDir()
	for _, folder := range []string{"charts", "examples", "overlays"} {
		if err := os.CopyFS(filepath.Join(dir, folder), os.DirFS(filepath.Join("../..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if err := os.WriteFile("vapchart.yaml", project, 0o644); err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```console\n(.*?)```").FindAllSubmatch(text, -1)
	if len(blocks) < 3 {
		t.Fatalf("the README has %d transcripts", len(blocks))
	}
	for _, block := range blocks {
		for _, step := range strings.Split(string(block[1]), "$ ")[1:] {
			command, want, _ := strings.Cut(step, "\n")
			got, ran := transcript(t, command, library, lines)
			if !ran {
				break // what follows in the block builds on it
			}
			if got != want {
				t.Errorf("$ %s\ngives\n%s\nthe README shows\n%s", command, got, want)
			}
		}
	}
}

// transcript runs one command line of the README and gives both streams.
func transcript(t *testing.T, command, library string, lines [][]string) (string, bool) {
	t.Helper()
	switch words := strings.Fields(command); {
	case command == "make": // what its first target runs
	case words[0] == "vapchart" && strings.Contains(command, "--ref"):
		if _, err := os.Stat(library); err != nil {
			t.Log("skipped, the upstream library is not here: ", command)
			return "", false
		}
		lines = [][]string{append(words[1:], "--source", library)}
	case words[0] == "vapchart":
		lines = [][]string{words[1:]}
	default:
		t.Fatalf("the README has a transcript of something else: %s", command)
	}
	var out bytes.Buffer
	for _, args := range lines {
		code := cli.Main(context.Background(), args, term.Streams{Out: &out, Err: &out})
		found := code == 3 && args[0] == "check"
		if code != 0 && !found {
			t.Fatalf("vapchart %v: exit code %d\n%s", args, code, out.String())
		}
	}
	return out.String(), true
}

// makeTarget gives the tool's verbs that the Makefile's first target runs.
func makeTarget(t *testing.T) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	var out [][]string
	for _, m := range regexp.MustCompile(`(?m)^all: tool\n((?:\t.*\n)+)`).FindStringSubmatch(string(text))[1:] {
		for _, line := range strings.Split(strings.TrimSpace(m), "\n") {
			out = append(out, strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "@$(BIN) ")))
		}
	}
	return out
}
