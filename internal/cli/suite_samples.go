package cli

import (
	"encoding/json"
	"fmt"
	"path"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chainsaw"
	"github.com/vapchart/vapchart/internal/manifest"
	"github.com/vapchart/vapchart/internal/policy"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/upstream"
)

// samplesOf gives each rule of the chart with the probes of its controls, and with
// the resources of upstream's tests of the policy that it was made from or takes
// the place of.
func (t tested) samplesOf(controllers bool) []chainsaw.Rule {
	var out []chainsaw.Rule
	for _, r := range t.rules {
		rule := chainsaw.Rule{Name: r.Name, Profile: r.Profile, Controls: r.Controls}
		for _, p := range t.probes {
			about := len(r.Controls) == 0 || len(p.About) == 0 ||
				slices.ContainsFunc(p.About, func(c policy.Control) bool { return slices.Contains(r.Controls, c) })
			if !about {
				continue
			}
			// Of a rule without controls nobody knows what it refuses.
			refused := len(r.Controls) == 0 ||
				slices.ContainsFunc(r.Controls, func(c policy.Control) bool { return t.oracle.Refuses(c, p.Pod) })
			rule.Samples = append(rule.Samples, chainsaw.Sample{
				Name: p.Name, Text: "a pod " + p.Text, Object: p.Pod, Refused: refused, Plain: len(r.Controls) > 0 && len(p.About) == 0,
			})
		}
		i := slices.IndexFunc(t.upstream, func(u policy.Rule) bool { return u.Name == r.Name })
		if i >= 0 {
			file := t.upstream[i].Origin.Path
			rule.Samples = append(rule.Samples, t.fromUpstream(file, controllers)...)
			for _, u := range t.upstream {
				if u.Origin.Path == file && u.Name != r.Name {
					rule.Siblings = append(rule.Siblings, u.Name)
				}
			}
		}
		out = append(out, rule)
	}
	return out
}

// fromUpstream gives the pods of a policy's own tests that are named good or bad,
// and where controllers are denied what makes pods too.
func (t tested) fromUpstream(policyFile string, controllers bool) []chainsaw.Sample {
	var out []chainsaw.Sample
	for _, r := range testResources(t.vendored, policyFile) {
		if _, pod := r.object.(*corev1.Pod); !pod && !controllers {
			continue
		}
		says := r.name + " " + path.Base(r.file)
		bad, good := strings.Index(says, "bad"), strings.Index(says, "good")
		if bad < 0 && good < 0 {
			continue
		}
		out = append(out, chainsaw.Sample{
			Name: r.name, Text: r.kind + " " + r.name, Object: r.object, Origin: r.file,
			Refused: good < 0 || bad >= 0 && bad < good,
		})
	}
	return out
}

// testResource is a pod of an upstream test, or what makes pods.
type testResource struct {
	object           runtime.Object
	kind, name, file string
}

// testResources gives those of a policy's own tests. What does not decode is left out:
// an API server would refuse it for that.
func testResources(vendored tree.Tree, policyFile string) []testResource {
	var out []testResource
	for _, file := range upstream.Tests(vendored, policyFile) {
		docs, err := manifest.Split(file, vendored[file])
		if err != nil {
			continue
		}
		for _, doc := range docs {
			object, name, err := typedObject(doc)
			if err != nil || object == nil {
				continue
			}
			_, kind := doc.TypeMeta()
			out = append(out, testResource{object, kind, name, file})
		}
	}
	return out
}

// typedObject gives the object of a document as it is written there, without the
// API's defaults, if it is a pod or makes some; nil for other kinds.
func typedObject(doc manifest.Document) (object runtime.Object, name string, err error) {
	apiVersion, kind := doc.TypeMeta()
	switch apiVersion + " " + kind {
	case "v1 Pod":
		object = &corev1.Pod{}
	case "apps/v1 Deployment":
		object = &appsv1.Deployment{}
	case "apps/v1 StatefulSet":
		object = &appsv1.StatefulSet{}
	case "apps/v1 DaemonSet":
		object = &appsv1.DaemonSet{}
	case "batch/v1 Job":
		object = &batchv1.Job{}
	case "batch/v1 CronJob":
		object = &batchv1.CronJob{}
	default:
		return nil, "", nil
	}
	strict, err := admission.Decode(doc) // finds fields that there are not
	if err != nil {
		return nil, "", err
	}
	data, err := doc.JSON()
	if err == nil {
		err = json.Unmarshal(data, object)
	}
	if err != nil {
		return nil, "", fmt.Errorf("read %s: %w", doc.File, err)
	}
	if named, ok := object.(interface{ SetNamespace(string) }); ok {
		named.SetNamespace("")
	}
	return object, strict.GetName(), nil
}
