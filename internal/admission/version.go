// Package admission judges manifests by rendered admission policies, and the
// policies themselves, with the API server's own code. It reads objects only as
// YAML and knows nothing of how they were made, so that a wrong conversion
// cannot hide itself.
//
// It has two jobs. Check says what the API server would refuse in the objects:
// CEL that does not compile, and fields outside the limits of the API. A Judge
// says what the API server would answer to a request once the objects are in
// place.
package admission

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
	baseversion "k8s.io/component-base/version"
)

// Oldest is the oldest Kubernetes minor version that Check knows: the first to
// serve admission policies as admissionregistration.k8s.io/v1.
const Oldest = "1.30"

// Newest gives the newest Kubernetes minor version that Check knows: that of
// the API server's code in this build.
func Newest() string { return baseversion.DefaultKubeBinaryVersion }

// environmentVersion gives the version of the CEL environment in which an API
// server of the given minor version compiles an expression that is written to
// it. It is the minor before its own: what one minor accepts must still be
// readable after a rollback by one (environment.DefaultCompatibilityVersion).
func environmentVersion(kubernetes string) (*version.Version, error) {
	v, err := version.ParseGeneric(kubernetes)
	if err != nil || v.Major() != 1 || minor(v).LessThan(version.MustParseGeneric(Oldest)) ||
		minor(v).GreaterThan(version.MustParseGeneric(Newest())) {
		return nil, fmt.Errorf("check objects: Kubernetes version %q is not one of %s to %s", kubernetes, Oldest, Newest())
	}
	return minor(v).SubtractMinor(1), nil
}

func minor(v *version.Version) *version.Version { return version.MajorMinor(v.Major(), v.Minor()) }
