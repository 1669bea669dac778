package probe

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/project"
	"github.com/vapchart/vapchart/internal/pss"
	"github.com/vapchart/vapchart/internal/sample"
	"github.com/vapchart/vapchart/internal/term"
	"github.com/vapchart/vapchart/internal/values"
)

// surveyor knows what the values say and asks the cluster whether it does that.
type surveyor struct {
	cluster    *Cluster
	kubernetes string
	only       []string // namespaces to ask about; none for all
	user       admission.User
	judge      *admission.Judge
	whole      values.Values // with the chart's own
	objects    []Object      // that the values give
	controls   map[string][]string
	offers     []Pod
	samples    []Pod // for exceptions

	ours  map[string]bool // by policy: it is of the release; nil where that is not known
	kept  int             // notes that hold for every pass
	guard sync.Mutex      // guards what follows
	notes []string
}

// newSurveyor reads the values and reaches the cluster. What is wrong with either
// is said together.
func newSurveyor(ctx context.Context, s term.Streams, p *project.Project, f Options) (*surveyor, error) {
	in, inErr := readInputs(s, p, f)
	live, kubernetes, err := connect(ctx, s, f)
	if err := errors.Join(inErr, err); err != nil {
		return nil, err
	}
	v := &surveyor{cluster: live, kubernetes: kubernetes, only: f.Namespaces, controls: map[string][]string{}}
	if in.listed != nil && in.listed.Kubernetes != kubernetes {
		v.note("the cluster runs Kubernetes %s, and %s lists %s with %s", kubernetes, project.File, f.Cluster, in.listed.Kubernetes)
	}
	objs, err := in.objects(p, kubernetes, f.Release)
	if err != nil {
		return nil, err
	}
	if v.whole, err = cluster.Whole(in.files, in.given); err != nil {
		return nil, err
	}
	if v.objects, err = probeObjects(objs); err != nil {
		return nil, err
	}
	if err := v.choosePods(); err != nil {
		return nil, err
	}
	for _, p := range objs.Policies {
		v.controls[p.Name] = strings.Split(p.Annotations[convert.Domain+"controls"], ",")
	}
	v.askWho(ctx)
	v.judge, err = admission.NewJudge(v.withoutParams(objs), admission.Options{Authorize: admission.Grant})
	v.kept = len(v.notes)
	return v, err
}

// askWho finds out for whom the policies judge. Where the cluster does not tell,
// exemptions by name are not seen.
func (v *surveyor) askWho(ctx context.Context) {
	user, err := v.cluster.Whoami(ctx)
	if err != nil {
		v.note("exemptions are not taken into account: %s", err)
		return
	}
	v.user = admission.User{Name: user.Username, UID: user.UID, Groups: user.Groups, Extra: map[string][]string{}}
	for key, values := range user.Extra {
		v.user.Extra[key] = values
	}
}

// withoutParams leaves out policies whose parameters are in the cluster: what
// these say cannot be told from the values.
func (v *surveyor) withoutParams(objs *admission.Objects) *admission.Objects {
	out := *objs
	out.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool {
		if p.Spec.ParamKind != nil {
			v.note("policy %s takes parameters and is not probed", p.Name)
		}
		return p.Spec.ParamKind != nil
	})
	return &out
}

// choosePods makes the pods that are offered.
func (v *surveyor) choosePods() error {
	offers, err := sample.Offers()
	if err != nil {
		return err
	}
	for _, o := range offers {
		v.offers = append(v.offers, Pod{Control: string(o.Control), Text: o.Text, Object: o.Pod})
	}
	for _, e := range sample.ExceptionPods(pss.Probes()[0].Pod, v.whole.Allows()) {
		if e.Key == "" {
			continue // each key is asked for by itself
		}
		v.samples = append(v.samples, Pod{Exception: e.Exception, Key: e.Key, Allowed: e.Allowed, Text: e.Text, Object: e.Pod})
	}
	for _, list := range [][]Pod{v.offers, v.samples} {
		for i := range list {
			list[i].Object.Namespace, list[i].Object.Name = "", "vapchart-probe"
		}
	}
	return nil
}

// note keeps something to be told at the end, once.
func (v *surveyor) note(format string, args ...any) {
	v.guard.Lock()
	defer v.guard.Unlock()
	if text := fmt.Sprintf(format, args...); !slices.Contains(v.notes, text) {
		v.notes = append(v.notes, text)
	}
}
