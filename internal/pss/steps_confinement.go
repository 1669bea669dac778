package pss

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
)

func appArmorSteps() []step {
	profile := func(t corev1.AppArmorProfileType) *corev1.AppArmorProfile {
		p := &corev1.AppArmorProfile{Type: t}
		if t == corev1.AppArmorProfileTypeLocalhost {
			p.LocalhostProfile = new("probe")
		}
		return p
	}
	var out []step
	try := func(places []place, t corev1.AppArmorProfileType) {
		what := "AppArmor profile " + string(t)
		out = append(out, podStep("appArmorProfile", "pod-"+string(t), "with "+what+" for the whole pod", func(p *corev1.Pod) {
			podContextOf(p).AppArmorProfile = profile(t)
		}))
		out = append(out, inEach(places, about("appArmorProfile"), change{string(t), what, func(c *corev1.Container) {
			contextOf(c).AppArmorProfile = profile(t)
		}})...)
	}
	try(everywhere(), corev1.AppArmorProfileTypeUnconfined)
	try(app(), corev1.AppArmorProfileTypeRuntimeDefault)
	try(everywhere(), corev1.AppArmorProfileTypeLocalhost)
	return append(out, appArmorAnnotations()...)
}

// appArmorAnnotations tries the form from before Kubernetes 1.30.
func appArmorAnnotations() []step {
	var out []step
	annotate := func(container, value string) {
		key := corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix + container
		shown := cmp.Or(value, `""`)
		s := podStep("appArmorProfile", "annotation-"+shown+"@"+container,
			"with AppArmor annotation "+shown+" for container "+container, func(p *corev1.Pod) {
				p.Annotations = map[string]string{"probe.example/other": "unconfined", key: value}
			})
		s.shape = everyKind
		out = append(out, s)
	}
	for _, c := range []string{"app", "second", "init", "debug"} {
		annotate(c, "unconfined")
	}
	for _, v := range []string{"docker/default", "localhost", "runtime/default", "localhost/probe", ""} {
		annotate("app", v)
	}
	return append(out, podStep("appArmorProfile", "other-annotation", "with an annotation of no meaning", func(p *corev1.Pod) {
		p.Annotations = map[string]string{"probe.example/other": "unconfined"}
	}))
}

// seccompSteps puts what is unset first: it is what tells the profiles apart.
func seccompSteps() []step {
	baseline, both := about("seccompProfile_baseline"), about("seccompProfile_restricted", "seccompProfile_baseline")
	profile := func(t corev1.SeccompProfileType) *corev1.SeccompProfile {
		p := &corev1.SeccompProfile{Type: t}
		if t == corev1.SeccompProfileTypeLocalhost {
			p.LocalhostProfile = new("probe.json")
		}
		return p
	}
	set := func(t corev1.SeccompProfileType) change {
		return change{string(t), "seccomp profile " + string(t), func(c *corev1.Container) {
			contextOf(c).SeccompProfile = profile(t)
		}}
	}
	setPod := func(t corev1.SeccompProfileType) step {
		s := podStep("seccompProfile_restricted", "pod-"+string(t), "with seccomp profile "+string(t)+" for the whole pod",
			func(p *corev1.Pod) { podContextOf(p).SeccompProfile = profile(t) })
		s.about = both
		return s
	}
	unconfined := setPod(corev1.SeccompProfileTypeUnconfined)
	out := []step{
		podStep("seccompProfile_restricted", "unset", "whose seccomp profile is unset", func(p *corev1.Pod) {
			podContextOf(p).SeccompProfile = nil
		}),
		unconfined,
		unconfined.from(ownSettings, "-over-set", " whose containers name theirs"),
		setPod(corev1.SeccompProfileTypeLocalhost),
	}
	out = append(out, inEach(inShape(ownSettings, everywhere()), both,
		change{"unset", "no seccomp profile for the pod nor", func(c *corev1.Container) {
			contextOf(c).SeccompProfile = nil
		}})...)
	out = append(out, inEach(everywhere(), both, set(corev1.SeccompProfileTypeUnconfined))...)
	out = append(out, inEach(app(), both, set(corev1.SeccompProfileTypeLocalhost))...)
	out = append(out, inEach(inShape(bare, app()), baseline, set(corev1.SeccompProfileTypeRuntimeDefault))...)
	return append(out, seccompAnnotations()...)
}

// seccompAnnotations tries the form from before Kubernetes 1.19, which later
// versions of the standard do not look at.
func seccompAnnotations() []step {
	var out []step
	annotate := func(key, value, place string) {
		shown := cmp.Or(value, `""`)
		s := podStep("seccompProfile_baseline", "annotation-"+shown+"@"+cmp.Or(place, "pod"),
			"with seccomp annotation "+shown+" for "+cmp.Or(place, "the whole pod"), func(p *corev1.Pod) {
				p.Annotations = map[string]string{"probe.example/other": "unconfined", key: value}
			})
		s.shape = everyKind
		out = append(out, s)
	}
	for _, c := range []string{"app", "second", "init", "sidecar", "debug", "nobody"} {
		annotate(corev1.SeccompContainerAnnotationKeyPrefix+c, "unconfined", "container "+c)
	}
	for _, v := range []string{"unconfined", "runtime/default", "docker/default", "localhost/probe.json", "localhost", "RuntimeDefault", ""} {
		annotate(corev1.SeccompPodAnnotationKey, v, "")
	}
	annotate(corev1.SeccompContainerAnnotationKeyPrefix+"app", "runtime/default", "container app")
	annotate(corev1.SeccompContainerAnnotationKeyPrefix+"app", "", "container app")
	return out
}

func seLinuxSteps() []step {
	control := about("seLinuxOptions")
	var out []step
	try := func(places []place, name string, o corev1.SELinuxOptions) {
		what := "SELinux " + name
		out = append(out, podStep("seLinuxOptions", "pod-"+name, "with "+what+" for the whole pod", func(p *corev1.Pod) {
			podContextOf(p).SELinuxOptions = new(o)
		}))
		out = append(out, inEach(places, control, change{name, what, func(c *corev1.Container) {
			contextOf(c).SELinuxOptions = new(o)
		}})...)
	}
	try(everywhere(), "type spc_t", corev1.SELinuxOptions{Type: "spc_t"})
	for _, t := range []string{"container_engine_t", "container_t", "container_init_t", "container_kvm_t", "container_logreader_t", "CONTAINER_T"} {
		try(app(), "type "+t, corev1.SELinuxOptions{Type: t})
	}
	try(everywhere(), "user system_u", corev1.SELinuxOptions{User: "system_u"})
	try(everywhere(), "role system_r", corev1.SELinuxOptions{Role: "system_r"})
	try(app(), "level s0:c1,c2", corev1.SELinuxOptions{Level: "s0:c1,c2"})
	try(app(), "options without a value", corev1.SELinuxOptions{})
	try(app(), "user and type allowed", corev1.SELinuxOptions{User: "system_u", Type: "container_t"})
	return out
}
