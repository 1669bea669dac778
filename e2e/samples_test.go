package e2e_test

import (
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	samplepods "github.com/vapchart/vapchart/internal/sample"
)

// TestSamplesAreValid offers every probe to an API server without policies: what
// Valid lets pass it must take, or a generated test would fail for no policy's
// sake.
func TestSamplesAreValid(t *testing.T) {
	t.Parallel()
	const name = "valid-samples"
	w := takeClean(t)
	namespace(t, w, name, nil)
	taken, missed := 0, 0
	for _, p := range samplepods.Creatable() {
		got := create(t, w.control.Config, typed(t, p.Pod), name, true)
		switch {
		case !samplepods.Valid(p.Pod, "1.36"):
			if got.err == nil {
				missed++
			}
		case apierrors.IsInvalid(got.err):
			t.Errorf("%s: %v", p.Name, got.err)
		case got.err != nil:
			t.Fatal(got.err)
		default:
			taken++
		}
	}
	t.Logf("the server takes %d probes, and %d more that Valid does not know to be valid", taken, missed)
	if taken < 200 || missed > 20 {
		t.Error("that leaves too little")
	}
}
