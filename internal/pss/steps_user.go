package pss

import (
	"fmt"
	"strconv"

	corev1 "k8s.io/api/core/v1"
)

func nonRootSteps() []step {
	control := about("runAsNonRoot")
	setPod := func(v *bool) func(*corev1.Pod) {
		return func(p *corev1.Pod) { podContextOf(p).RunAsNonRoot = v }
	}
	no := change{"false", "runAsNonRoot false", func(c *corev1.Container) { contextOf(c).RunAsNonRoot = new(false) }}
	unset := podStep("runAsNonRoot", "unset", "whose runAsNonRoot is unset", setPod(nil))
	noPod := podStep("runAsNonRoot", "pod-false", "with runAsNonRoot false", setPod(new(false)))
	out := []step{
		unset,
		unset.from(everyKind, "-every-kind", " in containers of every kind"),
		unset.from(userNamespace, "-user-namespace", " and hostUsers false"),
		unset.from(windows, "-windows", " for Windows"),
		noPod,
		noPod.from(ownSettings, "-over-true", " and true in every container"),
		noPod.from(userNamespace, "-user-namespace", " and hostUsers false"),
		noPod.from(windows, "-windows", " for Windows"),
		podStep("runAsNonRoot", "pod-true-over-true", "with runAsNonRoot true in pod and containers", func(p *corev1.Pod) {
			forEach(p, func(c *corev1.Container) { contextOf(c).RunAsNonRoot = new(true) })
		}),
	}
	out = append(out, inEach(everywhere(), control, no)...)
	out = append(out, inEach(inShape(ownSettings, everywhere()), control,
		change{"unset", "no runAsNonRoot for the pod nor", func(c *corev1.Container) { contextOf(c).RunAsNonRoot = nil }})...)
	no.name, no.text = "false-user-namespace", "hostUsers false and "+no.text
	return append(out, inEach(inShape(userNamespace, everywhere()), control, no)...)
}

func userSteps() []step {
	control := about("runAsUser")
	set := func(id int64) change {
		return change{strconv.FormatInt(id, 10), fmt.Sprintf("runAsUser %d", id), func(c *corev1.Container) { contextOf(c).RunAsUser = new(id) }}
	}
	setPod := func(id int64) step {
		return podStep("runAsUser", fmt.Sprintf("pod-%d", id), fmt.Sprintf("with runAsUser %d", id), func(p *corev1.Pod) {
			podContextOf(p).RunAsUser = new(id)
		})
	}
	over := setPod(0)
	over.name, over.text = "pod-0-over-1000", over.text+" and 1000 in its container"
	root := over.applyToPod
	over.applyToPod = func(p *corev1.Pod) {
		root(p)
		set(1000).apply(&p.Spec.Containers[0])
	}
	out := []step{
		setPod(0),
		setPod(0).from(everyKind, "-every-kind", " and containers of every kind"),
		setPod(0).from(ownSettings, "-own-settings", " and containers with settings of their own"),
		setPod(0).from(userNamespace, "-user-namespace", " and hostUsers false"),
		setPod(1), setPod(1000), over,
	}
	out = append(out, inEach(everywhere(), control, set(0))...)
	out = append(out, inEach(app(), control, set(1), set(1000))...)
	inside := set(0)
	inside.name, inside.text = "0-user-namespace", "hostUsers false and "+inside.text
	return append(out, inEach(inShape(userNamespace, everywhere()), control, inside)...)
}
