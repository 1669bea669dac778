package cli

import (
	"errors"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/term"
)

func newVersion(s term.Streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "what the tool was built from, and which versions of Kubernetes it knows",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			info, ok := debug.ReadBuildInfo()
			if !ok {
				info = &debug.BuildInfo{}
			}
			var errs []error
			for _, line := range versionLines(info) {
				errs = append(errs, s.Result("%-11s %s", line[0], line[1]))
			}
			return errors.Join(errs...)
		},
	}
}

// versionLines returns names and versions, without those that Go did not record.
func versionLines(info *debug.BuildInfo) [][2]string {
	recorded := map[string]string{}
	for _, setting := range info.Settings {
		recorded[setting.Key] = setting.Value
	}
	for _, m := range info.Deps {
		recorded[m.Path] = m.Version
	}
	revision := recorded["vcs.revision"]
	if recorded["vcs.modified"] == "true" {
		revision += ", with changes"
	}
	breakpoints := pss.Breakpoints()
	var out [][2]string
	for _, line := range [][2]string{
		{"vapchart", term.Version()}, {"revision", revision}, {"go", strings.TrimPrefix(info.GoVersion, "go")},
		{"k8s.io", recorded["k8s.io/apiserver"]}, {"helm", recorded["helm.sh/helm/v3"]},
		{"kubernetes", admission.Oldest + " to " + admission.Newest()}, {"standard", breakpoints[len(breakpoints)-1]},
	} {
		if line[1] != "" {
			out = append(out, line)
		}
	}
	return out
}
