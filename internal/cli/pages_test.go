package cli

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/term"
)

// page compares a page of docs/ with what it has to be, or writes it with
// UPDATE_SCRIPTS set, as `make update` does.
func page(t *testing.T, name string, want []byte) {
	t.Helper()
	path := "../../docs/" + name
	if os.Getenv("UPDATE_SCRIPTS") != "" {
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the commands make of it; run make update (%v)", path, err)
	}
}

// TestFlagsPage holds docs/flags.md against the commands.
func TestFlagsPage(t *testing.T) {
	root := newRoot(term.Streams{})
	var out bytes.Buffer
	fmt.Fprintf(&out, "# Flags\n\n<!-- Written by make update from the commands. -->\n\nEvery verb takes\n\n```\n%s```\n",
		root.PersistentFlags().FlagUsages())
	flagsOf(&out, root)
	page(t, "flags.md", out.Bytes())
}

// flagsOf writes a section for each command below one.
func flagsOf(out *bytes.Buffer, parent *cobra.Command) {
	for _, cmd := range parent.Commands() {
		flagsOf(out, cmd)
		if cmd.HasSubCommands() || !cmd.IsAvailableCommand() {
			continue
		}
		fmt.Fprintf(out, "\n## %s\n\n`%s`: %s\n", cmd.CommandPath(), strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.Short)
		if usages := cmd.LocalFlags().FlagUsages(); usages != "" {
			fmt.Fprintf(out, "\n```\n%s```\n", usages)
		}
		if _, codes, found := strings.Cut(cmd.Long, "Exit codes: "); found {
			fmt.Fprintf(out, "\nExit codes: %s\n", strings.TrimSpace(codes))
		}
	}
}
