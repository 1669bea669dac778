package cli

import (
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/vapchart/vapchart/internal/admission"
)

// TestVersionLines wants what Go recorded, and no line of what it did not.
func TestVersionLines(t *testing.T) {
	kubernetes := "[kubernetes 1.30 to " + admission.Newest() + "] [standard v1."
	for want, info := range map[string]*debug.BuildInfo{
		kubernetes: {},
		"[revision abc, with changes] [go 1.99] [k8s.io v0.37.2] [helm v3.22.0] " + kubernetes: {
			GoVersion: "go1.99",
			Settings:  []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.modified", Value: "true"}},
			Deps:      []*debug.Module{{Path: "k8s.io/apiserver", Version: "v0.37.2"}, {Path: "helm.sh/helm/v3", Version: "v3.22.0"}},
		},
	} {
		if got := fmt.Sprint(versionLines(info)[1:]); !strings.HasPrefix(got, "["+want) {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
