package migrate

import (
	"context"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/vapchart/vapchart/internal/admission"
	"github.com/vapchart/vapchart/internal/chart"
	"github.com/vapchart/vapchart/internal/cluster"
	"github.com/vapchart/vapchart/internal/compare"
	"github.com/vapchart/vapchart/internal/convert"
	"github.com/vapchart/vapchart/internal/psa"
	"github.com/vapchart/vapchart/internal/tree"
	"github.com/vapchart/vapchart/internal/values"
)

// named is the chart with the values that were made.
type named struct {
	whole values.Values
	objs  *admission.Objects
	judge admission.Ask
}

func newNamed(files tree.Tree, given map[string]any, kubernetes string) (*named, error) {
	whole, err := cluster.Whole(files, given)
	if err != nil {
		return nil, err
	}
	objs, err := cluster.Render(files, given, kubernetes)
	if err != nil {
		return nil, err
	}
	judge, err := compare.Answerer(objs)
	return &named{whole, objs, judge}, err
}

// labelled is the cluster as it reads the labels now.
type labelled struct {
	*named
	scheme Scheme
	tries  []psa.Pod
	known  map[string][]string // what needed found
}

// newLabelled renders the chart for label binding. The hand-made scheme knows no
// values, so of these only the chart's own say which namespaces stay out.
func newLabelled(i *importer) (*labelled, error) {
	given := chart.Merge(i.target.all(), map[string]any{"namespaceBinding": "label", "labelDomain": i.scheme.Domain})
	if i.scheme.Dialect == HandMade {
		delete(given, "namespaces")
	}
	by, err := newNamed(i.chart, given, i.target.kubernetes)
	if err != nil {
		return nil, err
	}
	i.scheme.Open = by.whole.Open
	l := &labelled{named: by, scheme: i.scheme, known: map[string][]string{}}
	l.tries, err = psa.AllowedPods(by.whole)
	return l, err
}

// needed gives the rules that refuse what an exception allows while it is not in
// force, in a namespace with these labels.
func (l *labelled) needed(ctx context.Context, n Namespace, name string) ([]string, error) {
	same := name + " " + l.scheme.Sign(n)
	if out, ok := l.known[same]; ok {
		return out, nil
	}
	var out []string
	for _, t := range l.tries {
		if t.Exception != name {
			continue
		}
		answer, err := l.judge(ctx, t.Object, admission.NewNamespace(n.Name, l.scheme.Plain(n.Map())))
		if err != nil {
			return nil, err
		}
		for _, d := range answer.Denied {
			out = append(out, convert.RuleOf(d.Policy, d.Annotations))
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	l.known[same] = out
	return out, nil
}

// asNow gives the judge of the labels as the cluster reads them now. In the
// hand-made scheme an exception takes the place of the rules that are excluded for
// it, and of no other: so those are asked with it in force, and all others without.
// Covered are these rules, by namespace.
func (l *labelled) asNow(covered map[string][]string) (admission.Ask, error) {
	if l.scheme.Dialect == OfChart {
		return l.judge, nil
	}
	instead := map[string]admission.Ask{} // by namespace; those of the same rules share one
	same := map[string]admission.Ask{}
	for namespace, rules := range covered {
		key := strings.Join(rules, " ")
		if len(rules) > 0 && same[key] == nil {
			var err error
			if same[key], err = l.ofRules(rules); err != nil {
				return nil, err
			}
		}
		instead[namespace] = same[key]
	}
	return func(ctx context.Context, object *unstructured.Unstructured, in *corev1.Namespace) (admission.Answer, error) {
		out, err := l.judge(ctx, object, admission.NewNamespace(in.Name, l.scheme.Plain(in.Labels)))
		judge := instead[in.Name]
		if err != nil || judge == nil {
			return out, err
		}
		more, err := judge(ctx, object, admission.NewNamespace(in.Name, l.scheme.Covering(in.Labels, covered[in.Name])))
		return out.And(more), err
	}, nil
}

// ofRules gives the judge by some of the rules alone.
func (l *labelled) ofRules(rules []string) (admission.Ask, error) {
	objs := *l.objs
	objs.Policies = slices.DeleteFunc(slices.Clone(objs.Policies), func(p admission.Policy) bool {
		return !slices.Contains(rules, convert.RuleOf(p.Name, p.Annotations))
	})
	return compare.Answerer(&objs)
}
