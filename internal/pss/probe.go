package pss

import (
	"slices"

	corev1 "k8s.io/api/core/v1"

	"github.com/vapchart/vapchart/internal/policy"
)

// Probe is a pod that stands one small step away from a compliant one: either
// just allowed or just refused. Which of the two is the oracle's to say.
type Probe struct {
	Name    string           // unique; "<control>/<step>", "@<container>" behind it where there are several
	About   []policy.Control // the controls whose border it tries; may be none for a shape
	Text    string           // completes "admits a pod …"
	Pod     *corev1.Pod      // as it reaches admission; not to be changed
	isShape bool             // is a shape itself
	shape   int              // index of the probe it is a step away from; its own for a shape
}

// Shape tells whether the probe is a whole pod of its own, which complies with all, and
// no step away from one.
func (p Probe) Shape() bool { return p.isShape }

// step makes a probe of a shape.
type step struct {
	about      []policy.Control
	shape      string
	name, text string
	applyToPod func(*corev1.Pod)
}

// Probes gives all probes, always in the same order: the shapes first, then
// the steps control by control, the most telling ones of each in front.
func Probes() []Probe {
	shapes, steps := shapes(), steps()
	out := make([]Probe, 0, len(shapes)+len(steps))
	index := map[string]int{}
	builders := map[string]func() *corev1.Pod{}
	for i, s := range shapes {
		index[s.name], builders[s.name] = i, s.build
		out = append(out, Probe{Name: "shape/" + s.name, About: s.about, Text: s.text, Pod: s.build(), isShape: true, shape: i})
	}
	for _, s := range steps {
		pod := builders[s.shape]()
		s.applyToPod(pod)
		name := string(s.about[0]) + "/" + s.name
		out = append(out, Probe{Name: name, About: s.about, Text: s.text, Pod: pod, shape: index[s.shape]})
	}
	return out
}

func steps() []step {
	return slices.Concat(
		appArmorSteps(),
		capabilitySteps(),
		hostNamespaceSteps(),
		hostPortSteps(),
		hookSteps(),
		privilegedSteps(),
		procMountSteps(),
		seLinuxSteps(),
		seccompSteps(),
		sysctlSteps(),
		volumeSteps(),
		windowsSteps(),
		escalationSteps(),
		nonRootSteps(),
		userSteps(),
		bareSteps(),
	)
}

// change is a step within one container.
type change struct {
	name, text string
	apply      func(*corev1.Container)
}

// inEach makes every change in every one of the places, one probe each.
func inEach(places []place, about []policy.Control, changes ...change) []step {
	out := make([]step, 0, len(places)*len(changes))
	for _, c := range changes {
		for _, p := range places {
			out = append(out, step{
				about: about,
				shape: p.shape,
				name:  c.name + "@" + p.name,
				text:  "with " + c.text + " in " + p.text,
				applyToPod: func(pod *corev1.Pod) {
					c.apply(p.find(pod))
				},
			})
		}
	}
	return out
}

// podStep is a step at the pod's own level, from the shape of one container.
func podStep(about policy.Control, name, text string, apply func(*corev1.Pod)) step {
	return step{[]policy.Control{about}, plain, name, text, apply}
}

// from gives the step the same change from another shape.
func (s step) from(shape, name, text string) step {
	s.shape, s.name, s.text = shape, s.name+name, s.text+text
	return s
}

func about(c ...policy.Control) []policy.Control { return c }
