// Package pss owns the Pod Security Standards: which controls they hold, the
// evaluator of Pod Security Admission (PSA) as the oracle of what a control
// refuses, and pods of its own making that step around what each one allows.
// With these it finds out which control a rule implements, where a set of rules
// deviates from the standard, and how the built-in rules make good for it: at one
// version of the standard, or at all of them at once.
package pss

import (
	"cmp"
	"slices"

	"k8s.io/pod-security-admission/api"
	pspolicy "k8s.io/pod-security-admission/policy"

	"github.com/vapchart/vapchart/internal/policy"
)

// Latest is the newest version of the standard that this build knows.
const Latest = "latest"

// Info is one control in the revision that a version of the standard holds.
type Info struct {
	ID        policy.Control
	Profile   policy.Profile   // the first profile that holds it: baseline or restricted
	Title     string           // a few words for people
	Since     string           // the version that brought this revision, such as "v1.35"
	Overrides []policy.Control // baseline controls that it takes the place of in restricted
}

// Controls gives the controls of the newest version: baseline before
// restricted, each by ID.
func Controls() []Info { return infos(checksAt(api.LatestVersion())) }

// check is a control with PSA's judgement of it.
type check struct {
	Info
	judge pspolicy.CheckPodFn
}

// checksAt gives PSA's default checks as a version of the standard holds them,
// in the order of Controls.
func checksAt(v api.Version) []check {
	var out []check
	for _, c := range pspolicy.DefaultChecks() {
		rev, ok := revision(c, v)
		if !ok {
			continue
		}
		info := Info{
			ID:      policy.Control(c.ID),
			Profile: policy.Profile(c.Level),
			Title:   title(policy.Control(c.ID)),
			Since:   rev.MinimumVersion.String(),
		}
		for _, id := range rev.OverrideCheckIDs {
			info.Overrides = append(info.Overrides, policy.Control(id))
		}
		out = append(out, check{info, rev.CheckPod})
	}
	slices.SortFunc(out, func(a, b check) int {
		return cmp.Or(cmp.Compare(a.Profile, b.Profile), cmp.Compare(a.ID, b.ID))
	})
	return out
}

// revision gives the revision of a check that version v holds; ok is
// false where the check itself is.
func revision(c pspolicy.Check, v api.Version) (rev pspolicy.VersionedCheck, ok bool) {
	for _, r := range c.Versions {
		if !v.Older(r.MinimumVersion) {
			rev, ok = r, true
		}
	}
	return rev, ok
}

func infos(checks []check) []Info {
	out := make([]Info, 0, len(checks))
	for _, c := range checks {
		out = append(out, c.Info)
	}
	return out
}

// title names a control for people; one that is new to this build goes by its
// ID.
func title(c policy.Control) string {
	titles := map[policy.Control]string{
		"allowPrivilegeEscalation":   "Privilege escalation",
		"appArmorProfile":            "AppArmor profiles",
		"capabilities_baseline":      "Added capabilities",
		"capabilities_restricted":    "Dropped and added capabilities",
		"hostNamespaces":             "Host namespaces",
		"hostPathVolumes":            "Host path volumes",
		"hostPorts":                  "Host ports",
		"hostProbesAndHostLifecycle": "Hosts in probes and lifecycle hooks",
		"privileged":                 "Privileged containers",
		"procMount":                  "/proc mount",
		"procMount_restricted":       "/proc mount, in user namespaces too",
		"restrictedVolumes":          "Volume types",
		"runAsNonRoot":               "Running as non-root",
		"runAsUser":                  "User ID 0",
		"seLinuxOptions":             "SELinux options",
		"seccompProfile_baseline":    "Seccomp profiles that are set",
		"seccompProfile_restricted":  "Seccomp profiles, required",
		"sysctls":                    "Sysctls",
		"windowsHostProcess":         "Windows HostProcess",
	}
	return cmp.Or(titles[c], string(c))
}
