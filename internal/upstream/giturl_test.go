package upstream

import (
	"testing"

	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/project"
)

func TestURLNames(t *testing.T) {
	for raw, want := range map[string]string{
		"https://github.com/kyverno/policies":            "https://github.com/kyverno/policies",
		"https://github.com/kyverno/policies.git":        "https://github.com/kyverno/policies",
		"HTTPS://GitHub.com/kyverno/policies.git//":      "https://github.com/kyverno/policies",
		"https://user:pass@github.com/kyverno/policies/": "https://github.com/kyverno/policies",
		"http://token@localhost:8080/a%20b.git":          "http://localhost:8080/a%20b",
		"https://[::1]:8443/x":                           "https://[::1]:8443/x",
		"file:///srv/git/policies.git":                   "file:///srv/git/policies",
		"file:///home/me/policies/.git":                  "file:///home/me/policies",
		"file://localhost/srv/policies":                  "file://localhost/srv/policies",
	} {
		r, err := parseURL(raw)
		if err != nil || r.name != want {
			t.Errorf("%s: %q and %v, want %q", raw, r.name, err, want)
		}
		if r.url != nil && r.url.User != nil {
			t.Errorf("%s: the url holds credentials", raw)
		}
	}
}

func TestURLRefusals(t *testing.T) {
	tests := map[string][]string{
		"git@github.com:kyverno/policies.git": {"no scheme", "write https://github.com/kyverno/policies"},
		"github.com:kyverno/policies":         {"no scheme", "write https://github.com/kyverno/policies"},
		"../policies":                         {"no scheme", "file:///path", "directory"},
		"":                                    {"no scheme"},
		"ssh://git:s3cret@github.com/kyverno/policies": {"ssh is not supported", "write https://github.com/kyverno/policies"},
		"git://github.com/kyverno/policies":            {`scheme "git" is not supported`, "https://"},
		"ftp://robot:s3cret@host/x":                    {`scheme "ftp" is not supported`},
		"https://robot:s3cret%zz@host/x":               {"cannot be parsed", "percent-encoding"},
		"https://robot:s3cret/with/slash@host/x":       {"cannot be parsed"},
		"https://s3cret/token@host/x":                  {"an @ behind its host", "percent-encoding"},
		"https://s3cret?token@host/x":                  {"query or a fragment"},
		"https://host:port/s3cret":                     {"cannot be parsed"},
		"robot:s3cret@host/x":                          {"no scheme"},
		"https://host/x?private_token=s3cret":          {"query or a fragment"},
		"https://host/x#s3cret":                        {"query or a fragment"},
		"https:///x":                                   {"names no host"},
		"https://host":                                 {"names no repository"},
		"https://host/":                                {"names no repository"},
		"file://srv/git":                               {`names the host "srv"`, "three slashes"},
		"file:///":                                     {"names no repository"},
	}
	for raw, words := range tests {
		_, err := Fetch(t.Context(), git(raw, "main"), both(), Options{})
		wantError(t, err, words...)
		wantNoSecret(t, err)
	}
}

// What a source is asked for and what is fetched from it go by the same name.
func TestPinOf(t *testing.T) {
	for _, tt := range []struct {
		src  project.Upstream
		want policy.Pin
	}{
		{git("https://u:p@host/x.git", "main"), policy.Pin{Source: "https://host/x", Ref: "main"}},
		{project.Upstream{Directory: &project.Directory{Path: "../lib", Ref: "r"}}, policy.Pin{Source: "../lib", Ref: "r"}},
		{project.Upstream{Builtin: &project.Builtin{}}, policy.Pin{Source: "builtin"}},
	} {
		if got := PinOf(tt.src); got != tt.want {
			t.Errorf("pin %+v, want %+v", got, tt.want)
		}
	}
}
